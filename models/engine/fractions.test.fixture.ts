import type { Channel } from './fold.js';

/** Exact arithmetic by fractions and integer square roots, by another way than fold.ts: from the formula for tau. */
export interface Fraction {
  readonly over: bigint;
  /** Above 0. */
  readonly under: bigint;
}

export function fraction(value: number): Fraction {
  let under = 1n;
  while (!Number.isInteger(value)) {
    value *= 2;
    under *= 2n;
  }
  return { over: BigInt(value), under };
}

export function product(...factors: readonly Fraction[]): Fraction {
  return factors.reduce((a, b) => ({ over: a.over * b.over, under: a.under * b.under }));
}

export function sum(...terms: readonly Fraction[]): Fraction {
  return terms.reduce((a, b) => ({ over: a.over * b.under + b.over * a.under, under: a.under * b.under }));
}

export function negative({ over, under }: Fraction): Fraction {
  return { over: -over, under };
}

function inverse({ over, under }: Fraction): Fraction {
  return over < 0n ? { over: -under, under: -over } : { over: under, under: over };
}

/** The largest integer whose square is no larger, by Newton's method. */
export function integerRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** snn.md §1.4: the integer T of one level beside `count` spikes, and which way n is compared with it. */
export function closedForm(
  channel: Channel,
  most: number,
  level = 0,
  count = 0,
): { mode: 0 | 1 | 2; threshold: number } {
  const { window = 1, bias = 0, gain = 1, beta = 0, mean = 0, variance = 1, epsilon = 0, skipScale = 0 } = channel;
  const needed = sum(
    fraction(channel.thresholds[level] as number),
    negative(fraction(beta)),
    negative(product(fraction(skipScale), fraction(count))),
  );
  const fires = (order: bigint): 0 | 1 => ((channel.strict ? order > 0n : order >= 0n) ? 1 : 0);
  if (gain === 0) return { mode: 2, threshold: fires(-needed.over) };
  const perUnit = product(
    fraction(window),
    inverse(product(fraction(channel.inputScale), fraction(channel.weightScale))),
  );
  // tau = start ± √square
  const start = product(perUnit, sum(fraction(mean), negative(fraction(bias))));
  const factor = product(perUnit, needed, inverse(fraction(gain)));
  const square = product(factor, factor, sum(fraction(variance), fraction(epsilon)));
  const under = start.under * square.under;
  const radicand = start.under * start.under * square.over * square.under;
  const root = integerRoot(radicand);
  const exactRoot = root * root === radicand;
  const over = start.over * square.under + (factor.over < 0n ? -root - (exactRoot ? 0n : 1n) : root);
  const floor = over >= 0n || over % under === 0n ? over / under : over / under - 1n;
  const whole = exactRoot && over % under === 0n;
  const ceiling = whole ? floor : floor + 1n;
  if (gain > 0) {
    const threshold = channel.strict ? floor + 1n : ceiling;
    if (threshold <= -BigInt(most)) return { mode: 2, threshold: 1 };
    return threshold > BigInt(most) ? { mode: 2, threshold: 0 } : { mode: 0, threshold: Number(threshold) };
  }
  const threshold = channel.strict ? ceiling - 1n : floor;
  if (threshold >= BigInt(most)) return { mode: 2, threshold: 1 };
  return threshold < -BigInt(most) ? { mode: 2, threshold: 0 } : { mode: 1, threshold: Number(threshold) };
}
