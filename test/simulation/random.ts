/**
 * Random numbers of a simulation: sfc32, started from one 64-bit seed through splitmix64. Everything that a seed decides is
 * drawn from here, so that a seed is a whole run.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: bigint) {
    const [first, second] = [mix(seed), mix(seed + 1n)];
    this.#a = Number(first & 0xffffffffn) | 0;
    this.#b = Number(first >> 32n) | 0;
    this.#c = Number(second & 0xffffffffn) | 0;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** 0 or more, less than 1. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return (sum >>> 0) / 4294967296;
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** From 0 up to `count` − 1. */
  whole(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.whole(list.length)] as T;
  }

  /** Time until the next of events that come at random, `mean` apart. */
  wait(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** A sequence of its own, so that one part of the world draws no number of another. */
  fork(): Random {
    return new Random((BigInt(Math.floor(this.next() * 4294967296)) << 32n) | BigInt(this.whole(4294967296)));
  }
}

function mix(seed: bigint): bigint {
  let value = BigInt.asUintN(64, seed * 2n + 0x9e3779b97f4a7c15n);
  value = BigInt.asUintN(64, (value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n);
  value = BigInt.asUintN(64, (value ^ (value >> 27n)) * 0x94d049bb133111ebn);
  return value ^ (value >> 31n);
}
