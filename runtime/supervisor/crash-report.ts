import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, release, uptime } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Status } from './status.js';

/** What a report says: nothing of the signal, and no configuration. */
export interface CrashReport {
  readonly v: 1;
  readonly axond: string;
  readonly node: string;
  readonly system: string;
  readonly wall: string;
  readonly machineUpSeconds: number;
  readonly memory: NodeJS.MemoryUsage;
  readonly error: string;
  /** The last that the run said of itself; null before it had started. */
  readonly status: Status | null;
}

/**
 * Leaves a file in `folder` for whoever looks into why a run died of an error that nobody foresaw: in the main thread, of
 * which Node then dies as it would without us, or in a thread of the run, as `note` is told. A kill leaves none.
 */
export class CrashReporter {
  readonly #folder: string;
  readonly #axond: string;
  readonly #status: () => Status | undefined;
  readonly #log: Logger;
  readonly #uncaught = (error: unknown): void => this.note(error);

  constructor(folder: string, axond: string, status: () => Status | undefined, log: Logger) {
    this.#folder = folder;
    this.#axond = axond;
    this.#status = status;
    this.#log = log;
    process.on('uncaughtExceptionMonitor', this.#uncaught);
  }

  note(error: unknown): void {
    try {
      const path = this.#write(error);
      this.#log.fatal(`a report of this crash is in ${path}; it holds no signal`);
    } catch (failed) {
      this.#log.fatal(`no report of this crash could be written: ${String(failed)}`);
    }
  }

  close(): void {
    process.off('uncaughtExceptionMonitor', this.#uncaught);
  }

  #write(error: unknown): string {
    const wall = new Date().toISOString();
    const report: CrashReport = {
      v: 1,
      axond: this.#axond,
      node: process.version,
      system: `${process.platform} ${release()} ${arch()}`,
      wall,
      machineUpSeconds: uptime(),
      memory: process.memoryUsage(),
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      status: this.#lastStatus(),
    };
    mkdirSync(this.#folder, { recursive: true });
    const before = readdirSync(this.#folder).filter((name) => /^crash-.*\.json$/.test(name));
    for (const name of before.sort().slice(0, -mostBefore)) rmSync(join(this.#folder, name), { force: true });
    const path = join(this.#folder, `crash-${wall.slice(0, 19).replaceAll(':', '-')}-${process.pid}.json`);
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`, { flush: true });
    return path;
  }

  #lastStatus(): Status | null {
    try {
      return this.#status() ?? null;
    } catch {
      return null;
    }
  }
}

/** Kept beside a new one. */
const mostBefore = 19;
