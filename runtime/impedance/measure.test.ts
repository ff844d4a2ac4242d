import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stillSounding } from './measure.js';

test('R-38 the current is off where its tone has fallen to nothing, or to a quarter; what is not known counts as on', () => {
  assert.deepEqual(stillSounding([60, 14, 700], [1, 2.5, 100]), []);
  assert.deepEqual(stillSounding([60, 14, 700], [59, 4, 690]), [0, 1, 2]);
  assert.deepEqual(stillSounding([60, 60, NaN], [NaN, 2, 20]), [0, 2]);
});
