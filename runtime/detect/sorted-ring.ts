/**
 * The last `capacity` values, kept sorted: one search and two moves of memory a value. Values come by their place in an
 * array, because a number that is handed to a function may be put on the heap for it.
 */
export class SortedRing {
  /** In ascending order in the first `count` places. */
  readonly sorted: Float64Array;
  count = 0;
  /** In order of arrival, a ring. */
  readonly #arrivals: Float64Array;
  #next = 0;

  constructor(capacity: number) {
    this.sorted = new Float64Array(capacity);
    this.#arrivals = new Float64Array(capacity);
  }

  /** Takes `values[at]` and forgets the oldest value if there is no more room. */
  push(values: Float64Array, at: number): void {
    const arrivals = this.#arrivals;
    const { sorted } = this;
    if (this.count === sorted.length) {
      const gone = this.#place(arrivals, this.#next);
      sorted.copyWithin(gone, gone + 1, this.count--);
    }
    const place = this.#place(values, at);
    sorted.copyWithin(place + 1, place, this.count++);
    sorted[place] = values[at] as number;
    arrivals[this.#next] = values[at] as number;
    this.#next = (this.#next + 1) % arrivals.length;
  }

  reset(): void {
    this.#next = 0;
    this.count = 0;
  }

  /** Number of sorted values below `values[at]`. */
  #place(values: Float64Array, at: number): number {
    const value = values[at] as number;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
