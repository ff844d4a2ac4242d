import type { Schedule } from './schedule.js';

/** The machine's clocks. A boot begins its monotonic clock anew; the wall clock anybody may set. */
export class Clocks {
  bootId = 'boot-1';
  wallStepMs = 0;
  readonly #schedule: Schedule;
  #boots = 1;
  #bootUs = -firstMonotonicUs;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** As every process of this boot reads it. */
  get monotonicUs(): number {
    return this.monotonicAt(this.#schedule.nowUs);
  }

  monotonicAt(trueUs: number): number {
    // Whole nanoseconds are what the kernel gives; microseconds keep the log of deliveries short.
    return Math.round(trueUs - this.#bootUs);
  }

  /** True time of a time of this boot. */
  trueAt(monotonicUs: number): number {
    return monotonicUs + this.#bootUs;
  }

  get wallMs(): number {
    return 1.7e12 + this.#schedule.nowUs / 1000 + this.wallStepMs;
  }

  reboot(): void {
    this.bootId = `boot-${++this.#boots}`;
    this.#bootUs = this.#schedule.nowUs - bootUs;
  }
}

const firstMonotonicUs = 1000e6;
/** Before anything of ours runs. */
const bootUs = 12e6;
