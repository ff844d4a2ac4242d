import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AllocationError, decodeAllocation, type Allocation } from './allocation.js';

/**
 * The sealed file on disk, and files that are kept beside it. Nothing here blocks its thread: the guardian's ends
 * stimuli meanwhile.
 */

export interface SealedAllocation {
  readonly allocation: Allocation;
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
}

/** Writes a new file that only its owner may read, and has it on disk. Never over another one. Returns its SHA-256. */
export async function writeSealed(path: string, text: string): Promise<string> {
  await writeDurably(await open(path, 'wx', 0o400), text);
  await syncFolder(path);
  return sha256Of(text);
}

/**
 * Refuses, with an `AllocationError` of one line, a file that anybody but this process's user may read, that belongs to
 * somebody else, or that is damaged.
 */
export async function readSealed(path: string): Promise<SealedAllocation> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new AllocationError(`${path}: there is no such file. Put the sealed file there.`);
    throw new AllocationError(`${path}: cannot be read (${code ?? String(error)}). ${ownerFix(path)}`);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new AllocationError(`${path}: is no file. Put the sealed file there.`);
    const { uid, mode } = stats;
    if (uid !== process.getuid?.()) {
      throw new AllocationError(`${path}: belongs to user ${uid}, not to that of the guardian. ${ownerFix(path)}`);
    }
    if ((mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(3, '0');
      throw new AllocationError(`${path}: is open to others (mode ${octal}). Run: chmod 400 ${path}`);
    }
    const bytes = await file.readFile();
    const sha256 = sha256Of(bytes);
    try {
      return { allocation: decodeAllocation(bytes.toString('utf8')), sha256 };
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      throw new AllocationError(`${path}: ${error.message}. Copy it again from where it was made.`);
    }
  } finally {
    await file.close();
  }
}

const ownerFix = (path: string): string => `Run: chown ${process.getuid?.() ?? 0} ${path}; chmod 400 ${path}`;

function sha256Of(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Empty where the file is not there yet. */
export async function readBeside(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Appends to a file that only its owner may read, made where it is not there. On disk when it resolves. */
export async function appendDurably(path: string, text: string): Promise<void> {
  await writeDurably(await open(path, 'a', 0o600), text);
  await syncFolder(path);
}

async function writeDurably(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that the name of a new file survives a power failure too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
