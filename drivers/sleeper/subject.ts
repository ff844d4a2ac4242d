import { log } from '../../runtime/signal/math.js';
import type { Random } from './random.js';

/** What one sleeper has and the next has not. Factors are of voltage and 1 on average. */
export interface Subject {
  /** Of all that the brain makes: skull and electrodes. */
  readonly gain: number;
  /** Of the parts of the background below 10 Hz, and of the one above. */
  readonly slowBackground: number;
  readonly fastBackground: number;
  /** SD of the logarithm by which the background swells and fades within a stage. */
  readonly unrest: number;
  readonly alpha: number;
  /** Hz */
  readonly alphaFrequency: number;
  /** Hz: mean of the sleeper's spindles, and their SD around it. */
  readonly spindleFrequency: number;
  readonly spindleSpread: number;
  readonly spindleSize: number;
  readonly spindleLength: number;
  /** Spindles a minute of N2. */
  readonly spindleRate: number;
  /** Spindles whose envelope is no plain Hann window but fuller, and leans to one side. */
  readonly uneven: boolean;
}

/** The one whose statistics are those of all sleepers together. */
export const averageSubject: Subject = {
  gain: 1,
  slowBackground: 1,
  fastBackground: 1,
  unrest: 0,
  alpha: 1,
  alphaFrequency: 9.8,
  spindleFrequency: 13.3,
  spindleSpread: 0.7,
  spindleSize: 1,
  spindleLength: 1,
  spindleRate: 4.5,
  uneven: false,
};

/**
 * Band powers differ by a factor of two from sleeper to sleeper, spindle frequency by 0.5 Hz (0.5–0.9 Hz within one),
 * density from below one to eight a minute (means of the young 4.3, of the old 3.0).
 */
export function drawSubject(random: Random): Subject {
  const clip = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
  return {
    gain: random.logNormal(0, 0.25),
    slowBackground: random.logNormal(0, 0.2),
    fastBackground: random.logNormal(0, 0.25),
    unrest: random.between(0.15, 0.4),
    alpha: random.logNormal(0, 0.5),
    alphaFrequency: clip(random.normal(9.6, 0.8), 8, 11.3),
    spindleFrequency: clip(random.normal(13.3, 0.5), 12, 14.8),
    spindleSpread: random.between(0.4, 0.7),
    spindleSize: random.logNormal(0, 0.15),
    spindleLength: random.logNormal(0, 0.1),
    spindleRate: clip(random.logNormal(log(3.6), 0.5), 0.5, 8),
    uneven: true,
  };
}
