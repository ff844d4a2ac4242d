import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { readCopies } from '../../recording/copies.js';
import { openRecording } from '../../recording/read.js';
import { openStore } from './object-store.js';
import type { UploadReport, UploadWork } from './options.js';
import { uploadRecording } from './recording-upload.js';

/**
 * The upload thread of the link process: recordings of this device that have ended and are whole go to the bucket, the
 * oldest first. A thread, because to check a night takes longer than a request for silence may wait.
 */

const shortestWaitMs = 60_000;
const longestWaitMs = 3_600_000;
const lookMs = 250;
/** The least that the protocol takes is 5 MiB. */
const partBytes = 8 * 1024 * 1024;

const { options, recording, node, go } = workerData as UploadWork;
const { bucket, region, keyIdFile, secretFile, whileArmed } = options;
const gate = new Int32Array(go);
/** Damaged ones, and why; not looked at again by this process. */
const damaged = new Map<string, string>();
let newest = recording;
parentPort?.on('message', (next: string) => (newest = next));
const tell = (report: UploadReport): void => parentPort?.postMessage(report);

for (let waitMs = shortestWaitMs; ;) {
  try {
    for (const path of candidates()) await uploadIfWhole(path);
    tell({ problem: [...damaged.values()].join(' ') });
    waitMs = shortestWaitMs;
  } catch (error) {
    tell({ problem: error instanceof Error ? error.message : String(error) });
    waitMs = Math.min(longestWaitMs, 2 * waitMs);
  }
  await pause(waitMs);
}

function candidates(): string[] {
  const folder = dirname(newest);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.db'))
    .map((name) => join(folder, name))
    .filter((path) => path !== newest && !damaged.has(path) && !isUploaded(path))
    .sort();
}

function isUploaded(path: string): boolean {
  const { mtimeMs } = statSync(path);
  return readCopies(path).copies.some(
    ({ kind, to, wallMs }) => kind === 'uploaded' && to.startsWith(`${bucket}/`) && wallMs >= mtimeMs,
  );
}

async function uploadIfWhole(path: string): Promise<void> {
  await mayGo();
  if (!isOwnAndEnded(path)) return;
  const store = openStore({ url: bucket, region, keyId: contentOf(keyIdFile), secret: contentOf(secretFile) });
  const key = `${node}/${basename(path)}`;
  await uploadRecording({ recording: path, key, bucket, partBytes }, store, mayGo);
  tell({ uploaded: `${bucket}/${key}` });
}

function isOwnAndEnded(path: string): boolean {
  try {
    const recording = openRecording(path);
    try {
      if (recording.run.name !== node || recording.ending === undefined) return false;
      const [damage] = recording.damage();
      if (damage === undefined) return true;
      damaged.set(path, `${damage}: it is not uploaded. See: axond check ${path}`);
    } finally {
      recording.close();
    }
  } catch (error) {
    damaged.set(path, `${String(error)} It is not uploaded.`);
  }
  return false;
}

/** Armed nights are left alone, unless somebody wants it otherwise. */
async function mayGo(): Promise<void> {
  while (!whileArmed && Atomics.load(gate, 0) === 0) await pause(lookMs);
}

function contentOf(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
