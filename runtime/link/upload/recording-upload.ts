import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import { noteCopy, type Copy } from '../../recording/copies.js';
import { StoreRefusal, type ObjectStore } from './object-store.js';

export interface Upload {
  /** A recording that is over, or what stands beside it. */
  readonly file: string;
  readonly key: string;
  /** Address of the bucket. */
  readonly bucket: string;
  readonly partBytes: number;
}

/** What the store holds is not what was sent. */
export class WrongCopy extends Error {}

/** Brings a recording to a bucket and has `NAME.copies` say where it stands. */
export async function uploadRecording(upload: Upload, store: ObjectStore, mayGo: () => Promise<void>): Promise<void> {
  noteCopy(upload.file, await uploadFile(upload, store, mayGo));
  forgetUpload(upload.file);
}

/**
 * Brings a file to a bucket, part by part. `NAME.upload` beside it says which parts have arrived, so whoever is killed goes
 * on where it was. At the end all of it is read back and compared: only then it is a copy. `mayGo` is awaited before each
 * part, both ways.
 */
export async function uploadFile(upload: Upload, store: ObjectStore, mayGo: () => Promise<void>): Promise<Copy> {
  const file = openSync(upload.file, 'r');
  try {
    const { size: bytes, mtimeMs } = statSync(upload.file);
    const places = partsOf(bytes, upload.partBytes);
    const state = await sendParts(upload, { bytes, mtimeMs }, store, async (number) => {
      await mayGo();
      return readPart(file, places[number - 1] ?? { from: 0, end: 0 });
    });
    await completed(upload, state, store);
    const sha256 = await readBack(upload, places, store, async (place) => {
      await mayGo();
      return readPart(file, place);
    });
    const to = `${upload.bucket}/${upload.key}`;
    return { kind: 'uploaded', format: 'recording', to, bytes, sha256, wallMs: Date.now() };
  } catch (error) {
    // Nothing of an upload that the store knows no more, or that went wrong, is used again.
    if (error instanceof WrongCopy || (error instanceof StoreRefusal && spoilt.has(error.code)))
      forgetUpload(upload.file);
    throw error;
  } finally {
    closeSync(file);
  }
}

interface Place {
  readonly from: number;
  readonly end: number;
}

function partsOf(bytes: number, partBytes: number): Place[] {
  const count = Math.max(1, Math.ceil(bytes / partBytes));
  return Array.from({ length: count }, (_, part) => ({
    from: part * partBytes,
    end: Math.min(bytes, (part + 1) * partBytes),
  }));
}

function readPart(file: number, { from, end }: Place): Uint8Array {
  const bytes = new Uint8Array(end - from);
  if (readSync(file, bytes, 0, bytes.length, from) !== bytes.length) throw new Error('the file became shorter');
  return bytes;
}

async function sendParts(
  { file, key, bucket, partBytes }: Upload,
  of: { bytes: number; mtimeMs: number },
  store: ObjectStore,
  part: (number: number) => Promise<Uint8Array>,
): Promise<State> {
  const count = partsOf(of.bytes, partBytes).length;
  const fits = (begun: State): boolean =>
    begun.bucket === bucket &&
    begun.key === key &&
    begun.partBytes === partBytes &&
    begun.bytes === of.bytes &&
    begun.mtimeMs === of.mtimeMs;
  const begun = readState(file);
  let state = begun && fits(begun) ? begun : undefined;
  if (!state) {
    state = { bucket, key, partBytes, ...of, upload: await store.begin(key), parts: [] };
    save(file, state);
  }
  for (let number = state.parts.length + 1; number <= count; number++) {
    const sent = await store.part(key, state.upload, number, await part(number));
    state = { ...state, parts: [...state.parts, sent] };
    save(file, state);
  }
  return state;
}

/** An upload that the store knows no more may have been completed by one who was killed then: reading back tells. */
async function completed({ key, file }: Upload, state: State, store: ObjectStore): Promise<void> {
  if (state.complete) return;
  try {
    await store.complete(key, state.upload, state.parts);
  } catch (error) {
    if (!(error instanceof StoreRefusal && error.code === 'NoSuchUpload')) throw error;
  }
  save(file, { ...state, complete: true });
}

/** The SHA-256 of what the store gives back, which is what was sent. */
async function readBack(
  { key, bucket }: Upload,
  places: readonly Place[],
  store: ObjectStore,
  own: (place: Place) => Promise<Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const place of places) {
    const here = await own(place);
    const there = await store.read(key, place.from, place.end);
    if (Buffer.compare(here, there) !== 0)
      throw new WrongCopy(
        `${bucket}/${key}: bytes ${place.from} to ${place.end} are not those that were sent; sending all again.`,
      );
    hash.update(there);
  }
  return hash.digest('hex');
}

// ── NAME.upload ───────────────────────────────────────────────────────────────────────────────────────────────────────

const state = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  partBytes: z.int().positive(),
  bytes: z.int().nonnegative(),
  mtimeMs: z.number(),
  upload: z.string().min(1),
  parts: z.array(z.strictObject({ partNumber: z.int().positive(), etag: z.string() })),
  complete: z.boolean().optional(),
});
type State = z.infer<typeof state>;

function statePath(file: string): string {
  return `${file.replace(/\.db(\.age)?$/, '')}.upload`;
}

function readState(file: string): State | undefined {
  const path = statePath(file);
  if (!existsSync(path)) return undefined;
  try {
    return state.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function save(file: string, saved: State): void {
  const path = statePath(file);
  const descriptor = openSync(`${path}.new`, 'w');
  try {
    writeSync(descriptor, JSON.stringify(saved));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}

/** What was kept of an upload that is done. */
export function forgetUpload(file: string): void {
  rmSync(statePath(file), { force: true });
}

const spoilt = new Set(['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'NoSuchKey', '404']);
