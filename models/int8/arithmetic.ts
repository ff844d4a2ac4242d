import { ModelError } from '../format/model-error.js';

/**
 * The arithmetic of int8 networks. TensorFlow Lite leaves it to its kernels; this is that of XNNPACK, which its runtimes
 * use by default, found by comparing codes with such a runtime: an exact integer sum, scaled once in float32 and rounded
 * once, halves to even. (Older kernels scale in fixed point and round twice; on some networks with state they drift apart.)
 * i16 codes have no XNNPACK kernels: they are scaled in fixed point.
 */

/**
 * The factor from the integer sum of products to output codes, rounded once: rounded at each step, 8 of 85,704 codes of the
 * Portiloop on half an hour of sleep differ from the recorded ones. `user` is the node that refuses it outside its range.
 */
export function productScale(user: string, first: number, second: number, output: number): number {
  return checkFactor(user, Math.fround((first * second) / output));
}

/** XNNPACK's kernels hold for factors from 2⁻³² up to 2⁸. */
export function checkFactor(user: string, factor: number): number {
  if (factor >= 2 ** -32 && factor < 256) return factor;
  throw new ModelError(
    `${user}: its scales come to a factor of ${factor} from sums to codes. It must be from 2⁻³² up to 256: quantise the network again.`,
  );
}

/** Adding and taking away 1.5 × 2⁵² leaves no room for a fraction: halves go to even, for |x| up to 2⁵¹. */
const room = 6755399441055744;

export function roundHalvesToEven(x: number): number {
  return x + room - room;
}

export function roundHalvesAway(x: number): number {
  return x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5);
}

/** From a sum of products to the output code before clamping. */
export function scaled(sum: number, scale: number, zeroPoint: number): number {
  return roundHalvesToEven(Math.fround(Math.fround(sum) * scale)) + zeroPoint;
}

export function clamp(code: number, low: number, high: number): number {
  return code < low ? low : code > high ? high : code;
}

/**
 * Addition of codes of two scales: whole multipliers of 21 bits for the larger scale, and one shift, halves up.
 * code = ⌊(first × firstMultiplier + second × secondMultiplier + 2^(shift − 1)) ÷ 2^shift⌋, each input less its zero point.
 */
export interface Addition {
  readonly firstMultiplier: number;
  readonly secondMultiplier: number;
  /** 2^shift */
  readonly divisor: number;
}

export function addition(user: string, first: number, second: number, output: number): Addition {
  const firstRatio = Math.fround(Math.fround(first) / Math.fround(output));
  const secondRatio = Math.fround(Math.fround(second) / Math.fround(output));
  const divisor = 2 ** (20 - exponent(checkFactor(user, Math.max(firstRatio, secondRatio))));
  return {
    firstMultiplier: roundHalvesToEven(firstRatio * divisor),
    secondMultiplier: roundHalvesToEven(secondRatio * divisor),
    divisor,
  };
}

/** The largest whole n with 2ⁿ ≤ x, for positive normal x. */
function exponent(x: number): number {
  let n = Math.floor(Math.log2(x));
  while (2 ** n > x) n--;
  while (2 ** (n + 1) <= x) n++;
  return n;
}

/** From codes of one scale to codes of another: a whole multiplier of 8 bits after the point, halves up. */
export function converted(code: number, input: Quantization, output: Quantization): number {
  const multiplier = roundHalvesToEven(256 * Math.fround(input.scale / output.scale));
  return Math.floor(((code - input.zeroPoint) * multiplier + 128) / 256) + output.zeroPoint;
}

export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * The same where a ReLU stands alone, which XNNPACK leaves to TensorFlow Lite: in fixed point with 31 bits, rounded to
 * a whole number, then shifted right and rounded again, halves away from zero.
 */
export function convertedTwice(code: number, input: Quantization, output: Quantization): number {
  const { fraction, power } = fixedPoint(input.scale / output.scale);
  const left = 2 ** Math.max(0, power);
  const once = roundHalvesAway(((code - input.zeroPoint) * left * fraction) / 2 ** 31);
  return roundHalvesAway(once / 2 ** Math.max(0, -power)) + output.zeroPoint;
}

/** A factor as fraction ÷ 2³¹ × 2^power, the fraction a whole number from 2³⁰ on. */
function fixedPoint(factor: number): { fraction: number; power: number } {
  const power = exponent(factor) + 1;
  const fraction = roundHalvesAway((factor / 2 ** power) * 2 ** 31);
  return fraction === 2 ** 31 ? { fraction: 2 ** 30, power: power + 1 } : { fraction, power };
}

/** Scaling in fixed point, of i16 codes: ⌊(sum × multiplier + 2^(shift − 1)) ÷ 2^shift⌋ with a multiplier of 15 bits. */
export interface FixedScale {
  readonly multiplier: number;
  /** 2^shift */
  readonly divisor: number;
}

export function fixedScale(user: string, input: number, weight: number, output: number): FixedScale {
  const { fraction, power } = fixedPoint(checkFactor(user, (input * weight) / output));
  return {
    multiplier: fraction < 0x7fff0000 ? Math.floor((fraction + 2 ** 15) / 2 ** 16) : 0x7fff,
    divisor: 2 ** (15 - power),
  };
}
