import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countBlocks, f1DifferenceInterval, f1Interval } from './bootstrap.js';
import { sumOf } from './events.js';

const at = (...onsets: number[]) => onsets.map((onset) => ({ onset, end: onset + 1 }));

test('each event counts in the block of its onset, a pair in that of its reference', () => {
  const match = { reference: 1, detection: 0, iou: 0.5 };
  assert.deepEqual(countBlocks(at(10, 49.9, 120), at(50.1, 60), [match], 130), [
    { matched: 1, references: 2, detections: 1 },
    { matched: 0, references: 0, detections: 1 },
    { matched: 0, references: 1, detections: 0 },
  ]);
});

test('the interval repeats, contains the F1 and narrows with more blocks', () => {
  const half = { matched: 1, references: 2, detections: 2 };
  const blocks = (count: number) => Array.from({ length: count }, (_, n) => ({ ...half, matched: n % 3 }));
  const few = f1Interval(blocks(9))!;
  const many = f1Interval(blocks(900))!;
  assert.deepEqual(f1Interval(blocks(9)), few);
  assert.equal(sumOf(blocks(9)).matched / sumOf(blocks(9)).references, 0.5);
  assert.ok(few[0] < 0.5 && few[1] > 0.5 && many[0] < 0.5 && many[1] > 0.5);
  // A block's F1 is 0, 0.5 or 1: the mean of n blocks has the standard deviation 0.408 / √n.
  for (const [[low, high], count] of [
    [few, 9],
    [many, 900],
  ] as const) {
    const expected = (2 * 1.96 * 0.408) / Math.sqrt(count);
    assert.ok(Math.abs((high - low) / expected - 1) < 0.1, `${high - low} against ${expected}`);
  }
});

test('a certain F1 has no width, and none has no interval', () => {
  assert.deepEqual(
    f1Interval(Array.from({ length: 20 }, () => ({ matched: 2, references: 2, detections: 2 }))),
    [1, 1],
  );
  assert.equal(f1Interval([]), null);
  assert.equal(f1Interval([{ matched: 0, references: 0, detections: 0 }]), null);
});

test('the interval of a difference is over the same blocks of both', () => {
  const blocks = Array.from({ length: 80 }, (_, n) => ({ matched: n % 3, references: 2, detections: 2 }));
  assert.deepEqual(f1DifferenceInterval(blocks, blocks), [0, 0]);
  // Always half a hit better, whatever the block: paired, it is certain, though each F1 alone is not.
  const worse = blocks.map((block) => ({ ...block, matched: block.matched - 0.5 }));
  const [low, high] = f1DifferenceInterval(blocks, worse)!;
  assert.ok(Math.abs(low - 0.25) < 1e-12 && Math.abs(high - 0.25) < 1e-12);
  assert.throws(() => f1DifferenceInterval(blocks, []), /^RangeError: blocks: 80 against 0\./);
});
