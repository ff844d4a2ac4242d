import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagonalMeans, placeScores, unknownAuroc } from './scores.js';

/** Worked by hand: four queries on three places. */
const matrix = {
  queries: 4,
  places: 3,
  values: Float32Array.from([0.9, 0.1, 0.2, 0.3, 0.5, 0.8, 0.1, 0.2, 0.7, 0.6, 0.4, 0.4]),
};

test('recall counts queries that have a right place; the curve ends at recall at 1', () => {
  const truth = [[0], [1], [2], []];
  // Best matches by score: 0.9 right, 0.8 wrong, 0.7 right, 0.6 of a query without a place.
  const scores = placeScores(matrix, truth);
  assert.deepEqual([scores.r1, scores.r5, scores.r100p], [2 / 3, 1, 1 / 3]);
  const area = ((1 / 3) * (1 + 1)) / 2 + 0 + ((1 / 3) * (1 / 2 + 2 / 3)) / 2 + 0;
  assert.ok(Math.abs((scores.aucPr ?? 0) - area) < 1e-12, `${scores.aucPr ?? 0} is not ${area}`);
});

test('equal scores are no recognition: all places alike give rank by number, and one point of the curve', () => {
  const flat = { queries: 2, places: 2, values: Float32Array.from([1, 1, 1, 1]) };
  const scores = placeScores(flat, [[1], [0]]);
  assert.deepEqual([scores.r1, scores.r100p, scores.aucPr], [0.5, 0, 0.5 * 0.75]);
});

test('a sequence is the mean along the diagonal; without a full history there is no answer', () => {
  const means = diagonalMeans(matrix, 2);
  assert.ok(means.values.subarray(0, 3).every(Number.isNaN));
  assert.equal(means.values[3], Math.fround(0.3));
  assert.ok(Math.abs((means.values[4] ?? 0) - (0.9 + 0.5) / 2) < 1e-7);
  assert.ok(Math.abs((means.values[8] ?? 0) - (0.5 + 0.7) / 2) < 1e-7);
  assert.equal(placeScores(means, [[0], [1], [2], []], 1).r1, 1);
});

test('a frame without evidence is left out of the mean; a history without any leaves no answer', () => {
  const values = matrix.values.slice();
  values.fill(Number.NaN, 3, 6);
  const { values: means } = diagonalMeans({ ...matrix, values }, 2);
  // By the first frame alone: place 0 has no place before it.
  assert.deepEqual([...means.subarray(3, 6)], [-Infinity, Math.fround(0.9), Math.fround(0.1)]);
  assert.deepEqual([...means.subarray(6, 9)], [...values.subarray(6, 9)]);
  values.fill(Number.NaN, 0, 3);
  assert.ok(
    diagonalMeans({ ...matrix, values }, 2)
      .values.subarray(0, 6)
      .every(Number.isNaN),
  );
});

test('a query without an answer is missed; one without a full history is not counted', () => {
  const values = matrix.values.slice();
  values.fill(Number.NaN, 6, 9);
  const scores = placeScores({ ...matrix, values }, [[0], [2], [2], []], 1);
  assert.deepEqual([scores.scored, scores.r1, scores.r25], [2, 1 / 2, 1 / 2]);
});

test('known against unknown: pairs won, ties half', () => {
  // Best scores: known 0.9, 0.7; unknown 0.8, 0.6.
  assert.equal(unknownAuroc(matrix, [[0], [], [2], []]), 3 / 4);
  assert.equal(unknownAuroc(matrix, [[0], [1], [2], [0]]), null);
});
