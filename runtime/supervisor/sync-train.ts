import type { SyncOutput } from '../../drivers/sync/sync-output.js';

/** What the train needs of the run. */
export interface SyncPorts {
  /** Throws one line where it cannot be opened. */
  readonly open: () => SyncOutput;
  readonly nowUs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** A mark of the recording; `atUs` 0 is now. */
  readonly mark: (text: string, atUs: number) => void;
  /** For the log. */
  readonly tell: (line: string) => void;
}

/**
 * Pulses by which a recorder of the laboratory is put on the axis of this recording, whatever is stimulated: at intervals
 * from a half to one and a half of `everySeconds`, drawn anew each time, so that a few in a row fit at one place only. When
 * each was given is measured around the call and stands in the recording. Pure.
 */
export class SyncTrain {
  readonly #everyUs: number;
  readonly #ports: SyncPorts;
  #output: SyncOutput | undefined;
  #number = 0;
  #dueUs = -Infinity;
  #retryUs = -Infinity;
  #isHigh = false;
  #problem = '';

  constructor(everySeconds: number, ports: SyncPorts) {
    this.#everyUs = everySeconds * 1e6;
    this.#ports = ports;
  }

  /** Called every few hundredths of a second: a pulse lasts from one call to the next. */
  beat(): void {
    const nowUs = this.#ports.nowUs();
    try {
      if (!this.#output && nowUs >= this.#retryUs) this.#output = this.#ports.open();
      if (this.#output?.ready) this.#drive(this.#output, nowUs);
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error), nowUs);
    }
  }

  close(): void {
    this.#release();
    this.#retryUs = Infinity;
  }

  #drive(output: SyncOutput, nowUs: number): void {
    if (this.#isHigh) {
      output.lower();
      this.#isHigh = false;
      return;
    }
    if (nowUs < this.#dueUs) return;
    const number = this.#number + 1;
    const beforeUs = this.#ports.nowUs();
    output.raise(number);
    const afterUs = this.#ports.nowUs();
    this.#isHigh = true;
    this.#number = number;
    this.#dueUs = beforeUs + this.#everyUs * (0.5 + this.#ports.random());
    if (this.#problem !== '') this.#ports.tell('sync: pulses again');
    this.#problem = '';
    const withinUs = Math.ceil((afterUs - beforeUs) / 2);
    this.#ports.mark(`sync ${number} within ${withinUs} us`, (beforeUs + afterUs) / 2);
  }

  #lost(problem: string, nowUs: number): void {
    this.#release();
    this.#retryUs = nowUs + retryUs;
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#ports.tell(`sync: ${problem}`);
    this.#ports.mark(`sync: ${problem}`, 0);
  }

  /** What cannot be brought low any more is let go all the same. */
  #release(): void {
    const output = this.#output;
    this.#output = undefined;
    this.#isHigh = false;
    try {
      output?.close();
    } catch {
      // it is gone
    }
  }
}

const retryUs = 1e6;
