import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.js';
import { nextStage, sleepStages, transitions } from './stages.js';

test('stages follow each other as in the night they were taken from', () => {
  const random = new Random(1, 1);
  const draws = 20_000;
  for (const from of sleepStages) {
    const counts = { W: 0, N1: 0, N2: 0, N3: 0, R: 0 };
    for (let n = 0; n < draws; n++) counts[nextStage(from, 7200, random)]++;
    for (const to of sleepStages)
      assert.ok(Math.abs(counts[to] / draws - transitions[from][to]) < 0.01, `${from} ${to}`);
  }
});

test('no REM in the first hour', () => {
  const random = new Random(1, 1);
  for (let n = 0; n < 1000; n++) assert.notEqual(nextStage('W', 3570, random), 'R');
});

test('random numbers have their distributions, and streams are independent', () => {
  const [first, second] = [new Random(1, 1), new Random(1, 2)];
  const draws = 100_000;
  const sums = { uniform: 0, normal: 0, square: 0, noise: 0, noiseSquare: 0, exponential: 0, product: 0 };
  for (let n = 0; n < draws; n++) {
    const normal = first.normal(0, 1);
    const noise = first.noise();
    sums.uniform += first.uniform() / draws;
    sums.normal += normal / draws;
    sums.square += normal ** 2 / draws;
    sums.noise += noise / draws;
    sums.noiseSquare += noise ** 2 / draws;
    sums.exponential += first.exponential(3) / draws;
    sums.product += (noise * second.noise()) / draws;
  }
  const expected = { uniform: 0.5, normal: 0, square: 1, noise: 0, noiseSquare: 1, exponential: 3, product: 0 };
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs(sums[name as keyof typeof sums] - value) < 0.03, `${name} ${sums[name as keyof typeof sums]}`);
  }
});
