import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atPace, stretch, withStop } from './drive.js';

test('pace takes the nearest frame', () => {
  assert.deepEqual(atPace(stretch(0, 6), 2), [0, 2, 4]);
  assert.deepEqual(atPace(stretch(0, 3), 0.5), [0, 1, 1, 2, 2]);
  assert.deepEqual(atPace([5, 4, 3, 2, 1], 4 / 3), [5, 4, 2, 1]);
});

test('a stop repeats the middle frame', () => {
  assert.deepEqual(withStop([1, 2, 3], 2), [1, 2, 2, 2, 3]);
  assert.deepEqual(withStop([1, 2, 3], 0), [1, 2, 3]);
});
