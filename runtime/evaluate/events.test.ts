import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  countSamples,
  iouOf,
  matchEvents,
  percentile,
  scoreOf,
  sumOf,
  unionOf,
  within,
  type TimedEvent,
} from './events.js';

const events = (...pairs: [number, number][]): TimedEvent[] => pairs.map(([onset, end]) => ({ onset, end }));
const pairsOf = (references: TimedEvent[], detections: TimedEvent[]): [number, number][] =>
  matchEvents(references, detections).map(({ reference, detection }) => [reference, detection]);

test('intersection over union', () => {
  assert.equal(iouOf({ onset: 0, end: 2 }, { onset: 1, end: 4 }), 0.25);
  assert.equal(iouOf({ onset: 0, end: 4 }, { onset: 1, end: 2 }), 0.25);
  assert.equal(iouOf({ onset: 0, end: 1 }, { onset: 1, end: 2 }), 0);
  assert.equal(iouOf({ onset: 0, end: 1 }, { onset: 5, end: 6 }), 0);
});

test('a fifth of the union is not enough', () => {
  assert.deepEqual(pairsOf(events([0, 3]), events([2, 5])), []);
  assert.deepEqual(pairsOf(events([0, 3]), events([1.99, 5])), [[0, 0]]);
});

test('the best pair comes first, even where another choice would match more', () => {
  // 0–0 has 0.7, 1–0 0.3 and 0–1 none: after 0–0 nothing is left for reference 1.
  assert.deepEqual(pairsOf(events([0, 10], [7, 17]), events([1, 9], [30, 31])), [[0, 0]]);
  assert.deepEqual(pairsOf(events([0, 10], [10, 20]), events([4, 12], [1, 9])), [[0, 1]]);
});

test('one to one: a long detection over three marks is one hit and two misses', () => {
  const references = events([0, 1], [1.2, 2.2], [2.4, 3.4]);
  assert.equal(matchEvents(references, events([0, 3.4])).length, 1);
  assert.equal(matchEvents(events([0, 3]), references).length, 1);
});

test('ties go to the earlier reference, then to the earlier detection', () => {
  assert.deepEqual(pairsOf(events([4, 8], [0, 4]), events([2, 6])), [[1, 0]]);
  assert.deepEqual(pairsOf(events([2, 6]), events([4, 8], [0, 4])), [[0, 1]]);
});

test('matches are one to one, and no pair is left that could still match', () => {
  const list = fc
    .array(fc.record({ onset: fc.integer({ min: 0, max: 60 }), length: fc.integer({ min: 1, max: 9 }) }), {
      maxLength: 20,
    })
    .map((all) => all.map(({ onset, length }) => ({ onset, end: onset + length })));
  fc.assert(
    fc.property(list, list, (references, detections) => {
      const matches = matchEvents(references, detections);
      const left = new Set(matches.map(({ reference }) => reference));
      const right = new Set(matches.map(({ detection }) => detection));
      assert.equal(left.size, matches.length);
      assert.equal(right.size, matches.length);
      references.forEach((a, i) =>
        detections.forEach((b, j) => assert.ok(iouOf(a, b) <= 0.2 || left.has(i) || right.has(j))),
      );
    }),
  );
});

test('an event belongs to a window by its onset', () => {
  assert.deepEqual(
    within(events([-1, 2], [0, 1], [999.9, 1001], [1000, 1001]), 0, 1000),
    events([0, 1], [999.9, 1001]),
  );
});

test('overlapping and touching marks of two experts become one', () => {
  const union = unionOf(events([0, 1], [5, 6], [10, 14]), events([1, 2], [6.1, 7], [11, 12], [20, 21]));
  assert.deepEqual(union, events([0, 2], [5, 6], [6.1, 7], [10, 14], [20, 21]));
});

test('precision, recall, F1, and null where there is nothing to divide by', () => {
  assert.deepEqual(scoreOf({ matched: 3, references: 4, detections: 6 }), { p: 0.5, r: 0.75, f1: 0.6 });
  assert.deepEqual(scoreOf({ matched: 0, references: 4, detections: 0 }), { p: null, r: 0, f1: 0 });
  assert.deepEqual(scoreOf(sumOf([])), { p: null, r: null, f1: null });
});

test('samples of a 100 Hz grid, halves rounded up, ends exclusive, overlaps once', () => {
  assert.deepEqual(countSamples(events([0, 1], [0.5, 1.5]), events([1.25, 2])), {
    matched: 25,
    references: 150,
    detections: 75,
  });
  assert.deepEqual(countSamples(events([0.125, 0.135]), events([0.13, 0.14])), {
    matched: 1,
    references: 1,
    detections: 1,
  });
});

test('percentiles are those of NumPy', () => {
  // numpy.percentile([3, 1, 4, 1, 5, 9, 2, 6], [10, 50, 90])
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  for (const [share, expected] of [
    [0.1, 1],
    [0.5, 3.5],
    [0.9, 6.9],
  ] as const) {
    assert.ok(Math.abs(percentile(values, share)! - expected) < 1e-12);
  }
  assert.equal(percentile([], 0.5), null);
});
