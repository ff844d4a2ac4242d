import { existsSync } from 'node:fs';
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import { noteDeletion, readCopies } from '../recording/copies.js';
import { deliveriesPath } from '../recording/deliveries.js';
import { chooseDeletions, type StoragePolicy, type StoredRecording } from '../recording/storage.js';

/**
 * Keeps the folder of the recordings within `device.storage`: looks before a run, every hour, and more often while the disk
 * has too little room. Whatever goes is told, in the log and by `told`.
 */
export class StorageKeeper {
  readonly #folder: string;
  readonly #policy: StoragePolicy;
  readonly #wantedBytes: number;
  readonly #log: Logger;
  #lookedMs = -Infinity;
  #askedMs = -Infinity;
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
    if (this.#looking) return;
    this.#looking = true;
    void this.lookIfDue(nowMs, running, told)
      .catch((error: unknown) => this.#log.error(`${this.#folder}: ${String(error)}`))
      .finally(() => (this.#looking = false));
  }

  async lookIfDue(nowMs: number, running: string, told: (text: string) => void): Promise<void> {
    if (nowMs - this.#askedMs < askEveryMs) return;
    this.#askedMs = nowMs;
    if (nowMs - this.#lookedMs < lookEveryMs && (await freeBytesOf(this.#folder)) >= this.#wantedBytes) return;
    this.#lookedMs = nowMs;
    await this.look(running, told);
  }

  async look(running: string, told: (text: string) => void): Promise<void> {
    let recordings = await this.#recordings(running, told);
    let freeBytes = await freeBytesOf(this.#folder);
    for (;;) {
      const { delete: chosen, lackingBytes } = chooseDeletions(recordings, this.#policy, freeBytes, this.#wantedBytes);
      const [oldest] = chosen;
      if (!oldest) {
        this.#tellWhatLacks(lackingBytes, recordings);
        return;
      }
      const others = recordings.filter((one) => one !== oldest);
      const gone = await this.#delete(oldest, told);
      recordings = gone ? others : [...others, { ...oldest, inUse: true }];
      if (gone) freeBytes += oldest.bytes;
    }
  }

  /** False if it had to stay. */
  async #delete({ file, bytes, copies }: StoredRecording, told: (text: string) => void): Promise<boolean> {
    try {
      noteDeletion(file, Date.now());
      await removeRecording(file);
    } catch (error) {
      this.#log.error(
        `${file}: device.storage lets it go, and it stays (${messageOf(error)}). Give it and what stands beside it to whom axond runs as.`,
      );
      return false;
    }
    const where = copies.map(({ kind, to }) => `${kind} to ${to}`).join(', ');
    this.#tell(`deleted ${basename(file)} (${megabytes(bytes)}, ${where}), as device.storage.delete says`, told);
    return true;
  }

  #tell(text: string, told: (text: string) => void): void {
    this.#log.warn(text);
    told(text);
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

  async #recordings(running: string, told: (text: string) => void): Promise<StoredRecording[]> {
    const read = async <Result>(file: string, act: () => Promise<Result>): Promise<Result | undefined> => {
      try {
        return await act();
      } catch (error) {
        this.#log.error(`${file}: device.storage leaves it alone (${messageOf(error)}).`);
        return undefined;
      }
    };
    const files = (await readdir(this.#folder)).map((name) => join(this.#folder, name));
    for (const note of files.filter((file) => file.endsWith('.copies'))) {
      const file = note.replace(/\.copies$/, '.db');
      if (file !== running) await read(file, () => this.#finishDeletion(file, told));
    }
    const found: StoredRecording[] = [];
    for (const file of files.filter((file) => /\.db(\.age)?$/.test(file) && existsSync(file))) {
      const stored = await read(file, () => storedRecording(file, running));
      if (stored) found.push(stored);
    }
    return found;
  }

  /** Of one that was said and not finished. What is newer than its note was put back by somebody, and stays. */
  async #finishDeletion(file: string, told: (text: string) => void): Promise<void> {
    const { deletedWallMs } = readCopies(file);
    const left = [file, `${file}.age`].flatMap(recordingFiles).filter((path) => existsSync(path));
    const [first] = left;
    if (deletedWallMs === undefined || first === undefined) return;
    for (const path of left) if (Math.floor((await stat(path)).ctimeMs) > deletedWallMs) return;
    for (const path of left) await rm(path, { force: true });
    const begun = new Date(deletedWallMs).toISOString();
    this.#tell(`deleted ${basename(first)}: that was begun at ${begun}, and cut short`, told);
  }
}

async function storedRecording(file: string, running: string): Promise<StoredRecording> {
  const stats = await Promise.all([file, `${file}-wal`].filter((path) => existsSync(path)).map((path) => stat(path)));
  const { copies } = readCopies(file);
  const [logged = -Infinity] = await Promise.all(
    deliveryLogs(file)
      .filter((path) => existsSync(path))
      .map(async (path) => (await stat(path)).mtimeMs),
  );
  return {
    file,
    bytes: stats.reduce((sum, { size }) => sum + size, 0),
    writtenMs: Math.max(...stats.map(({ mtimeMs }) => mtimeMs)),
    copies,
    inUse:
      file === running ||
      existsSync(file.replace(/\.db(\.age)?$/, '.published')) ||
      // An upload takes the guardian's log with it; no export does.
      (logged > -Infinity && !copies.some(({ kind, wallMs }) => kind === 'uploaded' && wallMs >= logged)),
  };
}

/** The guardian's log of a run that was killed, as it is or encrypted. */
function deliveryLogs(recording: string): string[] {
  const log = deliveriesPath(recording);
  return [log, `${log}.age`];
}

function recordingFiles(recording: string): string[] {
  return [recording, `${recording}-wal`, `${recording}-shm`, ...deliveryLogs(recording)];
}

/** The recording first: what is left alone is no recording. */
async function removeRecording(file: string): Promise<void> {
  for (const path of recordingFiles(file)) await rm(path, { force: true });
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const lookEveryMs = 3600e3;
/** Every run wants at least ten minutes of its recording free: two looks are due before the disk is full. */
const askEveryMs = 300e3;
