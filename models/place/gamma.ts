import { exp, log } from '../../runtime/signal/math.js';

/** Each value as it is. */
export const unchangedLevels: Float64Array = Float64Array.from({ length: 256 }, (_, value) => value);

/**
 * What each value becomes so that a picture of this mean is about half bright: `value ^ (ln 127.5 / ln mean)`, at most
 * 255. VPRTempo's rule. A mean of 1 or less has no such exponent: the values stay.
 */
export function gammaLevels(mean: number, levels: Float64Array): void {
  if (!(mean > 1)) {
    levels.set(unchangedLevels);
    return;
  }
  const gamma = log(127.5) / log(mean);
  levels[0] = 0;
  for (let value = 1; value < 256; value++) levels[value] = Math.min(255, exp(gamma * log(value)));
}
