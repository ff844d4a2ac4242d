import { exp, log } from '../../runtime/signal/math.js';

/**
 * Seeded random numbers (sfc32), the same on every engine: integer operations, + − × ÷ √, and exp and log of our own.
 * Streams of one seed are independent of each other.
 */
export class Random {
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
    for (let round = 0; round < 20; round++) this.#next();
  }

  /** Uniform from 0 up to, not including, 1. */
  uniform(): number {
    return (this.#next() >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  normal(mean: number, sd: number): number {
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return mean + sd * x * Math.sqrt((-2 * log(square)) / square);
    }
  }

  logNormal(lnMean: number, lnSd: number): number {
    return exp(this.normal(lnMean, lnSd));
  }

  exponential(mean: number): number {
    return -mean * log(1 - this.uniform());
  }

  /** Times in seconds of events without memory, `perMinute` on average, within `seconds` from `start`. */
  poisson(perMinute: number, start: number, seconds: number): number[] {
    const times: number[] = [];
    if (perMinute === 0) return times;
    const mean = 60 / perMinute;
    for (let at = start + this.exponential(mean); at < start + seconds; at += this.exponential(mean)) times.push(at);
    return times;
  }

  /** Mean 0, variance 1, nearly normal (sum of four uniforms): the fast input of noise that is filtered afterwards. */
  noise(): number {
    const first = this.#next();
    const second = this.#next();
    return ((first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16) - 131_070) * noiseScale;
  }

  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result;
  }
}

/** 1 ÷ the standard deviation of the sum of four 16-bit uniforms. */
const noiseScale = Math.sqrt(3 / (65_536 * 65_536 - 1));
