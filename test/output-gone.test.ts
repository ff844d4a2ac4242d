import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { startAxond } from './axond-process.js';

test('a command whose reader is gone says the rest to nobody, and ends as it would', async (t) => {
  const emulator = startAxond(t, ['emulate', 'cyton', '--json']);
  const { stdout, stdin } = emulator.child;
  assert.ok(stdout && stdin);
  await once(stdout, 'data');
  stdout.destroy();
  stdin.end();
  assert.deepEqual([await emulator.exited, emulator.stderr()], [0, '']);
});
