import { SortedRing } from '../sorted-ring.js';

/**
 * What is usual in the last half minute: mean and standard deviation of the values between their 10th and their 90th
 * percentile, so that a few spindles do not count.
 */
export class Baseline {
  /** The half minute is full. */
  isFull = false;
  readonly #ring: SortedRing;

  constructor(windows: number) {
    this.#ring = new SortedRing(windows);
  }

  /** Takes `values[at]`, and puts how far it is from the usual, in standard deviations, in its place. */
  standardise(values: Float64Array, at: number): void {
    const ring = this.#ring;
    ring.push(values, at);
    this.isFull = ring.count === ring.sorted.length;
    const first = Math.ceil(0.1 * (ring.count - 1));
    const last = Math.floor(0.9 * (ring.count - 1));
    let sum = 0;
    for (let place = first; place <= last; place++) sum += ring.sorted[place] as number;
    const mean = sum / (last - first + 1);
    let squares = 0;
    for (let place = first; place <= last; place++) {
      const difference = (ring.sorted[place] as number) - mean;
      squares += difference * difference;
    }
    values[at] = ((values[at] as number) - mean) / Math.sqrt(squares / (last - first));
  }

  reset(): void {
    this.#ring.reset();
    this.isFull = false;
  }
}
