import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { healthSoFar, nothingYet, type HealthSoFar } from './recorded-health.js';

/** How far a recording's events have been acknowledged by the broker. */
export interface Progress {
  /** The last event that has arrived, or of which nothing is reported. */
  readonly event: number;
  /** What had happened by then. */
  readonly health: HealthSoFar;
}

const progress = z.strictObject({ event: z.int().nonnegative(), health: healthSoFar });

/**
 * `NAME.published` beside a recording: what of it has arrived. It is there from the run's first moment until everything
 * has, so a recording is remembered even if no broker was seen while it was made.
 */
export class Cursor {
  readonly recording: string;
  progress: Progress;
  #saved: Progress | undefined;

  /** One that cannot be read begins anew: what then arrives twice has the same ids. */
  constructor(recording: string) {
    this.recording = recording;
    this.#saved = readCursor(cursorPath(recording));
    this.progress = this.#saved ?? { event: 0, health: nothingYet };
  }

  /** Whole or not at all, and it outlives a power cut. */
  save(): void {
    if (this.progress === this.#saved) return;
    const path = cursorPath(this.recording);
    const descriptor = openSync(`${path}.new`, 'w');
    try {
      writeSync(descriptor, `${JSON.stringify(this.progress)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${path}.new`, path);
    syncFolder(dirname(path));
    this.#saved = this.progress;
  }

  /** Everything has arrived: nothing is left to be remembered. */
  done(): void {
    rmSync(cursorPath(this.recording), { force: true });
  }
}

export const cursorEnding = '.published';

function cursorPath(recording: string): string {
  return recording.replace(/\.db$/, cursorEnding);
}

function readCursor(path: string): Progress | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return progress.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
