import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptance } from './unknown-places.js';

test('shares of known and unknown queries that fit; one without an answer does not count', () => {
  const truth = [[0], [1], [2], [], [], []];
  const fits = [3, 1, Number.NaN, 3, 1, 0];
  assert.deepEqual(acceptance(fits, 2, truth), { accepted: 1 / 2, falseAccepted: 1 / 3 });
  assert.deepEqual(acceptance(fits, Number.NaN, truth), { accepted: null, falseAccepted: null });
  assert.deepEqual(acceptance([3], 2, [[0]]), { accepted: 1, falseAccepted: null });
});
