import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killedRun } from './killed-run.js';

test('R-18 a core killed by SIGKILL leaves a recording that checks and lacks at most the commit interval', async (t) => {
  const { check, delivered, streamedSamples } = await killedRun(t, 'SIGKILL', 1500);
  assert.equal(check.code, 0, check.stdout);
  const { frames, started, closed } = check.json as { frames: number; started: number[]; closed: boolean };
  assert.equal(closed, false);
  // 250 ms between commits, and what a busy machine adds; samples at 250 Hz.
  assert.ok(streamedSamples - frames <= 0.5 * 250, `${frames} of ${streamedSamples} samples are on disk`);
  for (const command of started) assert.ok(delivered.includes(command));
});

test('SIGTERM ends a run cleanly', async (t) => {
  const { check, streamedSamples } = await killedRun(t, 'SIGTERM', 500);
  assert.equal(check.code, 0, check.stdout);
  const { frames, closed } = check.json as { frames: number; closed: boolean };
  assert.equal(closed, true);
  assert.ok(frames >= streamedSamples);
});
