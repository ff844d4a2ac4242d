import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzLoop } from './fuzzed-loop.js';

test('R-05 R-06 a million byte strings, random and corrupted, crash nothing and fire nothing on an armed loop', async () => {
  const outcome = await fuzzLoop(1_000_000, 1);
  assert.equal(outcome.permits, 0);
  // The trial is worth something only if frames came through and asked for stimuli.
  assert.ok(outcome.frames > 100_000 && outcome.requests > 10_000, JSON.stringify(outcome));
});
