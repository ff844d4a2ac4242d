import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlaceMethod } from '../../../models/place/place-scorer.js';
import type { Traverse } from '../../../models/place/traverse.js';
import { answerQueries, scoreAnswers } from './evaluate.js';

/** One pixel a frame. */
function traverse(...pixels: number[]): Traverse {
  return { frames: pixels.length, height: 1, width: 1, pixels: Uint8Array.from(pixels) };
}

/** Closeness of the pixel; 0 is no evidence. */
function countingMethod(begins: string[]): PlaceMethod {
  return (reference) => ({
    places: reference.frames,
    bytes: 3 * reference.frames,
    begin: () => begins.push('begin'),
    score: ([pixel = 0], scores) => {
      if (pixel === 0) return false;
      reference.pixels.forEach((place, n) => (scores[n] = -Math.abs(place - pixel)));
      return true;
    },
  });
}

test('a frame without evidence is missed alone, and answered by those before it; the map is counted', () => {
  const begins: string[] = [];
  const answers = answerQueries('count', countingMethod(begins), traverse(10, 20, 30), traverse(11, 0, 29));
  assert.ok(begins.length >= 2, 'the drive that is timed begins anew');
  const evaluation = scoreAnswers(answers, [[0], [1], [1]], [1, 2]);
  assert.deepEqual([evaluation.places, evaluation.queries, evaluation.bytesPer1000], [3, 3, 3000]);
  // The frame in the middle has no answer: missed. The last one is nearest to place 2, not 1.
  assert.deepEqual([evaluation.seq['1']?.scored, evaluation.seq['1']?.r1], [3, 1 / 3]);
  // With the one before it, it has: from place 0 a frame ago.
  assert.deepEqual([evaluation.seq['2']?.scored, evaluation.seq['2']?.r1], [2, 1 / 2]);
  assert.ok(evaluation.queriesPerS > 0);
});
