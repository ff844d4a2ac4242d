import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pino from 'pino';
import { EmulatedBucket, keyId, secret } from '../link/upload/bucket.test.fixture.js';
import { noteCopy, readCopies } from '../recording/copies.js';
import { Recorded } from '../recording/recording.test.fixture.js';
import { askControl } from '../supervisor/control-socket.js';
import { placesOf } from '../supervisor/places.js';
import { conductAgain, type Ended } from './conduct-again.js';

const log = pino({ level: 'silent' });

/** A recording of a night long ago, and that of a run that has just ended for want of space. */
function nights(t: TestContext): { folder: string; old: string; last: string } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-again-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  process.env['RUNTIME_DIRECTORY'] = folder;
  const [old, last] = ['bed-1-2026-11-27T22-00-00.db', 'bed-1-2026-11-28T22-00-00.db'].map((name) => {
    const file = join(folder, name);
    const recorded = new Recorded(file);
    recorded.stream(500);
    recorded.close();
    utimesSync(file, 1, 1);
    return file;
  }) as [string, string];
  return { folder, old, last };
}

/** More than any disk has: the waiting goes on until somebody ends it. */
function full(recording: string): () => Promise<Ended<{ recording: string }>> {
  return () => Promise.resolve({ summary: { recording }, roomWanted: Infinity });
}

/** Waits as a run does whose disk is full until the condition holds, and is stopped then. */
async function waitsUntil(
  recorded: Parameters<typeof conductAgain>[0],
  last: string,
  held: () => boolean,
): Promise<void> {
  const waiting = conductAgain(recorded, { log, seconds: undefined }, full(last));
  const deadline = performance.now() + 30_000;
  while (!held() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok((await askControl(placesOf('bed-1').control, { verb: 'stop' })).ok);
  assert.deepEqual(await waiting, { recording: last });
  assert.ok(held());
}

test('R-40 a run that waits for room lets go what device.storage lets go, but not the recording that the next one counts by', async (t) => {
  const { folder, old, last } = nights(t);
  for (const file of [last, old])
    noteCopy(file, { kind: 'exported', format: 'edf', to: '/usb/1.edf', bytes: 1, sha256: null, wallMs: 9e3 });
  const storage = { budgetBytes: Infinity, delete: 'exported' } as const;
  await waitsUntil({ name: 'bed-1', record: folder, storage }, last, () => !existsSync(old));
  assert.ok(existsSync(last));
});

test('a run that waits for room uploads what has ended, so that it may go', async (t) => {
  const { folder, old, last } = nights(t);
  const bucket = await EmulatedBucket.start(t);
  const [keyIdFile, secretFile] = [join(folder, 's3-key-id'), join(folder, 's3-secret')];
  writeFileSync(keyIdFile, keyId);
  writeFileSync(secretFile, secret);
  const upload = { bucket: bucket.url, region: 'eu-central-1', keyIdFile, secretFile, whileArmed: false };
  const storage = { budgetBytes: Infinity, delete: 'never' } as const;
  const recorded = { name: 'bed-1', record: folder, storage, upload };
  await waitsUntil(recorded, last, () => readCopies(old).copies.length > 0);
  assert.deepEqual([...bucket.objects.keys()], ['bed-1/bed-1-2026-11-27T22-00-00.db']);
});
