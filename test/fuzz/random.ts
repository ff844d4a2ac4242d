/** Numbers from a seed: the same case is the same file on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number of 0 … below − 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  chance(probability: number): boolean {
    return this.below(1 << 20) < probability * (1 << 20);
  }

  pick<Of>(from: readonly Of[]): Of {
    return from[this.below(from.length)]!;
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(length).map(() => this.below(256));
  }
}

/** The seed of one case of one format. */
export function seedOf(seed: number, format: string, at: number): number {
  let hash = 2166136261 ^ seed;
  for (const character of format) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return (Math.imul(hash ^ at, 0x9e3779b1) ^ (at << 7)) >>> 0;
}
