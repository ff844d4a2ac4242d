import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pino from 'pino';
import { copiesPath, noteCopy, noteDeletion, readCopies } from '../recording/copies.js';
import { Recorded } from '../recording/recording.test.fixture.js';
import type { StoragePolicy } from '../recording/storage.js';
import { asNobody } from '../recording/owner.test.fixture.js';
import { StorageKeeper } from './storage-keeper.js';

/** Recordings of five nights, the first the oldest; copies are noted for those named. */
function nights(t: TestContext, copied: readonly number[]): { folder: string; files: string[]; bytes: number } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-storage-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = [1, 2, 3, 4, 5].map((night) => {
    const file = join(folder, `bed-${night}.db`);
    const recorded = new Recorded(file);
    recorded.stream(500);
    recorded.close();
    utimesSync(file, night, night);
    if (copied.includes(night)) {
      noteCopy(file, { kind: 'exported', format: 'edf', to: `/usb/${night}.edf`, bytes: 1, sha256: null, wallMs: 9e3 });
    }
    return file;
  });
  return { folder, files, bytes: statSync(files[0] ?? '').size };
}

async function look(
  folder: string,
  policy: StoragePolicy,
  running: string,
): Promise<{ told: string[]; logged: string[] }> {
  const logged: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void logged.push(line) });
  const told: string[] = [];
  const keeper = new StorageKeeper(folder, policy, 0, log);
  await keeper.look(running, (text) => told.push(text));
  await keeper.look(running, (text) => told.push(`again: ${text}`));
  return { told, logged };
}

const left = (folder: string): string[] => readdirSync(folder).sort();

test('R-40 the oldest recordings that have a copy are deleted until the budget holds, and each is told and leaves its note', async (t) => {
  const { folder, files, bytes } = nights(t, [2, 3, 4]);
  const policy = { budgetBytes: 3 * bytes, delete: 'exported' } as const;
  const { told, logged } = await look(folder, policy, files[4] ?? '');
  assert.deepEqual(left(folder), ['bed-1.db', 'bed-2.copies', 'bed-3.copies', 'bed-4.copies', 'bed-4.db', 'bed-5.db']);
  assert.match(told[0] ?? '', /^deleted bed-2\.db \(0\.\d MB, exported to \/usb\/2\.edf\), as device\.storage\.delete/);
  assert.equal(told.length, 2);
  assert.equal(logged.length, 2);
  assert.ok(readCopies(files[1] ?? '').deletedWallMs !== undefined);
  assert.equal(readCopies(files[3] ?? '').deletedWallMs, undefined);
});

test('R-40 a recording in use, or one that nobody has copied, stays; what is lacking is told once, with what to do', async (t) => {
  const { folder, files, bytes } = nights(t, [1, 2, 5]);
  writeFileSync(join(folder, 'bed-1.deliveries'), '');
  writeFileSync(join(folder, 'bed-2.published'), '3\n');
  const before = left(folder);
  const policy = { budgetBytes: bytes, delete: 'exported' } as const;
  const { told, logged } = await look(folder, policy, files[4] ?? '');
  assert.deepEqual(left(folder), before);
  assert.deepEqual(told, []);
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? '', /too little room by device\.storage, and none .*axond recording list/);
  const { logged: uploadedOnly } = await look(folder, { ...policy, delete: 'uploaded' }, '');
  assert.equal(uploadedOnly.length, 1);
  assert.deepEqual(left(folder), before);
});

test('an encrypted recording goes as a plain one does, by the copies of either', async (t) => {
  const { folder, files, bytes } = nights(t, [1, 2]);
  for (const file of files) renameSync(file, `${file}.age`);
  writeFileSync(join(folder, 'bed-1.published'), '3\n');
  const { told } = await look(folder, { budgetBytes: 4 * bytes, delete: 'exported' }, '');
  assert.equal(told.length, 1);
  assert.ok(existsSync(`${files[0] ?? ''}.age`) && !existsSync(`${files[1] ?? ''}.age`));
  noteDeletion(files[2] ?? '', Date.now());
  await look(folder, { budgetBytes: Infinity, delete: 'never' }, '');
  assert.ok(!existsSync(`${files[2] ?? ''}.age`), 'a deletion that was cut short is finished');
});

test('what was written to after its copy stays', async (t) => {
  const { folder, files } = nights(t, [1]);
  utimesSync(files[0] ?? '', 10, 10);
  await look(folder, { budgetBytes: 0, delete: 'exported' }, '');
  assert.ok(existsSync(files[0] ?? ''));
  utimesSync(files[0] ?? '', 9, 9);
  await look(folder, { budgetBytes: 0, delete: 'exported' }, '');
  assert.ok(!existsSync(files[0] ?? ''));
});

test('R-40 a deletion that was cut short is finished and told: nothing of the recording stays that a new one could meet', async (t) => {
  const { folder, files } = nights(t, [1]);
  const [file = ''] = files;
  writeFileSync(`${file}-wal`, 'frames');
  noteDeletion(file, Date.now());
  const { told, logged } = await look(folder, { budgetBytes: Infinity, delete: 'never' }, '');
  assert.deepEqual(left(folder).slice(0, 2), ['bed-1.copies', 'bed-2.db']);
  assert.ok(existsSync(copiesPath(file)));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^deleted bed-1\.db: that was begun at \d{4}-.*, and cut short$/);
  assert.equal(logged.length, 1);
});

test('R-40 a recording that was put back after its deletion stays', async (t) => {
  const { folder, files, bytes } = nights(t, [1]);
  const [file = ''] = files;
  const away = join(folder, 'away');
  copyFileSync(file, away);
  const policy = { budgetBytes: 4 * bytes, delete: 'exported' } as const;
  assert.equal((await look(folder, policy, '')).told.length, 1);
  assert.ok(!existsSync(file));
  // A clock tick of the file system later, whatever its resolution is.
  while (Math.floor(statSync(away).ctimeMs) <= (readCopies(file).deletedWallMs ?? 0)) utimesSync(away, 1, 1);
  copyFileSync(away, file);
  utimesSync(file, 1, 1);
  const { told } = await look(folder, { budgetBytes: Infinity, delete: 'never' }, '');
  assert.ok(existsSync(file));
  assert.deepEqual(told, []);
});

test('R-40 a recording whose note cannot be written stays, with one line that says why, and the next one goes', async (t) => {
  const { folder, files, bytes } = nights(t, [1, 2]);
  chmodSync(copiesPath(files[0] ?? ''), 0o444);
  const { told, logged } = await asNobody(folder, () =>
    look(folder, { budgetBytes: 4 * bytes, delete: 'exported' }, ''),
  );
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^deleted bed-2\.db/);
  assert.ok(existsSync(files[0] ?? ''));
  assert.match(logged[0] ?? '', /bed-1\.db: device\.storage lets it go, and it stays \(EACCES.*bed-1\.copies/);
});

test('R-40 what the guardian of a killed run wrote down has to stand elsewhere too, and goes with its recording', async (t) => {
  const { folder, files } = nights(t, [1, 2, 3]);
  const copy = { format: 'recording', to: 'https://s3/b/x', bytes: 1, sha256: null } as const;
  for (const [night, log] of [
    [1, 'bed-1.deliveries'],
    [2, 'bed-2.deliveries.age'],
    [3, 'bed-3.deliveries'],
  ] as const) {
    writeFileSync(join(folder, log), '\n1 1000000 ?\n');
    utimesSync(join(folder, log), night, night);
  }
  noteCopy(files[1] ?? '', { ...copy, kind: 'uploaded', wallMs: 9e3 });
  // The log was written to after the upload.
  noteCopy(files[2] ?? '', { ...copy, kind: 'uploaded', wallMs: 9e3 });
  utimesSync(join(folder, 'bed-3.deliveries'), 10, 10);
  const { told } = await look(folder, { budgetBytes: 0, delete: 'exported' }, files[4] ?? '');
  assert.equal(told.length, 1);
  assert.deepEqual(left(folder), [
    'bed-1.copies',
    'bed-1.db',
    'bed-1.deliveries',
    'bed-2.copies',
    'bed-3.copies',
    'bed-3.db',
    'bed-3.deliveries',
    'bed-4.db',
    'bed-5.db',
  ]);
});

test('while the disk has too little room it looks every five minutes, and else once an hour', async (t) => {
  const { folder, files } = nights(t, []);
  const policy = { budgetBytes: Infinity, delete: 'exported' } as const;
  const log = pino({ level: 'silent' });
  const [short, plenty] = [Infinity, 0].map((wanted) => new StorageKeeper(folder, policy, wanted, log));
  const deletes = async (keeper: StorageKeeper | undefined, seconds: number): Promise<boolean> => {
    const told: string[] = [];
    await keeper?.lookIfDue(seconds * 1000, '', (text) => told.push(text));
    return told.length > 0;
  };
  const copied = (night: number): void => {
    const to = { kind: 'exported', format: 'edf', to: '/usb/x' } as const;
    noteCopy(files[night - 1] ?? '', { ...to, bytes: 1, sha256: null, wallMs: 9e3 });
  };
  assert.deepEqual([await deletes(short, 0), await deletes(plenty, 0)], [false, false]);
  copied(1);
  assert.deepEqual(
    [await deletes(plenty, 300), await deletes(short, 299), await deletes(short, 300)],
    [false, false, true],
  );
  const full = new StorageKeeper(folder, { ...policy, budgetBytes: 0 }, 0, log);
  assert.equal(await deletes(full, 0), false);
  copied(2);
  assert.deepEqual([await deletes(full, 3599), await deletes(full, 3899)], [false, true]);
});
