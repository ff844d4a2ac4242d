import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { AllocationError, drawRows, encodeAllocation } from './allocation.js';
import { appendDurably, readBeside, readSealed, writeSealed } from './sealed-files.js';

const shape = { participants: ['P001', 'P002'], nights: 2, blocks: 1 };
const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32), blockSeconds: null };
const text = encodeAllocation({ ...head, ...shape, rows: drawRows(shape, () => 0) });

async function sealed(t: TestContext): Promise<{ path: string; sha256: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-study-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'cue.sealed');
  return { path, sha256: await writeSealed(path, text) };
}

const refusal = async (path: string): Promise<string> => {
  const error: unknown = await readSealed(path).catch((reason: unknown) => reason);
  assert.ok(error instanceof AllocationError, String(error));
  return error.message;
};

test('R-28 a sealed file is its owner’s alone, never written over, and told by the SHA-256 of its bytes', async (t) => {
  const { path, sha256 } = await sealed(t);
  assert.equal(statSync(path).mode & 0o777, 0o400);
  assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'));
  assert.deepEqual((await readSealed(path)).sha256, sha256);
  await assert.rejects(writeSealed(path, text), { code: 'EEXIST' });
});

test('R-28 a file that others may read, that is missing or damaged is refused, with the fix', async (t) => {
  const { path } = await sealed(t);
  for (const mode of [0o440, 0o404, 0o420, 0o600 | 0o001]) {
    chmodSync(path, mode);
    assert.match(await refusal(path), /cue\.sealed: is open to others \(mode \d{3}\)\. Run: chmod 400 .*cue\.sealed$/);
  }
  chmodSync(path, 0o600);
  writeFileSync(path, text.slice(0, -9));
  assert.match(
    await refusal(path),
    /cue\.sealed: is no allocation, or is cut off\. Copy it again from where it was made/,
  );
  rmSync(path);
  assert.match(await refusal(path), /cue\.sealed: there is no such file\./);
  assert.match(await refusal(join(path, '..')), /: is no file\. Put the sealed file there\./);
});

test('R-28 a file of another user is refused', async (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('only root can give a file away');
    return;
  }
  const { path } = await sealed(t);
  chownSync(path, 12_345, 0);
  assert.match(await refusal(path), /cue\.sealed: belongs to user 12345, not to that of the guardian\. Run: chown 0 /);
});

test('what is kept beside it is made where it is not there, its owner’s alone, and grows', async (t) => {
  const { path } = await sealed(t);
  const beside = `${path}.uses`;
  assert.equal(await readBeside(beside), '');
  await appendDurably(beside, 'one\n');
  await appendDurably(beside, 'two\n');
  assert.equal(await readBeside(beside), 'one\ntwo\n');
  assert.equal(statSync(beside).mode & 0o777, 0o600);
});
