import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byBlock, type Normalisation } from './block-normalisation.js';

function normalised(normalise: Normalisation, frame: readonly number[]): number[] {
  const into = new Uint8Array(frame.length);
  normalise(Uint8Array.from(frame), into);
  return [...into];
}

test('a block has mean 0 and deviation 1; one without contrast is 0', () => {
  // Left: mean 1, deviation 1. Right: all alike. Below: what is left of a block, mean 20, deviation 10; and 0, 0.
  const frame = [
    [0, 2, 7, 7],
    [2, 0, 7, 7],
    [10, 30, 0, 0],
  ].flat();
  const z = [
    [-1, 1, 0, 0],
    [1, -1, 0, 0],
    [-1, 1, 0, 0],
  ].flat();
  assert.deepEqual(
    normalised(byBlock(3, 4, 2), frame),
    z.map((value) => 128 + 16 * value),
  );
});

test('the largest deviation that 64 pixels can have fits into a byte', () => {
  const frame = Array<number>(64).fill(0);
  frame[9] = 255;
  // √63 = 7.937 deviations of 16 steps.
  assert.equal(normalised(byBlock(8, 8, 8), frame)[9], 128 + 127);
  assert.equal(
    normalised(
      byBlock(8, 8, 8),
      frame.map((value) => 255 - value),
    )[9],
    128 - 127,
  );
});
