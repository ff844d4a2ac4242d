/**
 * Sum of the last `length` values; values before the start are 0. Nothing is ever subtracted, so that a huge value
 * leaves no error behind when it has gone: the window is what has come of the current block of `length` values, plus
 * the tail of the block before, whose sums were made when it was complete.
 */
export class MovingSum {
  /** Before `#at` values of the current block, from `#at` on sums from there to the end of the block before. */
  readonly #block: Float64Array;
  #at = 0;
  #current = 0;

  constructor(length: number) {
    this.#block = new Float64Array(length);
  }

  /** Takes the next value and returns the sum of the window that ends with it. */
  push(value: number): number {
    const block = this.#block;
    const sum = this.#current + value;
    block[this.#at] = value;
    if (++this.#at < block.length) {
      this.#current = sum;
      return sum + (block[this.#at] as number);
    }
    for (let place = block.length - 2; place >= 0; place--) {
      block[place] = (block[place] as number) + (block[place + 1] as number);
    }
    this.#at = 0;
    this.#current = 0;
    return sum;
  }

  reset(): void {
    this.#block.fill(0);
    this.#at = 0;
    this.#current = 0;
  }
}
