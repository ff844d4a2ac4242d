import { SortedRing } from './sorted-ring.js';

/** Median of the last `capacity` values. */
export class RunningMedian {
  /** Mean of the two middle values of an even count; NaN before the first. */
  median = NaN;
  readonly #ring: SortedRing;

  constructor(capacity: number) {
    this.#ring = new SortedRing(capacity);
  }

  /** Takes `values[at]`, forgets the oldest value if there is no more room, and sets `median`. */
  push(values: Float64Array, at: number): void {
    const ring = this.#ring;
    ring.push(values, at);
    const middle = ring.count >> 1;
    const upper = ring.sorted[middle] as number;
    this.median = ring.count % 2 === 1 ? upper : ((ring.sorted[middle - 1] as number) + upper) / 2;
  }

  reset(): void {
    this.#ring.reset();
    this.median = NaN;
  }
}
