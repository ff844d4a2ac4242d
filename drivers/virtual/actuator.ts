import type { Actuator, Command, HardLimits, Started } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';

export interface VirtualPlan {
  readonly use: 'virtual';
}

/** Those of a quiet sound: no more often than every 0.4 s, 1,200 an hour, 6,000 a night. */
export const virtualLimits: HardLimits = {
  intervalUs: 400e3,
  durationUs: 1e6,
  perMinute: 60,
  perHour: 1200,
  perNight: 6000,
};

/** Stimulates nobody: a word in memory that is 1 while a stimulus would last. */
export class VirtualActuator implements Actuator {
  readonly #active: Int32Array;

  constructor(active: Int32Array) {
    this.#active = active;
  }

  check(): readonly string[] {
    return [];
  }

  fire({ durationUs }: Command): Started {
    Atomics.store(this.#active, 0, 1);
    return { atUs: monotonicUs(), evidence: `virtual for ${durationUs} us` };
  }

  rest(): void {
    Atomics.store(this.#active, 0, 0);
  }

  isAtRest(): boolean {
    return Atomics.load(this.#active, 0) === 0;
  }

  close(): void {
    this.rest();
  }
}
