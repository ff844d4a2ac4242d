import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How far a recording's events have been acknowledged by the broker: `NAME.published` beside it, one number. */
export class Cursor {
  readonly recording: string;
  id: number;
  #saved: number;

  constructor(recording: string) {
    this.recording = recording;
    this.id = readCursor(recording) ?? 0;
    this.#saved = this.id;
  }

  /** Whole or not at all. */
  save(): void {
    const path = cursorPath(this.recording);
    if (this.id === this.#saved && existsSync(path)) return;
    writeFileSync(`${path}.new`, `${this.id}\n`);
    renameSync(`${path}.new`, path);
    this.#saved = this.id;
  }

  /** Everything has arrived: nothing is left to be remembered. */
  done(): void {
    rmSync(cursorPath(this.recording), { force: true });
  }
}

/** Earlier recordings in the same folder that were being reported, oldest first. */
export function reportedBefore(recording: string): string[] {
  const folder = dirname(recording);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.published'))
    .map((name) => join(folder, name.replace(/\.published$/, '.db')))
    .filter((path) => path !== recording && existsSync(path))
    .sort();
}

function cursorPath(recording: string): string {
  return recording.replace(/\.db$/, '.published');
}

function readCursor(recording: string): number | undefined {
  const path = cursorPath(recording);
  if (!existsSync(path)) return undefined;
  const id = Number(readFileSync(path, 'utf8'));
  return Number.isInteger(id) && id >= 0 ? id : undefined;
}
