import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState, type OutputTiming } from '../contracts.js';
import { EnvelopeClock } from '../loop/clock.js';
import { EventCode } from '../loop/records.js';
import { openRecording } from '../recording/read.js';
import { Recorded, temporaryPath } from '../recording/recording.test.fixture.js';
import { soundedAt } from './sounded-at.js';
import { soundedStimuli } from './sounded-stimuli.js';

const timing: OutputTiming = { measured: '2026-11-28T10:00:00.000Z', delayUs: 37_500, within95Us: 800 };

test('R-29 a stimulus stands at its receipt and the measured delay on the clock of the samples', () => {
  // 100 ppm fast, arrivals up to 3 ms late, late into a night: one sample in three arrives in time.
  const clock = new EnvelopeClock(250);
  const periodUs = 4000 / 1.0001;
  const originUs = 3e11;
  for (let sample = 0; sample < 40_000; sample++) {
    clock.observe(sample, originUs + sample * periodUs + [0, 1000, 3000][sample % 3]!);
  }
  const { sample, uncertainty } = soundedAt(originUs + 39_000.25 * periodUs - 37_500, clock, timing);
  assert.ok(Math.abs(sample - 39_000.25) < 0.01, String(sample));
  assert.ok(Math.abs(uncertainty - 0.2) < 1e-4);
  assert.ok(Number.isNaN(soundedAt(0, new EnvelopeClock(250), timing).sample));
});

test('R-29 the stimuli of a recording stand where the clock of its samples puts them; others do not', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(5000); // from 1 s of the machine's time, one every 4 ms
  recorded.record(EventCode.receipt, 1, ReceiptState.started, 5e6, 5e6);
  recorded.record(EventCode.receipt, 1, ReceiptState.ended, 5.05e6, 5.05e6);
  recorded.record(EventCode.receipt, 2, ReceiptState.dropped, 6e6, 6e6);
  recorded.record(EventCode.receipt, 3, ReceiptState.started, 19.9e6, 19.9e6);
  recorded.close({});
  const recording = openRecording(path);
  t.after(() => recording.close());
  const sounded = soundedStimuli(recording, timing);
  assert.deepEqual([...sounded.keys()], [1, 3]);
  // The first sample of the recording arrived with its first cycle.
  let originUs = NaN;
  for (const { nowUs, block } of recording.cycles()) {
    if (Number.isNaN(originUs)) originUs = nowUs - (block.firstIndex + block.frames - 1) * 4000;
  }
  assert.ok(Math.abs(sounded.get(1)!.sample - (5e6 + 37_500 - originUs) / 4000) < 0.01);
  assert.ok(Math.abs(sounded.get(3)!.sample - (19.9e6 + 37_500 - originUs) / 4000) < 0.01);
});
