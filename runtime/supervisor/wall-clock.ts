/**
 * Notices that the wall clock was set: what it gained against the monotonic clock since the last look. Slewing by a time
 * service is slower. No rule reads wall time; but who compares this recording with another must know. Pure.
 */
export class WallClock {
  #offsetMs = NaN;
  #stepUs = -Infinity;

  /** Milliseconds by which it stepped since the last call; 0 if it did not. */
  look(monotonicUs: number, wallMs: number): number {
    const offsetMs = wallMs - monotonicUs / 1000;
    const stepMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (!(Math.abs(stepMs) > smallestStepMs)) return 0;
    this.#stepUs = monotonicUs;
    return stepMs;
  }

  /** Whether it stepped a short while ago. */
  stepped(monotonicUs: number): boolean {
    return monotonicUs - this.#stepUs < holdUs;
  }
}

const smallestStepMs = 1000;
const holdUs = 10e6;
