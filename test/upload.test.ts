import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { EmulatedBucket, keyId, secret } from '../runtime/link/upload/bucket.test.fixture.js';
import type { FromLink } from '../runtime/link/messages.js';
import { LinkProcess } from '../runtime/link/start.js';
import { checkRecording } from '../runtime/recording/check.js';
import { readCopies } from '../runtime/recording/copies.js';
import { temporaryFolder, until } from './axond-process.js';
import { asNobody } from '../runtime/recording/owner.test.fixture.js';
import { decryptRecording } from '../runtime/recording/encryption.js';
import { BusyNight, node } from './outage-trial.js';

const endless = fileURLToPath(new URL('../runtime/recording/endless.test.fixture.js', import.meta.url));

/** A link process that only uploads, beside a recording that goes on. */
function startLink(
  t: TestContext,
  folder: string,
  bucket: EmulatedBucket,
  given = secret,
  recipients: readonly string[] = [],
) {
  const [keyIdFile, secretFile] = [join(folder, 's3-key-id'), join(folder, 's3-secret')];
  writeFileSync(keyIdFile, `${keyId}\n`);
  writeFileSync(secretFile, `${given}\n`);
  const told: FromLink[] = [];
  const upload = { bucket: bucket.url, region: 'eu-central-1', keyIdFile, secretFile, whileArmed: false };
  const options = { node, bootId: 'boot', silenceSocket: join(folder, 'silence'), description: {}, upload, recipients };
  const process = new LinkProcess(
    { ...options, recording: join(folder, 'now.db') },
    { onMessage: (message) => told.push(message), onExit: () => undefined },
  );
  t.after(() => process.kill());
  return { process, told };
}

test('a finished night goes to the bucket, holds while armed, and survives a kill; a running one stays', async (t) => {
  const bucket = await EmulatedBucket.start(t);
  const folder = temporaryFolder();
  const night = new BusyNight(folder, 'night', 1);
  night.minutes(1);
  night.close();
  new BusyNight(folder, 'now', 2).minutes(1);
  const first = startLink(t, folder, bucket);
  let release: () => void = () => undefined;
  bucket.holds = new Promise((resolve) => (release = resolve));
  first.process.send({ armed: false });
  await until('an upload to begin', () => bucket.asked.length === 1, 60_000);
  first.process.send({ armed: true });
  first.process.send({ response: { id: 'none', ok: true, data: null, reasons: [] } });
  // That something does not happen can only be waited for: a part follows within milliseconds where nothing holds it.
  await new Promise((resolve) => setTimeout(resolve, 300));
  release();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(bucket.asked, ['POST'], 'armed: no part is sent');
  bucket.dies = (asked) => asked === 'GET';
  first.process.send({ armed: false });
  await until('the part to be there', () => bucket.asked.filter((asked) => asked === 'POST').length === 2, 60_000);
  first.process.kill();
  await first.process.exited;
  assert.deepEqual(readCopies(night.path).copies, [], 'not read back yet');

  bucket.dies = () => false;
  const second = startLink(t, folder, bucket);
  second.process.send({ armed: false });
  await until('the copy to be noted', () => readCopies(night.path).copies.length === 1, 60_000);
  assert.deepEqual(bucket.objects.get('bed-1/night.db'), readFileSync(night.path));
  assert.deepEqual([...bucket.objects.keys()], ['bed-1/night.db']);
  await until('that to be told', () => second.told.some((one) => 'upload' in one && 'uploaded' in one.upload));
});

/** With what the guardian wrote down; written a moment ago. */
async function killedRun(t: TestContext, folder: string): Promise<string> {
  const killed = join(folder, 'killed.db');
  const writer = spawn(process.execPath, [endless, killed], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  writer.kill('SIGKILL');
  await once(writer, 'close');
  writeFileSync(join(folder, 'killed.deliveries'), '\n1 1000000 ?\n');
  return killed;
}

test('a recording of a run that was killed is uploaded by the next one, with what stood in its log and its guardian’s', async (t) => {
  const bucket = await EmulatedBucket.start(t);
  const folder = temporaryFolder();
  const killed = await killedRun(t, folder);
  const before = checkRecording(killed);
  assert.equal(before.closed, false);
  new BusyNight(folder, 'now', 2);
  const { process: link } = startLink(t, folder, bucket);
  link.send({ armed: false });
  // It was written a moment ago: it could be one that goes on.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(bucket.asked, []);
  link.kill();
  await link.exited;
  for (const file of [killed, `${killed}-wal`]) utimesSync(file, 1e9, 1e9);
  startLink(t, folder, bucket).process.send({ armed: false });
  await until('the copy to be noted', () => readCopies(killed).copies.length === 1, 60_000);
  assert.deepEqual([...bucket.objects.keys()], ['bed-1/killed.deliveries', 'bed-1/killed.db']);
  const there = join(temporaryFolder(), 'killed.db');
  writeFileSync(there, bucket.objects.get('bed-1/killed.db') ?? '');
  writeFileSync(there.replace('.db', '.deliveries'), bucket.objects.get('bed-1/killed.deliveries') ?? '');
  const { faults, warnings, events, frames } = checkRecording(there);
  assert.deepEqual(
    { faults, warnings, events, frames },
    {
      faults: [],
      warnings: before.warnings,
      events: before.events,
      frames: before.frames,
    },
  );
});

test('where recordings are encrypted, only what is encrypted goes out, and what is still to be reported stays plain', async (t) => {
  const bucket = await EmulatedBucket.start(t);
  const folder = temporaryFolder();
  const identity = await generateX25519Identity();
  const names = ['bed-1-2026-11-27T22-00-00', 'bed-1-2026-11-28T22-00-00'] as const;
  const nights = names.map((name, seed) => new BusyNight(folder, name, seed));
  for (const night of nights) night.close();
  const [first = '', second = ''] = nights.map(({ path }) => path);
  writeFileSync(first.replace('.db', '.published'), '{}');
  const before = readFileSync(second);
  new BusyNight(folder, 'now', 2);
  const { process: link, told } = startLink(t, folder, bucket, secret, [await identityToRecipient(identity)]);
  link.send({ armed: false });
  await until('the copy to be noted', () => readCopies(second).copies.length === 1, 60_000);
  assert.deepEqual([...bucket.objects.keys()], [`bed-1/${names[1]}.db.age`]);
  const plain = join(temporaryFolder(), 'plain.db');
  await decryptRecording(`${second}.age`, identity, plain);
  assert.deepEqual(readFileSync(plain), before);
  const files = readdirSync(folder).filter((name) => name.startsWith('bed-1'));
  assert.deepEqual(files.sort(), [
    `${names[0]}.db`,
    `${names[0]}.published`,
    `${names[1]}.copies`,
    `${names[1]}.db.age`,
  ]);
  assert.ok(told.some((one) => 'upload' in one && 'encrypted' in one.upload));
});

test('a recording of a run that was killed is encrypted and uploaded by the next one, and so is the log of its guardian', async (t) => {
  const bucket = await EmulatedBucket.start(t);
  const folder = temporaryFolder();
  const identity = await generateX25519Identity();
  const killed = await killedRun(t, folder);
  const { events } = checkRecording(killed);
  for (const file of [killed, `${killed}-wal`]) utimesSync(file, 1e9, 1e9);
  new BusyNight(folder, 'now', 2);
  const { process: link } = startLink(t, folder, bucket, secret, [await identityToRecipient(identity)]);
  link.send({ armed: false });
  await until('the copy to be noted', () => readCopies(killed).copies.length === 1, 60_000);
  assert.deepEqual([...bucket.objects.keys()], ['bed-1/killed.deliveries.age', 'bed-1/killed.db.age']);
  assert.ok(!existsSync(killed) && !existsSync(join(folder, 'killed.deliveries')), 'nothing of it stands there plain');
  const there = join(temporaryFolder(), 'killed.db');
  await decryptRecording(`${killed}.age`, identity, there);
  await decryptRecording(join(folder, 'killed.deliveries.age'), identity, there.replace('.db', '.deliveries'));
  assert.equal(checkRecording(there).events, events);
  assert.equal(readFileSync(there.replace('.db', '.deliveries'), 'utf8'), '\n1 1000000 ?\n');
});

test('a recording that cannot be read, or was taken away, holds up no other, and is not taken for a damaged one', async (t) => {
  const bucket = await EmulatedBucket.start(t);
  const folder = temporaryFolder();
  for (const name of ['b', 'c', 'd']) new BusyNight(folder, name, 1).close();
  symlinkSync('nowhere', join(folder, 'a.db'));
  mkdirSync(join(folder, 'b.copies'));
  new BusyNight(folder, 'now', 2);
  await asNobody(folder, async () => {
    chmodSync(join(folder, 'c.db'), 0);
    const { process: link, told } = startLink(t, folder, bucket);
    link.send({ armed: false });
    const problems = (): string[] =>
      told.flatMap((one) => ('upload' in one && 'problem' in one.upload ? [one.upload.problem] : []));
    await until('the problems', () => problems().length > 0, 60_000);
    assert.equal(readCopies(join(folder, 'd.db')).copies.length, 1);
    const [problem = ''] = problems();
    assert.match(problem, /^EISDIR.* \(b\.db\) .*c\.db: cannot be opened as a recording \(EACCES.*\)\. \(c\.db\)$/);
  });
});

test('a wrong secret is told, and nothing is taken for a copy', async (t) => {
  const bucket = await EmulatedBucket.start(t);
  const folder = temporaryFolder();
  const night = new BusyNight(folder, 'night', 1);
  night.close();
  new BusyNight(folder, 'now', 2);
  const { process, told } = startLink(t, folder, bucket, 'other');
  process.send({ armed: false });
  const problems = (): string[] =>
    told.flatMap((one) => ('upload' in one && 'problem' in one.upload ? [one.upload.problem] : []));
  await until('the refusal', () => problems().length > 0, 60_000);
  assert.match(problems()[0] ?? '', /SignatureDoesNotMatch.*device\.upload\.secretFile/);
  assert.deepEqual(readCopies(night.path).copies, []);
});
