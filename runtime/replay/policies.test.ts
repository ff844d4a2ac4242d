import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FrameFlag, recordLength, refusalReasons, type RunSummary, type StreamInfo } from '../contracts.js';
import { policies } from '../decide/policies.test.fixture.js';
import type { PolicyPlan } from '../decide/policy-plan.js';
import { buildLoop, describeLoop } from '../loop/build.js';
import { LoggedLoop } from '../loop/logged-loop.js';
import { createRecordList } from '../loop/loop.js';
import type { LoopPlan } from '../loop/plan.js';
import { EventCode, encodeMessage } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { sampleSlotBytes } from '../loop/sample-slot.js';
import { openRecording } from '../recording/read.js';
import { RecordingWriter } from '../recording/writer.js';
import { replayRecording } from './recording.js';
import { SimulatedGuardian, openingMessages } from './simulated-guardian.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-policies-'));
after(() => rmSync(folder, { recursive: true }));

const rate = 250;
const seconds = 100;
const names = ['find', 'slow', 'states', 'arousal'];
const stream: StreamInfo = {
  device: 'test',
  rate,
  delayUs: 0,
  channels: names.map((name) => ({ name, unit: 'uV', scale: 1, railCounts: 30_000 })),
};

function planOf(policy: PolicyPlan): LoopPlan {
  const states = { module: fileURLToPath(new URL('./states.test.fixture.js', import.meta.url)), options: {} };
  const threshold = { use: 'threshold', level: 500 } as const;
  const slow = { use: 'slow-oscillation', trough: 40, peakToPeak: 75 } as const;
  const detectorPlans = [threshold, slow, states, threshold];
  return {
    signals: names.map((name) => ({ name, from: { derivation: name }, stages: [] })),
    detectors: names.map((name, place) => ({ name, signal: place, plan: detectorPlans[place]! })),
    stimulation: {
      policy,
      durationsUs: Array.from({ length: policy.cues?.count ?? 1 }, () => 50e3),
      limits: { intervalUs: 0.5e6, perMinute: 20, perHour: 200, perNight: 1000 },
      require: [],
    },
    trace: 0,
  };
}

/** Numbers that depend on the seed alone, below a bound. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

/** A run as it is live: reads of 1 to 9 frames that come late, two gaps, limits lowered, disarmed and armed again. */
async function record(policy: PolicyPlan, path: string): Promise<RunSummary> {
  const plan = planOf(policy);
  const loop = await buildLoop(plan, stream);
  const samples = SlotRing.create(1 << 14, sampleSlotBytes(stream.channels.length));
  const decisions = SlotRing.create(1 << 14, recordLength * 8);
  const logged = new LoggedLoop(loop, samples, decisions);
  const writer = new RecordingWriter(path, {
    name: 'test',
    axond: '0',
    node: process.version,
    verb: 'run',
    configuration: '',
    stream,
    detectors: names,
    ...describeLoop(loop),
    bootId: 'test',
    startUs: 0,
    startWallMs: 0,
  });
  const guardian = new SimulatedGuardian();
  const messages = createRecordList(64);
  const block = createSampleBlock(stream.channels.length, 16);
  const draw = drawing(5);
  // Every 0.3 to 3 s something to answer, or up to 10 s; now and then an arousal.
  const events = new Set<number>();
  for (let frame = 0; frame < seconds * rate; frame += 75 + draw(675) + (draw(5) === 0 ? 1700 : 0)) events.add(frame);
  const arousals = new Set([42 * rate, 71 * rate]);
  const tell = (...message: Parameters<typeof encodeMessage>): void =>
    messages.records.set(encodeMessage(...message), messages.length++ * recordLength);
  openingMessages(messages, true);
  for (let index = 0; index < seconds * rate;) {
    if (index > 50 * rate && index < 50 * rate + 10) index += 700;
    block.frames = 1 + draw(9);
    block.firstIndex = index;
    const second = Math.floor(index / rate);
    const state = (second % 30 < 27 ? 1 : 0) + (second % 20 === 19 ? 2 : 0);
    for (let frame = 0; frame < block.frames; frame++, index++) {
      const wave = Math.round(60 * Math.cos((2 * Math.PI * 0.8 * index) / rate)) + (index % 3);
      const ripple = index % 7;
      block.counts.set(
        [events.has(index) ? 600 : ripple, wave, 100 * state + ripple, arousals.has(index) ? 600 : ripple],
        frame * stream.channels.length,
      );
      block.counters[frame] = index & 255;
      block.flags[frame] = second === 25 && index % rate < 5 ? FrameFlag.gap : 0;
    }
    const nowUs = 4000 * (index - 1) + draw(3000);
    block.arrivalUs = nowUs;
    if (second === 60 && index % rate < 9) tell('lower', [15, NaN, NaN, NaN, NaN]);
    if (second === 80 && index % rate < 9) tell('disarm', [0]);
    if (second === 85 && index % rate < 9) tell('arm', [Infinity, NaN, NaN, NaN, NaN, NaN]);
    guardian.report(nowUs, messages);
    logged.step(nowUs, block, messages);
    messages.length = 0;
    guardian.take(loop, nowUs);
    writer.drain(samples, decisions, new Map());
  }
  const { tally } = logged;
  const summary: RunSummary = {
    samples: seconds * rate,
    gaps: tally.gaps,
    discardedBytes: 0,
    detections: tally.detections,
    stimuli: tally.stimuli,
    refusals: tally.refusals,
    latencyUs: null,
    ringLosses: {},
    recording: path,
    mqtt: null,
  };
  writer.close(summary);
  return summary;
}

async function differencesOf(path: string, policy: PolicyPlan): Promise<readonly unknown[]> {
  const recording = openRecording(path);
  try {
    return (await replayRecording(recording, planOf(policy))).differences;
  } finally {
    recording.close();
  }
}

for (const [name, policy] of Object.entries(policies)) {
  test(`R-25 replay gives the same stimuli, refusals and reasons, bit for bit: ${name}`, async () => {
    const path = join(folder, `${name.replaceAll(/\W/g, '-')}.db`);
    const { stimuli, refusals } = await record(policy, path);
    assert.ok(stimuli >= 2 && refusals >= 2, `${stimuli} stimuli, ${refusals} refusals`);
    assert.deepEqual(await differencesOf(path, policy), []);
    if (policy.schedule || Number.isFinite(policy.cues?.each ?? Infinity)) {
      const recording = openRecording(path);
      const bit = 1 << refusalReasons.indexOf('schedule');
      const muted = [...recording.events()].filter(
        (record) => record[0] === EventCode.refusal && ((record[5] ?? 0) & bit) !== 0,
      );
      recording.close();
      assert.ok(muted.length > 0, 'muted requests are in the record');
    }
  });
}

test('another policy is seen in the replay', async () => {
  const path = join(folder, 'other.db');
  const policy = policies['jittered']!;
  await record(policy, path);
  const [first] = await differencesOf(path, { ...policy, expiresUs: policy.expiresUs + 1 });
  assert.match(JSON.stringify(first), /"kind":"request"/);
});
