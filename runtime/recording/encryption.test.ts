import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { generateX25519Identity } from 'age-encryption';
import { checkRecording } from './check.js';
import { decryptRecording, encryptRecording } from './encryption.js';
import { Recorded, temporaryPath } from './recording.test.fixture.js';

/** The example of https://age-encryption.org/v1, and another one. */
const [recipient, identity] = [
  'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
  'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX',
];

function recorded(t: TestContext): string {
  const path = temporaryPath(t);
  const recording = new Recorded(path, 8);
  recording.stream(5000);
  recording.close();
  return path;
}

test('a recording is encrypted to its recipients, is the only file then, and comes back to the byte', async (t) => {
  const path = recorded(t);
  const [before, { mtimeMs }] = [readFileSync(path), statSync(path)];
  const encrypted = await encryptRecording(path, [recipient]);
  assert.equal(encrypted, `${path}.age`);
  assert.deepEqual(readdirSync(dirname(path)), ['night.db.age']);
  assert.ok(
    Math.abs(statSync(encrypted).mtimeMs - mtimeMs) < 1,
    'it is as old as the recording: copies of that still count',
  );
  const bytes = readFileSync(encrypted);
  assert.match(bytes.toString('latin1', 0, 40), /^age-encryption\.org\/v1\n-> X25519 /);
  assert.ok(!bytes.includes('SQLite'));
  const out = join(dirname(path), 'again.db');
  await decryptRecording(encrypted, `# created: today\n# public key: ${recipient}\n${identity}\n`, out);
  assert.deepEqual(readFileSync(out), before);
  assert.ok(checkRecording(out).ok);
});

test('age itself reads it, and what age has written is read', async (t) => {
  if (spawnSync('age', ['--version']).error) {
    t.skip('age is not installed');
    return;
  }
  const path = recorded(t);
  const before = readFileSync(path);
  const key = join(dirname(path), 'key.txt');
  writeFileSync(key, `${identity}\n`);
  const encrypted = await encryptRecording(path, [recipient]);
  const { stdout, status, stderr } = spawnSync('age', ['-d', '-i', key, encrypted], { maxBuffer: 1e9 });
  assert.equal(status, 0, stderr.toString());
  assert.deepEqual(stdout, before);
  const theirs = join(dirname(path), 'theirs.db.age');
  assert.equal(spawnSync('age', ['-r', recipient, '-o', theirs], { input: before }).status, 0);
  await decryptRecording(theirs, identity, path);
  assert.deepEqual(readFileSync(path), before);
});

test('what was changed or cut off, a wrong identity, and a name that is taken are refused; nothing half is left', async (t) => {
  const path = recorded(t);
  const encrypted = await encryptRecording(path, [recipient]);
  const bytes = readFileSync(encrypted);
  const folder = dirname(path);
  const refused = async (
    given: Buffer,
    identities: string,
    reason: RegExp | ((error: Error) => boolean),
  ): Promise<void> => {
    writeFileSync(encrypted, given);
    await assert.rejects(decryptRecording(encrypted, identities, path), reason);
    assert.deepEqual(readdirSync(folder), ['night.db.age']);
  };
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await refused(flipped, identity, /night\.db\.age: cannot be decrypted/);
  await refused(bytes.subarray(0, bytes.length - 1000), identity, /night\.db\.age: cannot be decrypted/);
  await refused(bytes, await generateX25519Identity(), /night\.db\.age: cannot be decrypted.*one of its recipients/);
  const typed = identity.replace('GAEX', 'GAEQ');
  await refused(
    bytes,
    typed,
    ({ message }: Error) => /an identity that is none/.test(message) && !message.includes('GFPYY'),
  );
  await refused(bytes, '# nothing\n', /holds no identity/);
  writeFileSync(path, 'something');
  await assert.rejects(decryptRecording(encrypted, identity, path), /is there already/);
});

test('a recipient that is none, and a recording that changes meanwhile, leave the recording as it is', async (t) => {
  const path = recorded(t);
  const before = readFileSync(path);
  await assert.rejects(encryptRecording(path, ['age1nobody']));
  let asked = 0;
  const touched = async (): Promise<void> => {
    if (asked++ === 1) writeFileSync(path, 'more', { flag: 'a' });
    return Promise.resolve();
  };
  await assert.rejects(encryptRecording(path, [recipient], touched), /stays as it is/);
  assert.deepEqual(readdirSync(dirname(path)), ['night.db']);
  assert.deepEqual(readFileSync(path).subarray(0, before.length), before);
  assert.ok(!existsSync(`${path}.age`));
});

test('a full disk leaves the recording as it is, and is told in a line of its own, both ways', async (t) => {
  const path = recorded(t);
  const before = readFileSync(path);
  symlinkSync('/dev/full', `${path}.age.new`);
  await assert.rejects(
    encryptRecording(path, [recipient]),
    /^Error: .*night\.db\.age\.new: cannot be written \(ENOSPC.*\)\. Make room on that disk\.$/,
  );
  assert.deepEqual(readdirSync(dirname(path)), ['night.db']);
  assert.deepEqual(readFileSync(path), before);
  const encrypted = await encryptRecording(path, [recipient]);
  symlinkSync('/dev/full', `${path}.new`);
  await assert.rejects(
    decryptRecording(encrypted, identity, path),
    /^Error: .*night\.db\.new: cannot be written \(ENOSPC.*\)\. Make room on that disk\.$/,
  );
  assert.deepEqual(readdirSync(dirname(path)), ['night.db.age']);
});
