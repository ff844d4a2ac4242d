/**
 * Random numbers of training: a stream for each purpose and place (`of(seed, epoch, sample)`), so that nothing depends on
 * what ran before and a resumed run draws what an uninterrupted one would have drawn.
 */
export class Random {
  #state: number;

  private constructor(state: number) {
    this.#state = state;
  }

  static of(...keys: readonly number[]): Random {
    let state = 0x9e3779b9;
    for (const key of keys) state = mix((state ^ (key >>> 0)) + 0x6d2b79f5);
    return new Random(state);
  }

  /** 0 ≤ x < 1, in steps of 2⁻³². */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return mix(this.#state) / 4294967296;
  }

  /** A whole number from 0 to `below` − 1. */
  below(below: number): number {
    return Math.floor(this.uniform() * below);
  }
}

/** A permutation of 32-bit numbers whose every bit depends on every bit (constants of MurmurHash3). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** 0 … count − 1 in random order (Fisher and Yates), into `order`. */
export function shuffle(order: Uint32Array, random: Random): void {
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
}
