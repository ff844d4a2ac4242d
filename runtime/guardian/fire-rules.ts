import type { Command, HardLimits } from '../contracts.js';
import type { DeliveryLog } from './delivery-lines.js';

/** Why a command was not fired; the empty string fires. */
export type Verdict =
  '' | 'replayed' | 'duration' | 'interval' | 'per-minute' | 'per-hour' | 'per-night' | 'expired' | 'too far ahead';

/**
 * The guardian's own judgement of a command, by constants of the actuator kind. It shares no code with the gate and
 * trusts nothing that the core says but the order of its commands. Pure (SAFETY.md ).
 */
export class FireRules {
  readonly #limits: HardLimits;
  /** Start times of the last stimuli, newest last, in a ring. */
  readonly #starts: Float64Array;
  #count = 0;
  #lastCommand = 0;
  /** When the last stimulus ends. */
  #endUs = -Infinity;

  constructor(limits: HardLimits) {
    this.#limits = limits;
    this.#starts = new Float64Array(limits.perNight);
  }

  /** Judges at `nowUs`; `fired` must follow if the stimulus is started. */
  judge({ command, fireAtUs, expiresUs, durationUs }: Command, nowUs: number): Verdict {
    const limits = this.#limits;
    if (!(command > this.#lastCommand)) return 'replayed';
    this.#lastCommand = command;
    const startUs = fireAtUs > nowUs ? fireAtUs : nowUs;
    if (!(startUs - nowUs <= furthestAheadUs)) return 'too far ahead';
    if (!(durationUs > 0 && durationUs <= limits.durationUs)) return 'duration';
    if (!(startUs <= expiresUs)) return 'expired';
    if (fireAtUs > 0 && !(nowUs - fireAtUs <= latestUs)) return 'expired';
    // One stimulus at a time: rows of overlapping ones would never end.
    if (!(startUs >= this.#endUs) || this.#within(1, limits.intervalUs, startUs)) return 'interval';
    if (this.#within(limits.perMinute, 60e6, startUs)) return 'per-minute';
    if (this.#within(limits.perHour, 3600e6, startUs)) return 'per-hour';
    if (this.#within(limits.perNight, 24 * 3600e6, startUs)) return 'per-night';
    return '';
  }

  /** Called before a stimulus is tried: also one that fails half way counts. */
  fired(startUs: number, durationUs: number): void {
    this.lasts(startUs + durationUs);
    this.#starts[this.#count++ % this.#starts.length] = startUs;
  }

  /** The device itself says that the stimulus ends then. */
  lasts(untilUs: number): void {
    if (!(untilUs <= this.#endUs)) this.#endUs = untilUs;
  }

  /**
   * Counts what a guardian before this one delivered in the same run, or possibly delivered: an open stimulus counts from
   * when it was about to fire, a line that cannot be read from now, and each for as long as a stimulus may last.
   */
  remember({ deliveries, unreadable }: DeliveryLog, nowUs: number): void {
    const starts = unreadable.map(() => nowUs);
    for (const { command, aboutUs, startedUs, endedUs, dropped } of deliveries) {
      this.#lastCommand = Math.max(this.#lastCommand, command);
      if (!dropped) starts.push([startedUs, aboutUs, endedUs].find((us) => !Number.isNaN(us)) ?? nowUs);
    }
    for (const startUs of starts.sort((a, b) => a - b)) this.fired(startUs, this.#limits.durationUs);
  }

  /** The `count`th last stimulus began less than `us` before `startUs`. */
  #within(count: number, us: number, startUs: number): boolean {
    if (count < 1) return true;
    if (this.#count < count) return false;
    return !(startUs - (this.#starts[(this.#count - count) % this.#starts.length] as number) >= us);
  }
}

/** One packet interval of the slowest device, and some. */
const furthestAheadUs = 20e3;
/** A stimulus that comes this late has lost its place in the signal. */
export const latestUs = 5e3;
