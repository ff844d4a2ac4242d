import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ReceiptState, refusalReasons } from '../contracts.js';
import { EventCode, MessageCode } from '../loop/records.js';
import { explain } from './explain.js';
import { openRecording } from './read.js';
import { Recorded, temporaryPath } from './recording.test.fixture.js';

const bits = (...names: (typeof refusalReasons)[number][]): number =>
  names.reduce((sum, name) => sum | (1 << refusalReasons.indexOf(name)), 0);

/** One stimulus that was given, one refusal after it; cycle n is at 1 s + n × 4 ms and brought sample n − 1. */
function night(t: TestContext): string {
  const path = temporaryPath(t);
  const recorded = new Recorded(path, 2);
  recorded.stream(10);
  recorded.record(MessageCode.past, -100e6, 7, 1);
  recorded.record(EventCode.armed, 1e9, 6, 120, 600, 1.5e6, -3);
  recorded.lease(1, 6);
  recorded.record(EventCode.inhibitor, refusalReasons.indexOf('gap'), 1);
  recorded.stream(100);
  recorded.record(EventCode.inhibitor, refusalReasons.indexOf('gap'), 0);
  recorded.record(EventCode.estimate, 0, 0, 0, 0.75);
  recorded.record(EventCode.detection, 0, 0, 80, 109, NaN, 3.25);
  recorded.record(EventCode.request, 1, 0, 80, 0, 2e6);
  recorded.record(EventCode.permit, 1, 1, 0, 2, 1);
  recorded.stream(1);
  recorded.record(EventCode.receipt, 1, ReceiptState.accepted, 1440100, 1439900);
  recorded.record(EventCode.receipt, 1, ReceiptState.started, 1440700, 1439900);
  recorded.stream(20);
  recorded.record(EventCode.receipt, 1, ReceiptState.ended, 1490700, 1439900);
  recorded.record(EventCode.inhibitor, refusalReasons.indexOf('flat'), 2);
  recorded.record(EventCode.detection, 0, 0, 120, 130, NaN, 2);
  recorded.record(EventCode.request, 2, 0, 120, 0, 2e6);
  recorded.record(EventCode.refusal, 2, bits('interval', 'flat'));
  recorded.record(EventCode.phase, 1, 90, 100);
  recorded.stream(5);
  recorded.close({ detections: 2, refusals: 1, stimuli: 1 });
  return path;
}

test('a stimulus: what asked for it, what it was measured against, and the way it took', (t) => {
  const recording = openRecording(night(t));
  const told = explain(recording, 'S1');
  recording.close();
  assert.deepEqual([told.us, told.index, told.reasons, told.inhibitors], [1440e3, 109, [], []]);
  assert.deepEqual([told.request?.request, told.detection?.score, told.estimates[0]?.value], [1, 3.25, 0.75]);
  assert.deepEqual([told.limits?.perHour, told.limits?.gainDb], [120, -3]);
  assert.deepEqual(told.counts, { minute: 0, hour: 7, day: 7, night: 7 });
  assert.deepEqual([told.lease?.lease, told.lease?.stimuli, told.lease?.drawn], [1, 6, 0]);
  assert.deepEqual(told.stimulus, {
    command: 1,
    variant: 2,
    lease: 1,
    arrivedUs: 1439900,
    decidedUs: 1440e3,
    dueUs: 1440e3,
    acceptedUs: 1440100,
    startedUs: 1440700,
    endedUs: 1490700,
    receipts: [
      { state: 'accepted', us: 1440100, source: 'loop', evidence: null },
      { state: 'started', us: 1440700, source: 'loop', evidence: null },
      { state: 'ended', us: 1490700, source: 'loop', evidence: null },
    ],
    phase: { expected: 90, realised: 100 },
  });
  assert.deepEqual(told.before, []);
});

test('a refusal: all reasons, what held and since when, and what had been given', (t) => {
  const recording = openRecording(night(t));
  const told = explain(recording, 'R2');
  recording.close();
  assert.deepEqual(told.reasons, ['interval', 'flat']);
  assert.deepEqual(told.inhibitors, [{ reason: 'flat', state: 'unknown', sinceUs: 1524e3 }]);
  assert.deepEqual([told.stimulus, told.detection?.score], [null, 2]);
  assert.deepEqual(told.detections.length, 2);
  assert.deepEqual(told.counts, { minute: 1, hour: 8, day: 8, night: 8 });
  assert.equal(told.lease?.drawn, 1);
  assert.deepEqual(told.before, [{ id: 'S1', us: 1440e3 }]);
});

test('an id that is not there is answered with those that are', (t) => {
  const recording = openRecording(night(t));
  for (const id of ['S2', 'R1', 'S0', 'X1']) {
    assert.throws(
      () => explain(recording, id),
      new RegExp(`there is no ${id}; it has S1 to S1 and 1 refusals up to R2`),
    );
  }
  recording.close();
});

test('frames between two indexes, and a gap flag where there are none', (t) => {
  const recording = openRecording(night(t));
  const block = recording.framesBetween(130, 140);
  recording.close();
  assert.deepEqual([block.firstIndex, block.frames], [130, 10]);
  assert.deepEqual([...block.flags.subarray(0, 10)], [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual(
    [block.counts[0], block.counts[1], block.counters[5]],
    [(130 * 37) % 500, 1000 + ((130 * 37) % 500), 135],
  );
});
