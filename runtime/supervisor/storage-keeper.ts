import { existsSync } from 'node:fs';
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import { noteDeletion, readCopies } from '../recording/copies.js';
import { chooseDeletions, type StoragePolicy, type StoredRecording } from '../recording/storage.js';

/**
 * Keeps the folder of the recordings within `device.storage`: looks before a run and every hour. Whatever goes is told,
 * in the log and by `told`.
 */
export class StorageKeeper {
  readonly #folder: string;
  readonly #policy: StoragePolicy;
  readonly #wantedBytes: number;
  readonly #log: Logger;
  #lookedMs = -Infinity;
  #looking = false;
  #lacked = false;

  /** `wantedBytes` is what has to be free on the disk. */
  constructor(folder: string, policy: StoragePolicy, wantedBytes: number, log: Logger) {
    this.#folder = folder;
    this.#policy = policy;
    this.#wantedBytes = wantedBytes;
    this.#log = log;
  }

  /** With each beat. `running` is the recording that is being written. */
  beat(nowMs: number, running: string, told: (text: string) => void): void {
    if (this.#looking || nowMs - this.#lookedMs < lookEveryMs) return;
    this.#lookedMs = nowMs;
    this.#looking = true;
    void this.look(running, told)
      .catch((error: unknown) => this.#log.error(`${this.#folder}: ${String(error)}`))
      .finally(() => (this.#looking = false));
  }

  async look(running: string, told: (text: string) => void): Promise<void> {
    const recordings = await this.#recordings(running);
    const { bavail, bsize } = await statfs(this.#folder);
    const { delete: old, lackingBytes } = chooseDeletions(recordings, this.#policy, bavail * bsize, this.#wantedBytes);
    for (const { file, bytes, copies } of old) {
      noteDeletion(file, Date.now());
      await removeRecording(file);
      const where = copies.map(({ kind, to }) => `${kind} to ${to}`).join(', ');
      const text = `deleted ${basename(file)} (${megabytes(bytes)}, ${where}), as device.storage.delete says`;
      this.#log.warn(text);
      told(text);
    }
    this.#tellWhatLacks(lackingBytes, recordings);
  }

  #tellWhatLacks(lackingBytes: number, recordings: readonly StoredRecording[]): void {
    const lacks = lackingBytes > 0;
    if (lacks && !this.#lacked) {
      const taken = recordings.reduce((sum, { bytes }) => sum + bytes, 0);
      this.#log.warn(
        `${this.#folder}: ${megabytes(lackingBytes)} too little room by device.storage, and none of its ` +
          `${recordings.length} recordings (${megabytes(taken)}) may be deleted. Export or upload them, or take them away: axond recording list ${this.#folder}`,
      );
    }
    this.#lacked = lacks;
  }

  async #recordings(running: string): Promise<StoredRecording[]> {
    const names = await readdir(this.#folder);
    const found: StoredRecording[] = [];
    for (const name of names.filter((name) => name.endsWith('.copies'))) {
      const file = join(this.#folder, name.replace(/\.copies$/, '.db'));
      // A deletion that was said and not finished.
      if (file === running || readCopies(file).deletedWallMs === undefined) continue;
      for (const each of [file, `${file}.age`]) await removeRecording(each);
    }
    for (const name of names.filter((name) => /\.db(\.age)?$/.test(name))) {
      const file = join(this.#folder, name);
      if (!existsSync(file)) continue;
      const stats = await Promise.all(
        [file, `${file}-wal`].filter((path) => existsSync(path)).map((path) => stat(path)),
      );
      const stem = file.replace(/\.db(\.age)?$/, '');
      found.push({
        file,
        bytes: stats.reduce((sum, { size }) => sum + size, 0),
        writtenMs: Math.max(...stats.map(({ mtimeMs }) => mtimeMs)),
        copies: readCopies(file).copies,
        inUse: file === running || existsSync(`${stem}.deliveries`) || existsSync(`${stem}.published`),
      });
    }
    return found;
  }
}

/** The recording first: what is left alone is no recording. */
async function removeRecording(file: string): Promise<void> {
  for (const path of [file, `${file}-wal`, `${file}-shm`]) await rm(path, { force: true });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const lookEveryMs = 3600e3;
