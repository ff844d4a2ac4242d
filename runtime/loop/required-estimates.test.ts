import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSleeper } from '../../drivers/sleeper/generator.js';
import { ReceiptState, refusalReasons, type LoopEvent, type RefusalReason, type StreamInfo } from '../contracts.js';
import { openingMessages } from '../replay/simulated-guardian.js';
import { buildLoop } from './build.js';
import { createRecordList } from './loop.js';
import type { LoopPlan } from './plan.js';
import { decodeEvent, encodeMessage } from './records.js';
import { createSampleBlock } from './sample-block.js';

const rate = 250;
const stream: StreamInfo = {
  device: 'test',
  rate,
  delayUs: 0,
  channels: ['C3', 'C4'].map((name) => ({ name, unit: 'uV', scale: 0.01, railCounts: 1e6 })),
};

/** Stimulates at spindles of C3; `require` are places among spindle, C3's quality and C4's. */
function plan(...require: number[]): LoopPlan {
  return {
    signals: ['C3', 'C4'].map((name) => ({ name, from: { derivation: name }, stages: [] })),
    detectors: [
      { name: 'spindle', signal: 0, plan: { use: 'band-power' } },
      { name: 'contact', signal: 0, plan: { use: 'signal-quality' } },
      { name: 'other', signal: 1, plan: { use: 'signal-quality' } },
    ],
    stimulation: {
      policy: { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 0, expiresUs: 1e5 },
      durationsUs: [50e3],
      limits: { intervalUs: 0, perMinute: 1000, perHour: 1000, perNight: 1000 },
      require,
    },
    trace: 0,
  };
}

interface Outcome {
  /** Onsets of the detections that were answered, in seconds. */
  readonly fired: readonly number[];
  readonly refused: readonly { readonly onset: number; readonly reasons: readonly RefusalReason[] }[];
}

/** Two minutes of N2 through an armed loop, as C3 and C4 have it after `spoil`. */
async function play(plan: LoopPlan, spoil: (x: number, channel: number, t: number) => number): Promise<Outcome> {
  const loop = await buildLoop(plan, stream);
  const sleeper = createSleeper({
    seed: 1,
    rate,
    channels: ['C3', 'C4', 'M1', 'M2'],
    mains: { frequency: 50, amplitude: 0 },
  });
  const frame = new Float64Array(4);
  const block = createSampleBlock(2, 16);
  const messages = createRecordList(64);
  openingMessages(messages, true);
  const fired: number[] = [];
  const refused: Outcome['refused'][number][] = [];
  const onsets = new Map<number, number>();
  for (let index = 0; index < 120 * rate; index++) {
    sleeper.read(frame);
    for (const channel of [0, 1]) {
      const x = spoil(frame[channel]! - frame[3 - channel]!, channel, index / rate);
      block.counts[channel] = Math.round(x / 0.01);
    }
    block.frames = 1;
    block.firstIndex = index;
    const nowUs = 1e6 + index * 4000;
    block.arrivalUs = nowUs;
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    for (let place = 0; place < loop.events.length; place++) take(decodeEvent(loop.events.records, place * 12));
    for (let place = 0; place < loop.commandCount; place++) {
      const receipt = encodeMessage('receipt', [loop.commands[place]!.command, ReceiptState.ended, nowUs]);
      messages.records.set(receipt, messages.length++ * 12);
    }
  }
  return { fired, refused };

  function take(event: LoopEvent | undefined): void {
    if (event?.kind === 'request') onsets.set(event.request, event.onset / rate);
    if (event?.kind === 'permit') fired.push(onsets.get(event.request)!);
    if (event?.kind === 'refusal') {
      const reasons = refusalReasons.filter((_, place) => (event.reasons & (1 << place)) !== 0);
      refused.push({ onset: onsets.get(event.request)!, reasons });
    }
  }
}

const hum = (frequency: number, amplitude: number, t: number): number =>
  amplitude * Math.sin(2 * Math.PI * frequency * t);
/** For 2 s of every 20. */
const isMoving = (t: number): boolean => t >= 20 && t % 20 < 2;
/** Teeth grind: muscle, and a tremor that passes for a spindle. */
const grind = (x: number, channel: number, t: number): number =>
  channel === 0 && isMoving(t) ? x + hum(12.5, 40, t) + hum(27, 40, t) + hum(36, 30, t) : x;

test('R-09 what a detector takes for spindles in a movement is refused, by name, and sleep around it is not', async () => {
  const without = await play(plan(), grind);
  const wrong = without.fired.filter(isMoving);
  assert.ok(wrong.length >= 3, `${wrong.length} stimuli in movements without the requirement`);
  const required = await play(plan(1), grind);
  assert.deepEqual(required.fired.filter(isMoving), []);
  const within = required.refused.filter(({ onset }) => isMoving(onset));
  assert.ok(within.length >= wrong.length);
  for (const { reasons } of within) assert.ok(reasons.includes('movement'), reasons.join());
  // A movement holds for up to five seconds more, a quarter of the rest of these two minutes.
  const clean = (onset: number): boolean => onset > 12 && onset % 20 > 8;
  assert.deepEqual(required.fired.filter(clean), without.fired.filter(clean));
  assert.ok(required.fired.filter(clean).length >= 5);
});

test('R-09 a requirement on several channels holds when one of them is bad, and names what is wrong there', async () => {
  const humming = (x: number, channel: number, t: number): number => (channel === 1 && t > 60 ? x + hum(50, 80, t) : x);
  const one = await play(plan(1), humming);
  assert.ok(one.fired.some((onset) => onset > 65));
  const both = await play(plan(1, 2), humming);
  assert.ok(both.fired.some((onset) => onset < 58));
  assert.deepEqual(
    both.fired.filter((onset) => onset > 61),
    [],
  );
  const late = both.refused.filter(({ onset }) => onset > 80);
  assert.ok(late.length >= 3);
  for (const { reasons } of late) assert.ok(reasons.includes('mains'), reasons.join());
});
