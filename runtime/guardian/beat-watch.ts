/** What the guardian makes of the core's beats. `latched` ends only with the process. */
export type Watch = 'waiting' | 'ready' | 'resting' | 'latched';

/**
 * Judges the age of the newest beat. 40 ms without one: rest, and ready again once beats return. A second, or three rests
 * in ten minutes: latched. Pure (SAFETY.md R-13).
 */
export class BeatWatch {
  state: Watch = 'waiting';
  readonly #rests = [-Infinity, -Infinity, -Infinity];
  #lastTickUs = NaN;
  #excused = false;

  /** `beatUs` is the time of the newest beat; 0 before the first. Called at least every `tickUs`. */
  tick(nowUs: number, beatUs: number): Watch {
    const late = nowUs - this.#lastTickUs > 3 * tickUs;
    this.#lastTickUs = nowUs;
    if (this.state === 'latched' || beatUs === 0) return this.state;
    const age = nowUs - beatUs;
    if (age <= beatTimeoutUs) {
      this.state = 'ready';
      this.#excused = false;
    } else if (this.state === 'ready' && late && !this.#excused) {
      // After a stall of this very process the beats may still lie unread: they have until the next tick, once.
      this.#excused = true;
    } else if (this.state === 'ready') this.#rest(nowUs);
    else if (this.state === 'resting' && age > latchUs) this.state = 'latched';
    return this.state;
  }

  #rest(nowUs: number): void {
    this.#rests.shift();
    this.#rests.push(nowUs);
    this.state = nowUs - (this.#rests[0] as number) < restsWithinUs ? 'latched' : 'resting';
  }
}

export const tickUs = 4e3;
export const beatTimeoutUs = 40e3;
const latchUs = 1e6;
const restsWithinUs = 600e6;
