import { accessSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { readCopies } from '../../recording/copies.js';
import { deliveriesPath } from '../../recording/deliveries.js';
import { encryptRecording } from '../../recording/encryption.js';
import { RecordingError, openRecording, type Recording } from '../../recording/read.js';
import { tidyRecording } from '../../recording/tidy.js';
import { openStore } from './object-store.js';
import type { UploadOptions, UploadReport, UploadWork } from './options.js';
import { forgetUpload, uploadFile, uploadRecording, type Upload } from './recording-upload.js';

/**
 * The upload thread of the link process: recordings of this device that are over and undamaged are encrypted where somebody
 * wants that, and go to the bucket, the oldest first; those of runs that were killed too, as they are, with what their
 * guardian wrote down beside them. A thread, because to check a night takes longer than a request for silence may wait.
 */

const shortestWaitMs = 60_000;
const longestWaitMs = 3_600_000;
const lookMs = 250;
const quietMs = 60_000;
/** The least that the protocol takes is 5 MiB. */
const partBytes = 8 * 1024 * 1024;
/** Different problems in one line of the log. */
const mostTold = 3;

/** What no later look will find otherwise. */
class Damaged extends Error {}

const { upload: options, recipients, recording, node, go } = workerData as UploadWork;
const gate = new Int32Array(go);
/** Why; not looked at again by this thread. */
const damaged = new Map<string, string>();
const folder = dirname(recording);
let newest = recording;
parentPort?.on('message', (next: string) => (newest = next));
const tell = (report: UploadReport): void => parentPort?.postMessage(report);

for (let waitMs = shortestWaitMs; ;) {
  const { brought, problems } = await pass();
  tell({ problem: [...damaged.values(), ...textsOf(problems)].join(' ') });
  waitMs = problems.size === 0 || brought > 0 ? shortestWaitMs : Math.min(longestWaitMs, 2 * waitMs);
  await pause(waitMs);
}

/** One after the other: what is wrong with one holds up no other. */
async function pass(): Promise<{ brought: number; problems: Problems }> {
  let brought = 0;
  const problems: Problems = new Map();
  const note = (error: unknown, path: string): void => {
    const message = error instanceof Error ? error.message : String(error);
    problems.set(message, [...(problems.get(message) ?? []), basename(path)]);
  };
  try {
    for (const path of candidates()) {
      try {
        if (await bringOut(path)) brought++;
      } catch (error) {
        if (error instanceof Damaged) damaged.set(path, error.message);
        else if (!wasTakenAway(error, path)) note(error, path);
      }
    }
  } catch (error) {
    note(error, folder);
  }
  return { brought, problems };
}

function candidates(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.db') || isOwnEncrypted(name))
    .map((name) => join(folder, name))
    .filter((path) => path !== newest && !damaged.has(path))
    .sort();
}

/** Somebody has deleted or moved it meanwhile. */
function wasTakenAway(error: unknown, path: string): boolean {
  if (!(error instanceof Error && 'code' in error && 'path' in error)) return false;
  return error.code === 'ENOENT' && String(error.path).startsWith(path);
}

/** What is not as it should be, and with which files. */
type Problems = Map<string, readonly string[]>;

function textsOf(problems: Problems): string[] {
  const texts = [...problems].map(
    ([message, [first = '', ...more]]) => `${message} (${first}${more.length > 0 ? ` and ${more.length} more` : ''})`,
  );
  const rest = texts.length - mostTold;
  return rest > 0 ? [...texts.slice(0, mostTold), `and ${rest} more`] : texts;
}

/** Whose it is shows in its name alone. */
function isOwnEncrypted(name: string): boolean {
  return (
    name.startsWith(`${node}-`) && /^(\d{4}-\d\d-\d\dT|clock-unset-).*\.db\.age$/.test(name.slice(node.length + 1))
  );
}

function isToEncrypt(path: string): boolean {
  return recipients.length > 0 && path.endsWith('.db');
}

function isToUpload(path: string): boolean {
  if (!options) return false;
  const { mtimeMs } = statSync(path);
  return !readCopies(path).copies.some(
    ({ kind, to, wallMs }) => kind === 'uploaded' && to.startsWith(`${options.bucket}/`) && wallMs >= mtimeMs,
  );
}

/** Where recordings are encrypted, none goes plain: what cannot be encrypted yet stays. True if anything was done. */
async function bringOut(path: string): Promise<boolean> {
  if (isToEncrypt(path) ? isAwaited(path) : !isToUpload(path)) return false;
  await mayGo();
  let file = path;
  if (path.endsWith('.db') && !(isOwnAndOver(path) && isOneFile(path))) return false;
  if (isToEncrypt(path)) {
    // First: a killed run's recording is encrypted whole when the log of its guardian is.
    const log = deliveriesPath(path);
    if (existsSync(log)) await encryptRecording(log, recipients, mayGo);
    file = await encryptRecording(path, recipients, mayGo);
    tell({ encrypted: basename(file) });
  }
  if (options && isToUpload(file)) await upload(file, options);
  return true;
}

/** Reports have still to be taken from it. */
function isAwaited(path: string): boolean {
  return existsSync(path.replace(/\.db$/, '.published'));
}

async function upload(path: string, { bucket, region, keyIdFile, secretFile }: UploadOptions): Promise<void> {
  const store = openStore({ url: bucket, region, keyId: contentOf(keyIdFile), secret: contentOf(secretFile) });
  const to = (file: string): Upload => ({ file, key: `${node}/${basename(file)}`, bucket, partBytes });
  // First, so that a recording whose copy is noted is all there.
  const log = `${deliveriesPath(path)}${path.endsWith('.age') ? '.age' : ''}`;
  if (existsSync(log)) {
    await uploadFile(to(log), store, mayGo);
    forgetUpload(log);
  }
  await uploadRecording(to(path), store, mayGo);
  tell({ uploaded: `${bucket}/${to(path).key}` });
}

/** Throws what keeps it from being read, and `Damaged` if that will not change. */
function isOwnAndOver(path: string): boolean {
  accessSync(path);
  const recording = opened(path);
  try {
    if (recording.run.name !== node) return false;
    if (recording.ending === undefined && !isOfAnEarlierRun(path, recording)) return false;
    const [damage] = recording.damage();
    if (damage !== undefined) throw new Damaged(`${damage}: it stays as it is. See: axond check ${path}`);
    return true;
  } finally {
    recording.close();
  }
}

function opened(path: string): Recording {
  try {
    return openRecording(path);
  } catch (error) {
    const lasts = error instanceof RecordingError && !passes(error.cause);
    throw lasts ? new Damaged(`${error.message} It stays as it is.`) : error;
  }
}

/** What the file itself is not to blame for. */
function passes(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^E[A-Z]+$|^SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|NOMEM|FULL|PERM|READONLY|PROTOCOL)/.test(code);
}

/** It was not ended and nobody writes it: this run began after it, and what else records, such as a replay, would show. */
function isOfAnEarlierRun(path: string, { run }: Recording): boolean {
  if (run.verb === 'replay' || Date.now() - writtenMs(path) < quietMs) return false;
  const present = openRecording(newest);
  present.close();
  return run.bootId !== present.run.bootId || run.startUs < present.run.startUs;
}

function writtenMs(path: string): number {
  return Math.max(...[path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** What a killed writer has left in a log beside it, or one who ended while somebody read, is put where it belongs. */
function isOneFile(path: string): boolean {
  tidyRecording(path);
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

/** Armed nights are left alone, unless somebody wants it otherwise. */
async function mayGo(): Promise<void> {
  while (options?.whileArmed !== true && Atomics.load(gate, 0) === 0) await pause(lookMs);
}

function contentOf(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
