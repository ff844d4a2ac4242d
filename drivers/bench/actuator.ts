import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Actuator, HardLimits, Started } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';

export interface BenchPlan {
  readonly use: 'bench';
  readonly port: string;
}

/** For the latency bench alone: limits that nobody could bear, behind a door that only pseudo-terminals pass. */
export const benchLimits: HardLimits = {
  intervalUs: 2e3,
  durationUs: 10e3,
  perMinute: 18_000,
  perHour: 200_000,
  perNight: 200_000,
};

/** Answers each command with one byte on a pseudo-terminal. */
export class BenchActuator implements Actuator {
  readonly #descriptor: number;
  readonly #active: Int32Array;

  constructor(descriptor: number, active: Int32Array) {
    this.#descriptor = descriptor;
    this.#active = active;
  }

  static open({ port }: BenchPlan): number {
    const descriptor = openSync(port, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
    const { rdev } = fstatSync(descriptor);
    const major = ((rdev >> 8) & 0xfff) | ((rdev / 2 ** 32) & ~0xfff);
    if (major < firstPtyMajor || major > lastPtyMajor) {
      closeSync(descriptor);
      throw new Error(`${port}: is no pseudo-terminal. The actuator kind bench opens nothing else.`);
    }
    return descriptor;
  }

  check(): readonly string[] {
    return [];
  }

  fire(): Started {
    Atomics.store(this.#active, 0, 1);
    if (writeSync(this.#descriptor, answer) !== 1) throw new Error('the pseudo-terminal took no byte');
    return { atUs: monotonicUs(), evidence: 'one byte' };
  }

  rest(): void {
    Atomics.store(this.#active, 0, 0);
  }

  isAtRest(): boolean {
    return Atomics.load(this.#active, 0) === 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Unix98 pseudo-terminals in Linux's list of devices. */
const firstPtyMajor = 136;
const lastPtyMajor = 143;
const answer = Uint8Array.of(0x21);
