import type { InhibitorState } from '../contracts.js';

/**
 * Whether the two clocks can be trusted: this machine's must not run backwards, and the device's samples must come when
 * its own count says. A machine that stalled reads old samples from a buffer: they are fresh by arrival and late by
 * count. Pure; wall time is not among what is judged here.
 */
export class ClockWatch {
  readonly #knownAfterFrames: number;
  #firstIndex = NaN;
  #lastIndex = NaN;
  #newestUs = -Infinity;
  #late = false;
  #doubtUntilUs = -Infinity;

  constructor(rate: number) {
    this.#knownAfterFrames = rate;
  }

  /** At the start of every cycle. */
  at(nowUs: number): void {
    if (nowUs > this.#newestUs) this.#newestUs = nowUs;
    else if (!(nowUs >= this.#newestUs)) this.#doubtUntilUs = this.#newestUs + doubtUs;
  }

  /** The newest frame of a read, and how much later it came than the sample clock said; NaN for the first. */
  frames(index: number, latenessUs: number): void {
    if (Number.isNaN(this.#firstIndex)) this.#firstIndex = index;
    this.#lastIndex = index;
    this.#late = latenessUs > mostLateUs;
  }

  /** The device was away: its count says nothing of the time in between. */
  restart(): void {
    this.#firstIndex = NaN;
    this.#lastIndex = NaN;
    this.#late = false;
  }

  state(nowUs: number): InhibitorState {
    if (this.#late || !(nowUs >= this.#doubtUntilUs)) return 'holds';
    return this.#lastIndex - this.#firstIndex >= this.#knownAfterFrames ? 'clear' : 'unknown';
  }
}

/** Four times the longest pause of a Cyton's dongle that was measured, and less than any delay of a policy. */
const mostLateUs = 150e3;
const doubtUs = 10e6;
