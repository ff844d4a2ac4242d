import type { SignalShape } from '../../contracts.js';
import { designAnalytic, type AnalyticTaps } from './wiener.js';

/**
 * The 0.5–2 Hz oscillation as an analytic signal, estimated causally at one or more instants: `aheadSeconds` after the
 * newest sample where they are positive, before it where they are negative (surer, the longer ago). A value comes about
 * fifty times a second, at any sampling rate from 50 Hz: samples are averaged over such a frame, and 2.5 s of
 * frames are weighed. Where microvolts go in, microvolts come out. Allocates nothing after `prepare`.
 */
export class SlowWave {
  /** Real and imaginary part at each instant, one after the other; NaN until `ready`. */
  readonly values: Float64Array;
  /** Samples in a frame, frames a second; set by `prepare`. */
  frameSamples = 0;
  frameRate = 0;
  readonly #ahead: readonly number[];
  #taps: readonly AnalyticTaps[] = [];
  /** Twice as long as the taps, so that the newest frames always lie in a row. */
  #history = new Float64Array(0);
  #at = 0;
  #frames = 0;
  readonly #sum = new Float64Array(1);
  #inFrame = 0;

  constructor(aheadSeconds: readonly number[]) {
    this.#ahead = aheadSeconds;
    this.values = new Float64Array(2 * aheadSeconds.length).fill(NaN);
  }

  /** Samples after a start or reset until `values` rest on measured ones alone. */
  get settleSamples(): number {
    return (this.#history.length / 2) * this.frameSamples;
  }

  prepare({ rate, unit }: SignalShape): void {
    if (!(rate >= 50 && rate <= 20_000)) {
      throw new RangeError(`rate: ${rate} Hz is outside 50 to 20000 Hz. Use a signal within, such as 250 Hz.`);
    }
    if (unit !== 'uV') {
      throw new RangeError(
        `unit: the signal is in "${unit}", and slow oscillations are judged in "uV". Use an electrode's signal.`,
      );
    }
    this.frameSamples = Math.max(1, Math.round(rate / frameHertz));
    this.frameRate = rate / this.frameSamples;
    const count = Math.round(windowSeconds * this.frameRate);
    // A frame stands at the middle of its samples, its value at the last of them.
    const middle = (this.frameSamples - 1) / 2 / rate;
    this.#taps = this.#ahead.map((seconds) => designAnalytic(this.frameRate, seconds + middle, count));
    this.#history = new Float64Array(2 * count);
    this.reset();
  }

  /** Takes `input[at]`. True if a frame is full and `values` are new. */
  push(input: Float64Array, at: number): boolean {
    this.#sum[0] = (this.#sum[0] as number) + (input[at] as number);
    if (++this.#inFrame < this.frameSamples) return false;
    this.#frame();
    return true;
  }

  /** `values` rest on measured frames alone. */
  get ready(): boolean {
    return 2 * this.#frames >= this.#history.length;
  }

  reset(): void {
    this.values.fill(NaN);
    this.#history.fill(0);
    this.#frames = 0;
    this.#sum[0] = 0;
    this.#inFrame = 0;
  }

  #frame(): void {
    const history = this.#history;
    const count = history.length / 2;
    const mean = (this.#sum[0] as number) / this.frameSamples;
    this.#sum[0] = 0;
    this.#inFrame = 0;
    this.#at = this.#at === 0 ? count - 1 : this.#at - 1;
    history[this.#at] = mean;
    history[this.#at + count] = mean;
    this.#frames++;
    if (!this.ready) return;
    for (let instant = 0; instant < this.#taps.length; instant++) {
      const { re, im } = this.#taps[instant] as AnalyticTaps;
      let x = 0;
      let y = 0;
      for (let tap = 0; tap < count; tap++) {
        const value = history[this.#at + tap] as number;
        x += (re[tap] as number) * value;
        y += (im[tap] as number) * value;
      }
      this.values[2 * instant] = x;
      this.values[2 * instant + 1] = y;
    }
  }
}

const frameHertz = 50;
const windowSeconds = 2.5;
