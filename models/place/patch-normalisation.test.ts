import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalisePatches, PatchNormalisation } from './patch-normalisation.js';

function normalised(frame: readonly number[], lessPixels: 0 | 1, gamma = false): number[] {
  const out = new Uint8Array(9);
  const front = new PatchNormalisation(3, 3, { side: 3, patch: 3, gamma, lessPixels });
  assert.ok(front.normalise(Uint8Array.from(frame), out));
  return [...out];
}

test('a pixel is a score among those neighbours that there are', () => {
  // Worked by hand: on the left, half of each window is 0 and half 10, so that z is -1, or -5 ÷ √(100/3), -5 ÷ √(150/5).
  const ramp = [0, 10, 20, 0, 10, 20, 0, 10, 20];
  assert.deepEqual(normalised(ramp, 0), [0, 127, 255, 0, 127, 255, 0, 127, 255]);
  assert.deepEqual(normalised(ramp, 1), [17, 127, 237, 11, 127, 243, 17, 127, 237]);
});

test('a picture need not be a square, and a window not fit into it', () => {
  const out = new Uint8Array(3);
  normalisePatches([0, 10, 20], 1, 3, { patch: 3, lessPixels: 1 }, out);
  // Windows [0 10], [0 10 20], [10 20]: -1/√2, 0, 1/√2.
  assert.deepEqual([...out], [37, 127, 217]);
  normalisePatches([5, 5, 5], 3, 1, { patch: 7, lessPixels: 1 }, out);
  assert.deepEqual([...out], [127, 127, 127]);
});

test('more than a deviation is clipped, no contrast is the middle', () => {
  assert.equal(normalised([0, 0, 0, 0, 9, 0, 0, 0, 0], 0)[4], 255);
  const out = new Uint8Array(25);
  const edge = Uint8Array.from({ length: 25 }, (_, pixel) => (pixel === 24 ? 50 : 30));
  assert.ok(new PatchNormalisation(5, 5, { side: 5, patch: 3, gamma: true, lessPixels: 0 }).normalise(edge, out));
  assert.equal(out[0], 127);
});

test('a frame without contrast is no evidence', () => {
  const front = new PatchNormalisation(3, 3, { side: 3, patch: 3, gamma: true, lessPixels: 1 });
  assert.equal(front.normalise(new Uint8Array(9).fill(80), new Uint8Array(9)), false);
});
