import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  endOfNightLog,
  nextNightLine,
  nightFileName,
  readNightLog,
  type NightEntry,
  type NightLine,
  type NightTime,
} from './night-log.js';
import { longestWindowSeconds, Night } from './night.js';
import { appendDurably, readBeside } from './sealed-files.js';

/** The log of one night on disk. Entries are appended in the order in which they were given. */
export class NightFile {
  readonly path: string;
  readonly #now: () => NightTime;
  #lines: readonly NightLine[] = [];
  /** How many of them were given. */
  #given = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `now` gives the time of a line. */
  constructor(path: string, now: () => NightTime) {
    this.path = path;
    this.#now = now;
  }

  /** As they stood after the last `read` or `append`. */
  get lines(): readonly NightLine[] {
    return this.#lines;
  }

  /** All lines, none where there is no file yet. Rejects with one line that names the file, the damage and the fix. */
  read(): Promise<readonly NightLine[]> {
    return this.#inTurn(async () => {
      await this.#load();
      this.#given = this.#lines.length;
      return this.#lines;
    });
  }

  /**
   * On disk when it resolves. It goes on from what stands in the file then: another process may have written since, where
   * the night has passed from one to the other. Gives all lines since the last `read` or `append`, its own as the last.
   */
  append(entry: NightEntry): Promise<readonly NightLine[]> {
    const time = this.#now();
    return this.#inTurn(async () => {
      const log = await this.#load();
      const { line, text } = nextNightLine(this.#lines.at(-1), entry, time);
      await appendDurably(this.path, endOfNightLog(log) + text);
      this.#lines = [...this.#lines, line];
      const given = this.#given;
      this.#given = this.#lines.length;
      return this.#lines.slice(given);
    });
  }

  async #load(): Promise<string> {
    const log = await readBeside(this.path);
    try {
      this.#lines = readNightLog(log);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Error(
        `${this.path}: ${error.message}. Keep it as it is, restore it from a copy, or begin another night.`,
        { cause: error },
      );
    }
    return log;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

export function nightPath(folder: string, study: string, participant: string, night: number): string {
  return join(folder, nightFileName(study, participant, night));
}

/** The logs of all nights of a participant; of one that is damaged or away nothing. */
export function nightsOf(folder: string, study: string, participant: string): Promise<readonly NightLine[][]> {
  const lead = `${study}-${participant}-`;
  return readLogs(folder, (name) => name.startsWith(lead) && /^\d{2,}\.night$/.test(name.slice(lead.length)));
}

/**
 * Seconds that are left of a window that is open at a device, by the logs there; 0 where none is. Undefined where a log may
 * tell of one and cannot be read.
 */
export async function openWindow(folder: string, device: string, now: NightTime): Promise<number | undefined> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.night'));
  const windows = await Promise.all(logs.map((name) => windowOf(join(folder, name), device, now)));
  const open = Math.max(0, ...windows.map((seconds) => seconds ?? 0));
  return open === 0 && windows.includes(undefined) ? undefined : open;
}

async function windowOf(path: string, device: string, now: NightTime): Promise<number | undefined> {
  let log = '';
  try {
    log = await readBeside(path);
    const lines = readNightLog(log);
    return deviceOf(lines) === device ? new Night(lines).windowSeconds(now) : 0;
  } catch {
    const elsewhere = (deviceOfFirst(log) ?? device) !== device;
    return elsewhere || (await isOfAnEarlierNight(path, now)) ? 0 : undefined;
  }
}

function deviceOf([begun]: readonly NightLine[]): string | undefined {
  return begun?.entry.kind === 'begun' ? begun.entry.device : undefined;
}

/** By its first line alone, which may be whole where others are not. */
function deviceOfFirst(log: string): string | undefined {
  try {
    return deviceOf(readNightLog(log.slice(0, log.indexOf('\n') + 1)));
  } catch {
    return undefined;
  }
}

/** No window is longer than since it was last written. A clock that is wrong tells nothing. */
async function isOfAnEarlierNight(path: string, { wallMs, clock }: NightTime): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
  return clock === 'set' && wallMs - mtimeMs > longestWindowSeconds * 1000;
}

/** What is damaged is read as empty. */
async function readLogs(folder: string, isWanted: (name: string) => boolean): Promise<readonly NightLine[][]> {
  const names = await readdir(folder).catch((): string[] => []);
  return Promise.all(
    names.filter(isWanted).map(async (name) => {
      try {
        return readNightLog(await readBeside(join(folder, name)));
      } catch {
        return [];
      }
    }),
  );
}
