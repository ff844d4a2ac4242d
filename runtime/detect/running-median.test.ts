import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RunningMedian } from './running-median.js';

function push(median: RunningMedian, value: number): number {
  median.push(Float64Array.of(value), 0);
  return median.median;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

test('is the median of the last values, with ties, before and after it is full', () => {
  const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 10, noNaN: true })));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), values, (capacity, all) => {
      const median = new RunningMedian(capacity);
      all.forEach((value, n) => {
        assert.equal(push(median, value), medianOf(all.slice(Math.max(0, n - capacity + 1), n + 1)));
      });
    }),
  );
});

test('a reset forgets', () => {
  const median = new RunningMedian(4);
  for (const value of [9, 8, 7, 6, 5]) push(median, value);
  median.reset();
  assert.deepEqual(
    [1, 4, 2].map((value) => push(median, value)),
    [1, 2.5, 2],
  );
});
