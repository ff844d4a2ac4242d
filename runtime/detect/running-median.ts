/**
 * Median of the last `capacity` values, kept sorted: one search and two moves of memory a value. Values come by their
 * place in an array, because a number that is handed to a function may be put on the heap for it.
 */
export class RunningMedian {
  /** Mean of the two middle values of an even count; NaN before the first. */
  median = NaN;
  /** In order of arrival, a ring. */
  readonly #arrivals: Float64Array;
  /** The same values in ascending order in the first `#count` places. */
  readonly #sorted: Float64Array;
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#arrivals = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  /** Takes `values[at]`, forgets the oldest value if there is no more room, and sets `median`. */
  push(values: Float64Array, at: number): void {
    const arrivals = this.#arrivals;
    const sorted = this.#sorted;
    if (this.#count === sorted.length) {
      const gone = this.#place(arrivals, this.#next);
      sorted.copyWithin(gone, gone + 1, this.#count--);
    }
    const place = this.#place(values, at);
    sorted.copyWithin(place + 1, place, this.#count++);
    sorted[place] = values[at] as number;
    arrivals[this.#next] = values[at] as number;
    this.#next = (this.#next + 1) % arrivals.length;

    const middle = this.#count >> 1;
    const upper = sorted[middle] as number;
    this.median = this.#count % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
  }

  reset(): void {
    this.#next = 0;
    this.#count = 0;
    this.median = NaN;
  }

  /** Number of sorted values below `values[at]`. */
  #place(values: Float64Array, at: number): number {
    const value = values[at] as number;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
