import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ExportError } from './edf-scale.js';

export interface Written {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Writes a file part by part under another name beside it, and gives it its own when all of it is on disk: whoever sees
 * it sees all of it, also after a power failure. Throws an `ExportError` where the disk is full, the
 * folder does not let us, or something has that name and is not to be written over; nothing is left behind then.
 */
export function writeWhole(path: string, parts: Iterable<Uint8Array | string>, over = false): Written {
  if (!over) refuseExisting(path);
  const temporary = `${path}.${process.pid}.part`;
  let written: Written | undefined;
  try {
    written = writeSynced(temporary, parts, path);
    if (!over) refuseExisting(path);
    renameSync(temporary, path);
    syncFolder(dirname(path));
    return written;
  } catch (error) {
    throw explained(path, written?.bytes ?? 0, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** A new file, on disk when it returns, within a folder that has its own name later; `path` is what it will be called. */
export function writeSynced(file: string, parts: Iterable<Uint8Array | string>, path = file): Written {
  const hash = createHash('sha256');
  let written = 0;
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    try {
      for (const bytes of collected(parts)) {
        for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
        written += bytes.length;
        hash.update(bytes);
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return { bytes: written, sha256: hash.digest('hex') };
  } catch (error) {
    throw explained(path, written, error);
  }
}

/** Small parts as few large ones; reused. */
function* collected(parts: Iterable<Uint8Array | string>): Generator<Uint8Array> {
  const together = Buffer.alloc(1 << 18);
  let length = 0;
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    if (length + bytes.length > together.length) {
      yield together.subarray(0, length);
      length = 0;
    }
    if (bytes.length > together.length) yield bytes;
    else {
      together.set(bytes, length);
      length += bytes.length;
    }
  }
  yield together.subarray(0, length);
}

export function refuseExisting(path: string): void {
  if (existsSync(path)) throw new ExportError(`${path}: is there already. Choose another --out, or remove it.`);
}

/** A name is on disk when its folder is. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function explained(path: string, written: number, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const size = `${(written / 1e6).toFixed(1)} MB`;
    return new ExportError(`${path}: the disk is full after ${size}. Free space, or give --out on another disk.`);
  }
  if (syscall === undefined) return error;
  if (code === 'ENOENT') return new ExportError(`${path}: there is no folder ${dirname(path)}. Make it first.`);
  return new ExportError(`${path}: cannot be written (${(error as Error).message}).`);
}
