import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('./fuzz-models.js', import.meta.url));

test('damaged model files of every format are refused with a reason or loaded whole', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--share', '0.001', '--seed', '2']);
  const lines = stdout.trim().split('\n');
  const summary = JSON.parse(lines.at(-1)!) as {
    planned: number;
    defects: number;
    formats: { format: string; files: number; loaded: number; refused: number }[];
  };
  assert.equal(summary.defects, 0, stdout);
  assert.equal(
    summary.planned,
    summary.formats.reduce((sum, { files }) => sum + files, 0),
  );
  for (const { format, files, loaded, refused } of summary.formats) {
    assert.equal(loaded + refused, files, format);
    assert.ok(refused > 0 && loaded > 0, `${format}: ${loaded} loaded, ${refused} refused`);
  }
});
