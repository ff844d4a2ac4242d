import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzLoop } from './fuzzed-loop.js';

test('R-05 R-06 byte strings, random and corrupted, crash nothing and fire nothing on an armed loop', async () => {
  const outcome = await fuzzLoop(30_000, 1);
  assert.equal(outcome.permits, 0);
  // The trial is worth something only if frames came through and asked for stimuli.
  assert.ok(outcome.frames > 1000 && outcome.requests > 100, JSON.stringify(outcome));
});
