import type { Tensor } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { dyadic, integer, minus, plus, signOf, times, type Dyadic } from './dyadic.js';

/**
 * Folding of scale, bias, batch norm and threshold into integers: which integer sums n make a channel spike. Exact: what
 * fires is decided for single sums, in exact arithmetic or as a float32 engine would, and the boundary is found by
 * bisection, because every step from n to y is monotone.
 */

/**
 * One output channel in real numbers, n being the sum of weight × (code − zero point):
 *   y = gain · (inputScale · weightScale · n ÷ window + bias − mean) ÷ √(variance + epsilon) + beta + skipScale · count
 * and it spikes if y > threshold (strict) or y ≥ threshold.
 */
export interface Channel {
  readonly inputScale: number;
  readonly weightScale: number;
  /** Elements of an average pool between the sum and the threshold; n is then the sum over its window. */
  readonly window?: number;
  readonly bias?: number;
  readonly gain?: number;
  readonly beta?: number;
  readonly mean?: number;
  readonly variance?: number;
  readonly epsilon?: number;
  /** What each spike of a skip connection adds. */
  readonly skipScale?: number;
  /** One a level. */
  readonly thresholds: readonly number[];
  readonly strict: boolean;
}

/** Whether level `level` fires at the integer sum `sum`, beside `count` spikes of a skip connection. Monotone in `sum`. */
export type Fires = (sum: number, level: number, count: number) => boolean;

/** As the `threshold` node reads it: mode 0 n ≥ T, 1 n ≤ T, 2 constant T; `thresholds` is [counts][levels]. */
export interface Folding {
  readonly mode: 0 | 1 | 2;
  readonly thresholds: Int32Array;
}

/**
 * The integers for which `fires`, given that no sum is larger than `most` either way. All levels and counts of a channel
 * share a mode; the boundary of one that always or never fires lies at the end of the range or just outside.
 */
export function fold(fires: Fires, most: number, levels = 1, counts = 1): Folding {
  if (!(Number.isInteger(most) && most >= 0 && most <= mostFoldable))
    throw new ModelError(`sums up to ${most} cannot be folded. Keep them within ${mostFoldable}.`);
  const cases = Array.from({ length: counts * levels }, (_, at) => (sum: number) => {
    return fires(sum, at % levels, Math.floor(at / levels));
  });
  const rises = cases.some((each) => !each(-most) && each(most));
  const falls = cases.some((each) => each(-most) && !each(most));
  if (rises && falls) throw new ModelError('levels of one channel fire in opposite directions. Give them one gain.');
  return {
    mode: rises ? 0 : falls ? 1 : 2,
    thresholds: Int32Array.from(cases, (each) =>
      rises ? firstOf(each, most) : falls ? firstOf((sum) => !each(sum), most) - 1 : each(0) ? 1 : 0,
    ),
  };
}

/** Leaves room for a threshold just outside the range in int32. */
const mostFoldable = 2 ** 31 - 2;

/** The smallest sum in −most … most for which a rising predicate holds; most + 1 if none. */
function firstOf(holds: (sum: number) => boolean, most: number): number {
  let low = -most;
  let high = most + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Exact for the doubles given. Both sides of the comparison are multiplied by √(variance + epsilon) · window, so that the
 * root stands on one side alone, and compared by their squares.
 */
export function inExactArithmetic(channel: Channel): Fires {
  const { window = 1, bias = 0, gain = 1, beta = 0, mean = 0, variance = 1, epsilon = 0, skipScale = 0 } = channel;
  if (!(Number.isInteger(window) && window > 0))
    throw new ModelError(`the pooling window has ${window} elements. Give a whole number of at least 1.`);
  const spread = plus(dyadic(variance, 'variance'), dyadic(epsilon, 'epsilon'));
  if (signOf(spread) <= 0)
    throw new ModelError(`variance + epsilon is ${variance + epsilon}. Give a channel of batch norm one above 0.`);
  const scale = times(dyadic(channel.inputScale, 'the input scale'), dyadic(channel.weightScale, 'the weight scale'));
  const slope = times(dyadic(gain, 'gain'), scale);
  const centre = minus(dyadic(bias, 'bias'), dyadic(mean, 'mean'));
  const offset = times(times(dyadic(gain, 'gain'), integer(window)), centre);
  const needed = channel.thresholds.map((threshold) => minus(dyadic(threshold, 'the threshold'), dyadic(beta, 'beta')));
  const skip = dyadic(skipScale, 'the scale of the skip connection');
  return (sum, level, count) => {
    const left = plus(times(slope, integer(sum)), offset);
    const rest = minus(needed[level] ?? zero, times(skip, integer(count)));
    const order = compareWithRoot(left, times(rest, integer(window)), spread);
    return channel.strict ? order > 0 : order >= 0;
  };
}

const zero = integer(0);

/** The sign of left − factor·√square, for a square above 0. */
function compareWithRoot(left: Dyadic, factor: Dyadic, square: Dyadic): number {
  const sign = signOf(left);
  if (sign !== signOf(factor)) return sign - signOf(factor);
  return sign * signOf(minus(times(left, left), times(times(factor, factor), square)));
}

export function foldExactly(channel: Channel, most: number, counts = 1): Folding {
  return fold(inExactArithmetic(channel), most, channel.thresholds.length, counts);
}

/**
 * The same for sums of weight × raw code, where padding holds the zero point: these are larger by zeroPoint · Σweight. Minus
 * that leads back.
 */
export function shifted({ mode, thresholds }: Folding, by: number): Folding {
  return { mode, thresholds: mode === 2 ? thresholds : thresholds.map((threshold) => threshold + by) };
}

/** The tensors of a `threshold` node: I32 [levels, channels] or, for counts, [counts, levels, channels], and U8 [channels]. */
export function thresholdTensors(
  channels: readonly Folding[],
  levels = 1,
  counts?: number,
): { threshold: Tensor; mode: Tensor } {
  const rows = levels * (counts ?? 1);
  const values = new Int32Array(rows * channels.length);
  channels.forEach(({ thresholds }, channel) => {
    for (let row = 0; row < rows; row++) values[row * channels.length + channel] = thresholds[row] as number;
  });
  const shape = counts === undefined ? [levels, channels.length] : [counts, levels, channels.length];
  return {
    threshold: { type: 'I32', shape, values },
    mode: { type: 'U8', shape: [channels.length], values: Uint8Array.from(channels, ({ mode }) => mode) },
  };
}
