import { log } from '../../runtime/signal/math.js';
import type { RandomBits } from '../../runtime/signal/random.js';

/** One number of the standard normal distribution (Marsaglia's polar method). */
export function normal(random: RandomBits): number {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * log(square)) / square);
  }
}

/** 0 … count − 1 in random order. */
export function shuffled(count: number, random: RandomBits): number[] {
  const order = Array.from({ length: count }, (_, place) => place);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
