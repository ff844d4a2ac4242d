import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { createDetectionList } from './detection-list.js';
import { checkDetector } from './detector.laws.js';
import { ThresholdDetector, type ThresholdOptions } from './threshold.js';

const confirmed = 0;
const ended = 1;

function run(options: ThresholdOptions, values: readonly number[], rate = 10): number[][] {
  const detector = new ThresholdDetector(options);
  detector.prepare({ rate, unit: 'uV' });
  const list = createDetectionList(20);
  detector.process(Float64Array.from(values), values.length, 0, list);
  return list.items
    .slice(0, list.length)
    .map(({ phase, onset, confirmed, end, score }) => [phase, onset, confirmed, end, score]);
}

test('a crossing is confirmed on its own sample and ends below the release level', () => {
  assert.deepEqual(run({ level: 100, release: 50 }, [0, 99, 100, 120, 60, 99, 49, 0, 150]), [
    [confirmed, 2, 2, NaN, 100],
    [ended, 2, 2, 6, 100],
    [confirmed, 8, 8, NaN, 150],
  ]);
});

test('without a release level it is the level itself', () => {
  assert.deepEqual(run({ level: 5 }, [0, 5, 4, 5]), [
    [confirmed, 1, 1, NaN, 5],
    [ended, 1, 1, 2, 5],
    [confirmed, 3, 3, NaN, 5],
  ]);
});

test('a signal that starts high has not crossed', () => {
  assert.deepEqual(run({ level: 5 }, [9, 9, 9, 0, 9]), [[confirmed, 4, 4, NaN, 9]]);
});

test('crossings within the hold-off of the last onset are ignored', () => {
  const onsets = run({ level: 5, holdoffSeconds: 0.4 }, [0, 9, 0, 9, 0, 9, 0, 9, 0, 9])
    .filter(([phase]) => phase === confirmed)
    .map(([, onset]) => onset);
  assert.deepEqual(onsets, [1, 5, 9]);
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const options of [{ level: 30 }, { level: 30, release: -10, holdoffSeconds: 0.2 }, { level: 400 }]) {
    assert.deepEqual(
      checkDetector(() => new ThresholdDetector(options), { rate: 250, unit: 'uV' }, { heapUsed }),
      [],
    );
  }
});

test('what cannot work is refused with option, value and fix', () => {
  assert.throws(() => new ThresholdDetector({ level: NaN }), /^RangeError: level: NaN .* Give/);
  assert.throws(() => new ThresholdDetector({ level: 5, release: 6 }), /^RangeError: release: 6 .* level 5\. Lower it/);
  assert.throws(() => new ThresholdDetector({ level: 5, holdoffSeconds: -1 }), /^RangeError: holdoffSeconds: -1 /);
});
