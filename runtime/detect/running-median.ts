/** Median of the last `capacity` values, kept sorted: one search and two moves of memory a value. */
export class RunningMedian {
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

  /** Takes a value, forgets the oldest if there is no more room, and returns the median: the mean of the two middle
   *  values of an even count. */
  push(value: number): number {
    const arrivals = this.#arrivals;
    const sorted = this.#sorted;
    if (this.#count === sorted.length) {
      const gone = this.#place(arrivals[this.#next] as number);
      sorted.copyWithin(gone, gone + 1, this.#count--);
    }
    const place = this.#place(value);
    sorted.copyWithin(place + 1, place, this.#count++);
    sorted[place] = value;
    arrivals[this.#next] = value;
    this.#next = (this.#next + 1) % arrivals.length;

    const middle = this.#count >> 1;
    const upper = sorted[middle] as number;
    return this.#count % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
  }

  reset(): void {
    this.#next = 0;
    this.#count = 0;
  }

  /** Number of sorted values below `value`. */
  #place(value: number): number {
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
