/**
 * Sum of the last `length` values; values before the start are 0. Nothing is ever subtracted, so that a huge value
 * leaves no error behind when it has gone: the window is what has come of the current block of `length` values, plus
 * the tail of the block before, whose sums were made when it was complete.
 */
export class MovingSum {
  /** Before `#at` values of the current block, from `#at` on sums from there to the end of the block before. */
  readonly #block: Float64Array;
  #at = 0;
  /** Sum of the current block; in an array, for a field that holds a double is a new object at each change. */
  readonly #current = new Float64Array(1);

  constructor(length: number) {
    this.#block = new Float64Array(length);
  }

  /** Writes to `output` the sum of the window that ends with each of `input[0 … length)`; they may be the same. */
  process(input: Float64Array, length: number, output: Float64Array): void {
    const block = this.#block;
    let at = this.#at;
    let current = this.#current[0] as number;
    for (let i = 0; i < length; i++) {
      const value = input[i] as number;
      current += value;
      block[at++] = value;
      if (at < block.length) {
        output[i] = current + (block[at] as number);
        continue;
      }
      output[i] = current;
      for (let place = block.length - 2; place >= 0; place--) {
        block[place] = (block[place] as number) + (block[place + 1] as number);
      }
      at = 0;
      current = 0;
    }
    this.#at = at;
    this.#current[0] = current;
  }

  reset(): void {
    this.#block.fill(0);
    this.#at = 0;
    this.#current[0] = 0;
  }
}
