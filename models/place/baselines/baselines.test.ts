import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlaceMethod } from '../place-scorer.js';
import type { Traverse } from '../traverse.js';
import { createDifferences } from './difference-file.js';
import { blockNormalisedDifferences, frameNormalisedDifferences, sumOfAbsoluteDifferences } from './mean-difference.js';
import { localContrast } from './seqslam.js';

/** 2×2 pixels a frame: a checker, its negative, grey, and the checker again at twice the contrast. */
const checker = [10, 30, 30, 10];
const negative = [30, 10, 10, 30];
const grey = [20, 20, 20, 20];
const strong = [0, 40, 40, 0];
const reference: Traverse = {
  frames: 3,
  height: 2,
  width: 2,
  pixels: Uint8Array.from([checker, negative, grey].flat()),
};

function scoresOf(method: PlaceMethod, frame: readonly number[]): number[] {
  const scorer = method(reference);
  const scores = new Float32Array(scorer.places);
  scorer.begin();
  assert.ok(scorer.score(Uint8Array.from(frame), scores));
  return [...scores];
}

test('absolute differences are of the pixels as they are', () => {
  assert.deepEqual(scoresOf(sumOfAbsoluteDifferences, strong), [-10, -30, -20]);
});

test('normalised ones do not see contrast: 0, 2 and 1 deviations of 16 steps', () => {
  for (const method of [blockNormalisedDifferences, frameNormalisedDifferences])
    assert.deepEqual(scoresOf(method, strong).map(Math.abs), [0, 32, 16]);
});

test('local contrast: differences 0, 32, 16 by their mean 16 and deviation √(512/3)', () => {
  const scores = scoresOf(localContrast, strong);
  const deviation = Math.sqrt(512 / 3);
  [16 / deviation, -16 / deviation, 0].forEach((expected, place) =>
    assert.ok(Math.abs((scores[place] ?? Number.NaN) - expected) < 1e-6),
  );
});

test('equal frames everywhere have no local contrast, and no NaN', () => {
  const black = { frames: 30, height: 2, width: 2, pixels: new Uint8Array(120) };
  const scores = new Float32Array(30);
  localContrast(black).score(new Uint8Array(4), scores);
  assert.ok(scores.every((score) => score === 0));
});

test('the kernel sums as a plain loop does, at every length and at the largest differences', () => {
  let state = 1;
  const byte = (): number => (state = (state * 48271) % 2147483647) & 255;
  for (const size of [1, 15, 16, 49, 2048, 2063, 5000]) {
    const differences = createDifferences(5, size);
    differences.rows.forEach((row, place) => row.forEach((_, at) => (row[at] = place === 4 ? 255 : byte())));
    for (const value of [byte, (): number => 0]) {
      differences.frame.forEach((_, at) => (differences.frame[at] = value()));
      differences.compare();
      const expected = differences.rows.map((row) =>
        row.reduce((sum, pixel, at) => sum + Math.abs(pixel - (differences.frame[at] as number)), 0),
      );
      assert.deepEqual([...differences.sums], expected);
    }
  }
});
