import { designSections } from '../signal/design.js';
import { SectionFilter } from '../signal/section-filter.js';
import type { Sections } from '../signal/zeros-poles.js';

/**
 * What a phase estimator is compared with: known ways to estimate phase and to time stimuli, run offline over a whole
 * recording. None of them is part of the loop. (A phase-locked loop that enhances slow-wave sleep by sound is the
 * subject of the patent US 10,589,055; axond has none.)
 */

/** Degrees at sample n from samples up to n, and n + 1 where it says so. NaN where there are too few. */
export type PhaseReference = (x: Float64Array, rate: number) => (n: number) => number;

/** One-pole band-pass 0.5–2 Hz; its slope in place of the Hilbert transform. The slope takes one sample of the future. */
export const twoLineFilter: PhaseReference = (x, rate) => {
  const y = filtered(x, rate, 0.5, 2);
  const perSecond = rate / 2 / (2 * Math.PI * 0.9);
  return (n) => degrees(y[n] as number, -((y[n + 1] ?? NaN) - (y[n - 1] ?? NaN)) * perSecond);
};

/** Endpoint-corrected Hilbert transform: two seconds, their positive frequencies weighted by a causal 0.25–4 Hz response. */
export const endpointCorrected: PhaseReference = (x, rate) => {
  const length = 2 * Math.round(rate);
  const sections = designSections({ type: 'bandpass', from: 0.25, to: 4 }, rate, 1);
  const re = new Float64Array(length);
  const im = new Float64Array(length);
  // Inverse transform of the weights at the last sample of the window: taps, newest first.
  for (let bin = 0; 2 * bin <= length; bin++) {
    const weight = (bin === 0 || 2 * bin === length ? 1 : 2) / length;
    const [a, b] = responseOf(sections, (2 * Math.PI * bin) / length);
    for (let tap = 0; tap < length; tap++) {
      const turn = (2 * Math.PI * ((bin * tap) % length)) / length;
      re[tap] = (re[tap] as number) + weight * (a * Math.cos(turn) - b * Math.sin(turn));
      im[tap] = (im[tap] as number) + weight * (a * Math.sin(turn) + b * Math.cos(turn));
    }
  }
  return (n) => {
    let sumRe = 0;
    let sumIm = 0;
    for (let tap = 0; tap < length; tap++) {
      const value = x[n - tap] ?? NaN;
      sumRe += (re[tap] as number) * value;
      sumIm += (im[tap] as number) * value;
    }
    return degrees(sumRe, sumIm);
  };
};

/** Samples of stimuli: the 0.3–4 Hz signal rises through zero within a second of less than −40 uV, then a fixed wait. */
export function afterRisingCrossing(x: Float64Array, rate: number, waitSeconds: number, allowed: boolean[]): number[] {
  const y = filtered(x, rate, 0.3, 4);
  const stimuli: number[] = [];
  let lastLow = -Infinity;
  let last = -Infinity;
  for (let n = 1; n < y.length; n++) {
    if ((y[n] as number) < -40) lastLow = n;
    const rises = (y[n - 1] as number) < 0 && (y[n] as number) >= 0;
    if (!rises || n - lastLow > rate || n - last < rate || allowed[n] !== true) continue;
    last = n;
    stimuli.push(n + Math.round(waitSeconds * rate));
  }
  return stimuli;
}

function filtered(x: Float64Array, rate: number, from: number, to: number): Float64Array {
  const filter = new SectionFilter(
    () => designSections({ type: 'bandpass', from, to }, rate, 1),
    () => 1,
  );
  filter.prepare({ rate, unit: 'uV' });
  const y = Float64Array.from(x);
  filter.process(y, y.length, y);
  return y;
}

/** Real and imaginary part at w radians a sample. */
function responseOf(sections: Sections, w: number): [number, number] {
  let [re, im] = [1, 0];
  for (const [b0, b1, b2, a0, a1, a2] of sections) {
    const [c, s, c2, s2] = [Math.cos(w), -Math.sin(w), Math.cos(2 * w), -Math.sin(2 * w)];
    const [x, y] = [b0 + b1 * c + b2 * c2, b1 * s + b2 * s2];
    const [u, v] = [a0 + a1 * c + a2 * c2, a1 * s + a2 * s2];
    const square = u * u + v * v;
    const [p, q] = [(x * u + y * v) / square, (y * u - x * v) / square];
    [re, im] = [re * p - im * q, re * q + im * p];
  }
  return [re, im];
}

const degrees = (re: number, im: number): number => (Math.atan2(im, re) * 180) / Math.PI;
