import assert from 'node:assert/strict';
import {
  appendFileSync,
  lstatSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { copiesPath, noteCopy, noteDeletion, readCopies, type Copy } from './copies.js';
import { giveAway, notGivenAway, skippedButForRoot } from './owner.test.fixture.js';
import { temporaryPath } from './recording.test.fixture.js';

const edf: Copy = {
  kind: 'exported',
  format: 'edf',
  to: '/media/usb/night.edf',
  bytes: 1200,
  sha256: 'a'.repeat(64),
  wallMs: 1.7e12,
};
const object: Copy = { ...edf, kind: 'uploaded', format: 'recording', to: 's3://nights/night.db', sha256: null };

test('R-40 copies are told in the order in which they were made, and outlive the recording', (t) => {
  const path = temporaryPath(t);
  assert.deepEqual(readCopies(path), { copies: [], deletedWallMs: undefined });
  noteCopy(path, edf);
  noteCopy(path, object);
  assert.match(copiesPath(path), /night\.copies$/);
  assert.deepEqual(readCopies(path), { copies: [edf, object], deletedWallMs: undefined });
  noteDeletion(path, 1.8e12);
  assert.deepEqual(readCopies(path), { copies: [edf, object], deletedWallMs: 1.8e12 });
});

test('a line that was torn at any byte speaks for no copy, and the next one stands for itself', (t) => {
  const path = temporaryPath(t);
  noteCopy(path, edf);
  const whole = readFileSync(copiesPath(path)).length;
  for (let bytes = whole - 2; bytes > 0; bytes -= 7) {
    truncateSync(copiesPath(path), bytes);
    assert.deepEqual(readCopies(path).copies, [], `${bytes} of ${whole} bytes`);
  }
  noteCopy(path, object);
  assert.deepEqual(readCopies(path).copies, [object]);
});

test('what is no copy is refused when it is written, and not believed when it is read', (t) => {
  const path = temporaryPath(t);
  assert.throws(() => noteCopy(path, { ...edf, to: '' }));
  assert.throws(() => noteCopy(path, { ...edf, sha256: 'short' }));
  for (const text of ['{"kind":"exported"}', '[]', 'exported', '{"kind":"kept","wallMs":1}']) {
    appendFileSync(copiesPath(path), `${text}\n`);
  }
  assert.deepEqual(readCopies(path), { copies: [], deletedWallMs: undefined });
});

test(
  'a note that root makes belongs to whom the recording belongs to; what a link points to does not',
  { skip: skippedButForRoot },
  (t) => {
    const path = temporaryPath(t);
    const folder = dirname(path);
    writeFileSync(path, '');
    giveAway(folder);
    noteCopy(path, edf);
    assert.deepEqual(notGivenAway(folder), []);
    rmSync(path);
    noteDeletion(path, 1.8e12);
    assert.deepEqual(notGivenAway(folder), [], 'the recording is gone: as the folder');
    const linked = join(folder, 'linked.db');
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, '');
    symlinkSync(elsewhere, copiesPath(linked));
    noteCopy(linked, edf);
    assert.equal(statSync(elsewhere).uid, 0);
    assert.notEqual(lstatSync(copiesPath(linked)).uid, 0);
  },
);
