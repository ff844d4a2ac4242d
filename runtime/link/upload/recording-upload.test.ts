import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { readCopies } from '../../recording/copies.js';
import { Recorded, temporaryPath } from '../../recording/recording.test.fixture.js';
import { EmulatedBucket, keyId, secret } from './bucket.test.fixture.js';
import { StoreRefusal, openStore, type Bucket } from './object-store.js';
import { WrongCopy, uploadRecording } from './recording-upload.js';

const partBytes = 12_000;

/** A finished recording, a bucket, and what brings the one to the other. */
async function prepared(t: TestContext) {
  const bucket = await EmulatedBucket.start(t);
  const path = temporaryPath(t);
  const recorded = new Recorded(path, 8);
  recorded.stream(3000);
  recorded.close();
  const bytes = readFileSync(path);
  const parts = Math.ceil(bytes.length / partBytes);
  assert.ok(parts >= 4, `${parts} parts`);
  const upload = (given: Partial<Bucket> = {}, mayGo: () => Promise<void> = () => Promise.resolve()): Promise<void> =>
    uploadRecording(
      { file: path, key: 'bed-1/night.db', bucket: bucket.url, partBytes },
      openStore({ url: bucket.url, region: 'eu-central-1', keyId, secret, ...given }),
      mayGo,
    );
  const puts = (): string[] => bucket.asked.filter((asked) => asked.startsWith('PUT'));
  return { bucket, path, bytes, parts, upload, puts, copies: () => readCopies(path).copies };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, place) => `PUT ${from + place}`);

test('a recording is sent in parts, read back, and noted with the hash of its bytes', async (t) => {
  const { bucket, path, bytes, parts, upload, puts, copies } = await prepared(t);
  await upload();
  assert.deepEqual(puts(), numbers(1, parts));
  assert.deepEqual(bucket.objects.get('bed-1/night.db'), bytes);
  const [copy] = copies();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  assert.deepEqual(
    { ...copy, wallMs: 0 },
    {
      kind: 'uploaded',
      format: 'recording',
      to: `${bucket.url}/bed-1/night.db`,
      bytes: bytes.length,
      sha256,
      wallMs: 0,
    },
  );
  assert.ok(!existsSync(path.replace('.db', '.upload')));
});

test('an upload that was cut off goes on with the first part that did not arrive', async (t) => {
  const { bucket, bytes, parts, upload, puts, copies } = await prepared(t);
  bucket.dies = (asked) => asked === 'PUT 3';
  await assert.rejects(upload());
  assert.deepEqual(copies(), []);
  bucket.dies = () => false;
  await upload();
  assert.deepEqual(puts(), [...numbers(1, 2), ...numbers(3, parts)]);
  assert.deepEqual(bucket.objects.get('bed-1/night.db'), bytes);
  assert.equal(copies().length, 1);
});

test('what comes back changed is no copy: nothing is noted, and all of it is sent again', async (t) => {
  const { bucket, parts, upload, puts, copies } = await prepared(t);
  bucket.corrupts = true;
  await assert.rejects(upload(), WrongCopy);
  assert.deepEqual(copies(), []);
  bucket.corrupts = false;
  await upload();
  assert.deepEqual(puts(), [...numbers(1, parts), ...numbers(1, parts)]);
  assert.equal(copies().length, 1);
});

test('cut off while it is read back: only that is done again', async (t) => {
  const { bucket, parts, upload, puts, copies } = await prepared(t);
  bucket.dies = (asked) => asked === 'GET';
  await assert.rejects(upload());
  assert.deepEqual(copies(), []);
  bucket.dies = () => false;
  await upload();
  assert.deepEqual(puts(), numbers(1, parts));
  assert.equal(copies().length, 1);
});

test('killed when it was complete and before it knew: what is there is read back, and counts', async (t) => {
  const { bucket, parts, upload, puts, copies } = await prepared(t);
  bucket.losesCompletion = true;
  await assert.rejects(upload());
  assert.deepEqual(copies(), []);
  await upload();
  assert.deepEqual(puts(), numbers(1, parts));
  assert.equal(copies().length, 1);
});

test('a wrong key and a wrong secret are told by where they stand', async (t) => {
  const { upload, copies } = await prepared(t);
  const refusal = (text: RegExp) => (error: unknown) => error instanceof StoreRefusal && text.test(error.message);
  await assert.rejects(upload({ keyId: 'AKIAOTHER' }), refusal(/InvalidAccessKeyId.*device\.upload\.keyIdFile/));
  await assert.rejects(upload({ secret: 'other' }), refusal(/SignatureDoesNotMatch.*device\.upload\.secretFile/));
  assert.deepEqual(copies(), []);
});

test('an upload that the bucket knows no more is begun anew', async (t) => {
  const { bucket, bytes, upload, copies } = await prepared(t);
  bucket.dies = (asked) => asked === 'PUT 2';
  await assert.rejects(upload());
  bucket.dies = () => false;
  bucket.forgetUploads();
  await assert.rejects(upload(), /NoSuchUpload|NoSuchKey/);
  await upload();
  assert.deepEqual(bucket.objects.get('bed-1/night.db'), bytes);
  assert.equal(copies().length, 1);
});

test('it holds between two parts when it has to wait', async (t) => {
  const { upload, puts, copies } = await prepared(t);
  let asked = 0;
  let go: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (go = resolve));
  const done = upload({}, () => (++asked === 3 ? waiting : Promise.resolve()));
  while (asked < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(puts(), numbers(1, 2));
  go();
  await done;
  assert.equal(copies().length, 1);
});
