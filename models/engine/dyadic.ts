import { ModelError } from '../format/model-error.js';

/** significand × 2^exponent: what every finite double is, and what their sums and products are. */
export interface Dyadic {
  readonly significand: bigint;
  readonly exponent: number;
}

/** The double itself, without rounding. `name` is what a refusal of NaN and infinities calls it. */
export function dyadic(value: number, name: string): Dyadic {
  if (!Number.isFinite(value)) throw new ModelError(`${name} is ${value}. Give a finite number.`);
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const size = biased === 0 ? fraction : fraction | (1n << 52n);
  return { significand: value < 0 ? -size : size, exponent: Math.max(biased, 1) - 1075 };
}

const bits = new DataView(new ArrayBuffer(8));

export function times(a: Dyadic, b: Dyadic): Dyadic {
  return { significand: a.significand * b.significand, exponent: a.exponent + b.exponent };
}

export function plus(a: Dyadic, b: Dyadic): Dyadic {
  const exponent = Math.min(a.exponent, b.exponent);
  return { significand: aligned(a, exponent) + aligned(b, exponent), exponent };
}

export function minus(a: Dyadic, b: Dyadic): Dyadic {
  return plus(a, { ...b, significand: -b.significand });
}

function aligned({ significand, exponent }: Dyadic, to: number): bigint {
  return significand << BigInt(exponent - to);
}

export function integer(value: number): Dyadic {
  return { significand: BigInt(value), exponent: 0 };
}

/** −1, 0 or 1. */
export function signOf({ significand }: Dyadic): number {
  return significand > 0n ? 1 : significand < 0n ? -1 : 0;
}
