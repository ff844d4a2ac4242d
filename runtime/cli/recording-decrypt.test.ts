import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { encryptRecording } from '../recording/encryption.js';
import { Recorded, temporaryPath } from '../recording/recording.test.fixture.js';
import { runCommand } from './command.test.fixture.js';
import { decryptCommand } from './recording-decrypt.js';

test('a recording comes back with what the guardian of its killed run wrote down', async (t) => {
  const path = temporaryPath(t);
  new Recorded(path).close();
  const log = path.replace('.db', '.deliveries');
  writeFileSync(log, '\n1 1000000 ?\n');
  const before = readFileSync(path);
  const identity = await generateX25519Identity();
  const recipients = [await identityToRecipient(identity)];
  await encryptRecording(log, recipients);
  const encrypted = await encryptRecording(path, recipients);
  const key = join(dirname(path), 'key.txt');
  writeFileSync(key, `${identity}\n`);
  const out = join(dirname(path), 'again.db');
  const printed = await runCommand(t, decryptCommand(), encrypted, '--identity', key, '--out', out);
  assert.equal(printed, `${out}\n${join(dirname(path), 'again.deliveries')}\n`);
  assert.deepEqual(readFileSync(out), before);
  assert.equal(readFileSync(join(dirname(path), 'again.deliveries'), 'utf8'), '\n1 1000000 ?\n');
});
