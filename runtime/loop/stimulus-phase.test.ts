import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameFlag, ReceiptState, recordLength, type StreamInfo } from '../contracts.js';
import { openingMessages } from '../replay/simulated-guardian.js';
import type { StagePlan } from '../signal/stage-plan.js';
import { buildLoop } from './build.js';
import { createRecordList } from './loop.js';
import type { LoopPlan } from './plan.js';
import { decodeEvent, encodeMessage } from './records.js';
import { createSampleBlock } from './sample-block.js';

const rate = 250;
const startUs = 1e6;
/** Bytes of frame n arrive at this time. */
const arrivalUs = (frame: number): number => startUs + 4000 * frame;

interface Trial {
  readonly hertz: number;
  readonly targetDegrees: number;
  readonly aheadSeconds: number;
  readonly stages?: readonly StagePlan[];
  /** From the electrode to the arrival of its bytes. */
  readonly delayUs?: number;
  /** From the permit to the start that the receipt tells. */
  readonly latencyUs?: number;
  readonly receipt?: ReceiptState;
  readonly gap?: (frame: number, permits: readonly number[]) => boolean;
}

/** A minute of a cosine through the loop; each stimulus with its true phase, and what the loop said of it. */
async function run(trial: Trial): Promise<{ true: number[]; expected: number[]; realised: number[] }> {
  const { hertz, targetDegrees, aheadSeconds, stages = [], delayUs = 0, latencyUs = 12e3 } = trial;
  const channels = [{ name: 'Fz', unit: 'uV', scale: 0.01, railCounts: 1e6 }];
  const stream: StreamInfo = { device: 'test', rate, delayUs, channels };
  const plan: LoopPlan = {
    signals: [{ name: 'fz', from: { derivation: 'Fz' }, stages }],
    detectors: [{ name: 'slow', signal: 0, plan: { use: 'phase-target', targetDegrees, aheadSeconds, trough: 20 } }],
    stimulation: {
      policy: { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 2, expiresUs: 1e5 },
      durationsUs: [50e3],
      limits: { intervalUs: 1e6, perMinute: 60, perHour: 1000, perNight: 1000 },
      require: [],
    },
    trace: 0,
  };
  const loop = await buildLoop(plan, stream);
  const messages = createRecordList(64);
  const block = createSampleBlock(1, 1);
  const found = { true: [] as number[], expected: [] as number[], realised: [] as number[] };
  const trueBy = new Map<number, number>();
  const permits: number[] = [];
  openingMessages(messages, true);
  for (let frame = 0; frame < 60 * rate; frame++) {
    const nowUs = arrivalUs(frame);
    block.counts[0] = Math.round(6000 * Math.cos((2 * Math.PI * hertz * frame) / rate));
    block.flags[0] = trial.gap?.(frame, permits) ? FrameFlag.gap : 0;
    block.frames = 1;
    block.firstIndex = frame;
    block.arrivalUs = nowUs;
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    for (let place = 0; place < loop.events.length; place++) {
      const event = decodeEvent(loop.events.records, place * recordLength);
      if (event?.kind === 'permit') {
        permits.push(frame);
        const atUs = nowUs + latencyUs;
        messages.records.set(encodeMessage('receipt', [event.command, trial.receipt ?? ReceiptState.started, atUs]));
        messages.records.set(encodeMessage('receipt', [event.command, ReceiptState.ended, atUs]), recordLength);
        messages.length = 2;
        // The signal's own phase at the electrode at that instant.
        trueBy.set(event.command, (360 * hertz * (atUs + delayUs - startUs)) / 1e6);
      } else if (event?.kind === 'phase') {
        found.true.push(trueBy.get(event.command) ?? NaN);
        found.expected.push(event.expected);
        found.realised.push(event.realised);
      }
    }
  }
  return found;
}

const apart = (a: number, b: number): number => Math.abs(a - b - 360 * Math.round((a - b) / 360));
const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, place) => apart(value, b[place]!)));

test('each stimulus has the phase foreseen for its start, and that of its start in hindsight', async () => {
  const late: StagePlan = { use: 'fir', count: 51, toHz: 30 };
  const trials: Partial<Trial>[] = [
    {},
    { aheadSeconds: 0.05 },
    { delayUs: 30e3 },
    { latencyUs: 40e3 },
    { stages: [late] },
    { stages: [late], delayUs: 30e3, aheadSeconds: 0.03, latencyUs: 40e3 },
  ];
  for (const hertz of [0.8, 1, 1.2]) {
    for (const trial of trials) {
      const found = await run({ hertz, targetDegrees: -30, aheadSeconds: 0, ...trial });
      const what = JSON.stringify({ hertz, ...trial });
      assert.ok(found.true.length > 15, `${found.true.length} phases of ${what}`);
      assert.ok(farthest(found.realised, found.true) < 2, `${farthest(found.realised, found.true)} seen of ${what}`);
      // From samples of before alone: on a clean cosine within 15 degrees, and what going on at 1 Hz errs on the way.
      const { stages = [], delayUs = 0, latencyUs = 12e3 } = trial;
      const most = 15 + 360 * Math.abs(hertz - 1) * (0.1 * stages.length + (delayUs + latencyUs) / 1e6);
      assert.ok(farthest(found.expected, found.true) < most, `${farthest(found.expected, found.true)} in ${what}`);
    }
  }
});

test('what was foreseen leads to the target if ahead covers all delays', async () => {
  // 40 ms to the start, 30 ms of the amplifier.
  const found = await run({ hertz: 1, targetDegrees: 45, aheadSeconds: 0.07, delayUs: 30e3, latencyUs: 40e3 });
  assert.ok(
    farthest(
      found.expected,
      found.expected.map(() => 45),
    ) < 5,
    found.expected.join(),
  );
  assert.ok(
    farthest(
      found.realised,
      found.realised.map(() => 45),
    ) < 10,
    found.realised.join(),
  );
});

test('a gap within the second after a stimulus leaves what was foreseen; hindsight does not guess', async () => {
  const gap = (frame: number, permits: readonly number[]): boolean =>
    permits.length === 1 && frame === permits[0]! + 100;
  const { expected, realised } = await run({ hertz: 1, targetDegrees: 0, aheadSeconds: 0, gap });
  assert.ok(Number.isNaN(realised[0]) && apart(expected[0]!, 0) < 15);
  assert.ok(realised.length > 10 && realised.slice(1).every((phase) => apart(phase, 4.3) < 5), realised.join());
});

test('what was not started has no phase', async () => {
  const { expected } = await run({ hertz: 1, targetDegrees: 0, aheadSeconds: 0, receipt: ReceiptState.refused });
  assert.deepEqual(expected, []);
});
