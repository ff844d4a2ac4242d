import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hidePlace, UnknownAnswers } from './unknown-answers.js';

test('what is known fits better than unknown answers by so many of their standard deviations', () => {
  const unknown = new UnknownAnswers();
  for (let answer = 0; answer < 19; answer++) unknown.add(answer % 2);
  assert.ok(Number.isNaN(unknown.threshold()), 'too few');
  unknown.add(1);
  // Ten of 0 and ten of 1: mean and standard deviation are a half.
  assert.ok(Math.abs(unknown.threshold() - (0.5 + 2.5 * 0.5)) < 1e-12);
  assert.ok(Math.abs(unknown.threshold(1 / 4) - (0.5 + 2 * 2.5 * 0.5)) < 1e-12);
  unknown.forget();
  assert.ok(Number.isNaN(unknown.threshold()));
});

test('a place and its neighbours, a quarter of a short route to each side, are hidden behind the mean', () => {
  const scores = Float32Array.of(0, 0, 0, 9, 3, 0, 0, 0);
  hidePlace(scores, 3);
  assert.deepEqual([...scores], [0, 1.5, 1.5, 1.5, 1.5, 1.5, 0, 0]);
  const long = new Float32Array(200);
  long[100] = 200;
  hidePlace(long, 100);
  assert.deepEqual([long[69], long[70], long[130], long[131]], [0, 1, 1, 0]);
});
