import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Actuator, Command, Condition, HardLimits, Started } from '../../runtime/contracts.js';
import { emptyShamLine, openShamLine, type ShamLine } from '../serial/sham-line.js';
import { TriggerState } from '../trigger-state.js';

export interface BenchPlan {
  readonly use: 'bench';
  readonly port: string;
}

/** For benches alone: limits that nobody could bear, behind a door that only pseudo-terminals pass. */
export const benchLimits: HardLimits = {
  intervalUs: 2e3,
  durationUs: 10e3,
  perMinute: 18_000,
  perHour: 200_000,
  perNight: 200_000,
};

/** The pseudo-terminal, and what takes the bytes of a sham. */
export interface BenchHandle extends ShamLine {
  readonly descriptor: number;
}

/** Answers each command with one byte on a pseudo-terminal. */
export class BenchActuator implements Actuator {
  readonly #handle: BenchHandle;
  readonly #state: TriggerState;

  constructor(handle: BenchHandle, active: Int32Array) {
    this.#handle = handle;
    this.#state = new TriggerState(active, (condition, starts) => {
      if (starts) this.#answer(condition);
    });
  }

  static open({ port }: BenchPlan): BenchHandle {
    const descriptor = openSync(port, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
    const { rdev } = fstatSync(descriptor);
    const major = ((rdev >> 8) & 0xfff) | ((rdev / 2 ** 32) & ~0xfff);
    if (major < firstPtyMajor || major > lastPtyMajor) {
      closeSync(descriptor);
      throw new Error(`${port}: is no pseudo-terminal. The actuator kind bench opens nothing else.`);
    }
    return { descriptor, ...openShamLine() };
  }

  check(): readonly string[] {
    emptyShamLine(this.#handle);
    return [];
  }

  fire(_command: Command, condition: Condition): Started {
    return { atUs: this.#state.start(condition), evidence: 'one byte' };
  }

  rest(): void {
    this.#state.end();
  }

  isAtRest(): boolean {
    return this.#state.isAtRest;
  }

  close(): void {
    closeSync(this.#handle.descriptor);
    closeSync(this.#handle.sham);
    closeSync(this.#handle.shamEnd);
  }

  #answer(condition: Condition): void {
    const { descriptor, sham } = this.#handle;
    if (writeSync(condition === 'real' ? descriptor : sham, answer) !== 1)
      throw new Error('the pseudo-terminal took no byte');
  }
}

/** Unix98 pseudo-terminals in Linux's list of devices. */
const firstPtyMajor = 136;
const lastPtyMajor = 143;
const answer = Uint8Array.of(0x21);
