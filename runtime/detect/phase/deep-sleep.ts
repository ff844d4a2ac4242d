import { exp, log } from '../../signal/math.js';

/**
 * What deep sleep looks like to the phase estimator: power densities, and nothing of any one sleeper. Published figures:
 * median spectrum of scored stage S3 (uV²/Hz, four subjects), and periods of 0.8 to 1.4 s for nine in ten slow
 * oscillations.
 */

/** Hz and uV²/Hz. */
const background = [
  [0.5, 85],
  [1, 249],
  [2, 57],
  [4, 19],
  [8, 4.4],
  [10, 2.6],
  [13, 1.9],
  [20, 0.17],
  [30, 0.034],
] as const;

/** Of an amplifier, uV²/Hz: keeps the estimator from leaning on frequencies that a recorder has filtered away. */
const amplifierNoise = 0.1;

/**
 * Below the published range: an amplifier without a high-pass brings more and more, as sweat and electrodes do. It is
 * taken to go on as 1/f, down to where two and a half seconds cannot tell it from an offset.
 */
const lowestHz = background[0][0];

/** Where the waves themselves have their power, in Hz. */
const waveBand = [0.6, 1.4] as const;
/**
 * The median spectrum is mostly of the time between waves. While one goes by, its band holds several times the power of
 * all the rest: without this part the estimate would lean towards 1 Hz, early for slow waves and late for fast ones.
 */
const wavePower = 4;

/** Power density at each of `hertz` while slow oscillations go by, in uV²/Hz; interpolated on log axes. */
export function waveSpectrum(hertz: readonly number[]): number[] {
  const density = hertz.map((frequency) => between(frequency) + amplifierNoise);
  const inBand = hertz.map((frequency) => frequency >= waveBand[0] && frequency <= waveBand[1]);
  const total = density.reduce((sum, value, place) => ((hertz[place] as number) < lowestHz ? sum : sum + value), 0);
  const excess = (wavePower * total) / inBand.filter(Boolean).length;
  return density.map((value, place) => value + (inBand[place] ? excess : 0));
}

function between(hertz: number): number {
  if (hertz < lowestHz) return (background[0][1] * lowestHz) / Math.max(hertz, 0.15);
  const upper = background.findIndex(([frequency]) => frequency >= hertz);
  const [highHz, high] = background[upper < 0 ? background.length - 1 : upper] ?? [NaN, NaN];
  const [lowHz, low] = background[upper - 1] ?? [highHz, high];
  if (lowHz === highHz || upper < 0) return high;
  const share = (log(hertz) - log(lowHz)) / (log(highHz) - log(lowHz));
  return exp(log(low) + share * (log(high) - log(low)));
}

/** Gain of the band in which phase is defined: Butterworth of order 2, 0.5–2 Hz, forward and backward. */
export function bandGain(hertz: number): number {
  const [from, to] = phaseBand;
  const offset = (hertz * hertz - from * to) / (hertz * (to - from));
  return 1 / (1 + offset ** 4);
}

/** Hz. Phase 0 is the positive peak, ±180 the trough and −90 the rising zero crossing of what lies within. */
export const phaseBand = [0.5, 2] as const;
