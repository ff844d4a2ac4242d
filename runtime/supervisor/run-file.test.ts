import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { clockIsUnset, freeName, readBootId } from './run-file.js';

const night = Date.UTC(2027, 2, 1, 22, 30);

function folderWith(t: TestContext, ...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-names-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of files) {
    writeFileSync(join(folder, file), '');
    utimesSync(join(folder, file), night / 1000, night / 1000);
  }
  return folder;
}

const nameIn = (folder: string, wallMs: number): string => basename(freeName(folder, 'bed-1', wallMs));

test('a recording is named by its start, and never as anything that is or was there', (t) => {
  assert.equal(nameIn(folderWith(t), night), 'bed-1-2027-03-01T22-30-00.db');
  const stem = 'bed-1-2027-03-01T22-30-00';
  for (const file of ['db', 'copies', 'deliveries', 'db-wal']) {
    const folder = folderWith(t, `${stem}.${file}`);
    assert.equal(nameIn(folder, night), `${stem}-1.db`, file);
  }
  assert.equal(nameIn(folderWith(t, `${stem}.db`, `${stem}-1.copies`), night), `${stem}-2.db`);
});

test('a clock that is wrong for sure gives no name: before this was written, or before what is recorded already', (t) => {
  const folder = folderWith(t, 'bed-1-2027-02-28T22-00-00.db');
  assert.ok(clockIsUnset(folderWith(t), 0));
  assert.ok(!clockIsUnset(folder, night + 1));
  assert.ok(!clockIsUnset(folder, night - 30e3), 'a time service corrects by seconds');
  assert.ok(clockIsUnset(folder, night - 3600e3));
  const boot = readBootId().slice(0, 8);
  assert.match(nameIn(folder, 0), new RegExp(`^bed-1-clock-unset-${boot}-\\d+\\.db$`));
});
