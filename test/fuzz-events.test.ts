import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

test('changed bytes of every event format make no decoder throw, stand still, or tell an event that cannot be', async () => {
  const program = fileURLToPath(new URL('./fuzz-events.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--share', '0.003', '--seed', '2']);
  const lines = stdout.trim().split('\n');
  assert.deepEqual(JSON.parse(lines.at(-1)!), { seed: 2, defects: 0 }, stdout);
  assert.equal(lines.filter((line) => line.includes('bytes changed')).length, 11);
});
