import { designSections } from '../signal/design.js';
import { filterBothWays, hilbert } from './zero-phase.js';

/** The truth about slow oscillations of a recording, in hindsight: for scoring only. */
export interface SlowOscillations {
  /** Of the 0.5–2 Hz signal at each sample: 0 is the positive peak, ±180 the trough, −90 the rising zero crossing. */
  readonly degrees: Float64Array;
  /** Of its envelope, uV. */
  readonly amplitude: Float64Array;
  /** In order of time. */
  readonly cycles: readonly ReferenceCycle[];
}

/** From a falling zero crossing up to the next, in samples; the last is exclusive. */
export interface ReferenceCycle {
  readonly first: number;
  readonly end: number;
  readonly trough: number;
}

/**
 * Phase of `x` (uV) by Butterworth 0.5–2 Hz of order 2 forward and backward and the Hilbert transform. A cycle counts
 * with a trough below −40 uV, a negative half-wave of 0.125 to 1 s, and no raw value of 250 uV or more.
 */
export function slowOscillationsOf(x: Float64Array, rate: number): SlowOscillations {
  const y = filterBothWays(designSections({ type: 'bandpass', from: 0.5, to: 2 }, rate, 2), x);
  const imaginary = hilbert(y);
  const degrees = y.map((value, n) => (Math.atan2(imaginary[n] as number, value) * 180) / Math.PI);
  const amplitude = y.map((value, n) => Math.hypot(value, imaginary[n] as number));

  const cycles: ReferenceCycle[] = [];
  let first = -1;
  let rise = -1;
  for (let n = 1; n < y.length; n++) {
    const isNegative = (y[n] as number) < 0;
    if (isNegative === (y[n - 1] as number) < 0) continue;
    if (!isNegative) {
      rise = n;
      continue;
    }
    if (first >= 0 && isDeep(x, y, rate, first, rise, n)) cycles.push({ first, end: n, trough: lowest(y, first, n) });
    first = n;
  }
  return { degrees, amplitude, cycles };
}

function isDeep(x: Float64Array, y: Float64Array, rate: number, first: number, rise: number, end: number): boolean {
  const negativeSeconds = (rise - first) / rate;
  if (negativeSeconds < 0.125 || negativeSeconds > 1 || !((y[lowest(y, first, end)] as number) < -40)) return false;
  for (let n = first; n < end; n++) if (!(Math.abs(x[n] as number) < 250)) return false;
  return true;
}

function lowest(y: Float64Array, first: number, end: number): number {
  let place = first;
  for (let n = first; n < end; n++) if ((y[n] as number) < (y[place] as number)) place = n;
  return place;
}
