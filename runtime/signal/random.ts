/**
 * Seeded random numbers (sfc32), the same on every engine. Streams of one seed are independent of each other. Throws a
 * `RangeError` for what is no seed.
 */
export class RandomBits {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed: ${seed} is not a whole number from 0. Use one such as 1.`);
    }
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 4_294_967_296) | 0;
    this.#c = stream | 0;
    for (let round = 0; round < 20; round++) this.next();
  }

  /** 32 bits, with their sign. */
  next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result;
  }

  /** Uniform from 0 up to, not including, 1. */
  uniform(): number {
    return (this.next() >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to `count` − 1. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }
}
