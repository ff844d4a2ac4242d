import type { RandomBits } from '../signal/random.js';
import type { CuePlan } from './policy-plan.js';

/** Which stimulus is next. One that was refused stays next: only `give` uses it up. */
export class Cues {
  readonly #order: Int32Array;
  readonly #rounds: number;
  readonly #isShuffled: boolean;
  #random: RandomBits | undefined;
  #place = 0;
  #round = 0;

  constructor({ count, order, each }: CuePlan = { count: 1, order: 'sequence', each: Infinity }) {
    this.#order = Int32Array.from({ length: count }, (_, place) => place);
    this.#rounds = each;
    this.#isShuffled = order === 'shuffled';
  }

  get next(): number {
    return this.#order[this.#place] as number;
  }

  /** Each has been given as often as it was meant to be. */
  get isOver(): boolean {
    return this.#round >= this.#rounds;
  }

  /** The order of this round is drawn now, those of later ones when they begin. */
  seed(random: RandomBits): void {
    this.#random = random;
    if (this.#isShuffled) this.#shuffle(random);
  }

  give(): void {
    if (++this.#place < this.#order.length) return;
    this.#place = 0;
    this.#round++;
    if (this.#isShuffled && this.#random) this.#shuffle(this.#random);
  }

  /** Fisher and Yates. */
  #shuffle(random: RandomBits): void {
    const order = this.#order;
    for (let place = order.length - 1; place > 0; place--) {
      const other = random.below(place + 1);
      const cue = order[place] as number;
      order[place] = order[other] as number;
      order[other] = cue;
    }
  }
}
