import type { Stretch } from './signal-check.js';

/**
 * Whether what a person was asked to do is seen in the signal, before a night: eyes closed after eyes open, blinks, jaw
 * clenched. Each against a stretch of rest with eyes open. The electrode that has most of it counts: of many, one always
 * has more than at rest by chance. Pure.
 */

export const biocalibrations = ['eyes', 'blink', 'jaw'] as const;
export type Biocalibration = (typeof biocalibrations)[number];

/** Some seconds of all electrodes that are used. */
export interface Heard {
  readonly rate: number;
  readonly stretches: readonly Stretch[];
}

export interface Seen {
  readonly good: boolean;
  readonly text: string;
  readonly measures: Readonly<Record<string, number>>;
}

/** Neither is from a standard, which leaves it to the eye: what they miss, a person may have seen. */
const criteria = {
  eyes: { least: 1.3, leastUv: 0, unit: 'µV RMS of 8 to 12 Hz', size: alpha },
  blink: { least: 1.5, leastUv: 30, unit: 'µV within 150 ms', size: steepest },
  jaw: { least: 2, leastUv: 0, unit: 'µV RMS of 20 to 45 Hz', size: muscle },
} as const;

export function judgeBiocalibration(what: Biocalibration, rest: Heard, done: Heard): Seen {
  const { least, leastUv, unit, size } = criteria[what];
  const measures: Record<string, number> = {};
  let most = { name: '', ratio: 0, before: NaN, after: 0 };
  for (const stretch of done.stretches) {
    const other = rest.stretches.find(({ name }) => name === stretch.name);
    if (!other) continue;
    const [before, after] = [size(other.values, rest.rate), size(stretch.values, done.rate)];
    const ratio = after / before;
    if (!Number.isFinite(ratio)) continue;
    measures[stretch.name] = Math.round(ratio * 100) / 100;
    if (after > most.after) most = { name: stretch.name, ratio, before, after };
  }
  if (most.name === '') return { good: false, text: 'no electrode shows a signal', measures };
  const good = most.ratio >= least && most.after >= leastUv;
  const sizes = `${most.after.toFixed(1)} ${unit}, at rest ${most.before.toFixed(1)}`;
  const wanted = `${least} times as much${leastUv > 0 ? ` and ${leastUv} µV` : ''} at least`;
  return { good, text: `${most.name}: ${sizes}${good ? '' : `; expected ${wanted}`}`, measures };
}

function alpha(values: Float64Array, rate: number): number {
  return bandRms(values, rate, 8, 12);
}

/** Below the hum of the mains. */
function muscle(values: Float64Array, rate: number): number {
  return bandRms(values, rate, 20, 45);
}

/** The root mean square of a band, in the unit of the values: Hann windows of two seconds, half over each other. */
export function bandRms(values: Float64Array, rate: number, low: number, high: number): number {
  const length = Math.round(2 * rate);
  let square = 0;
  let windows = 0;
  for (let begin = 0; begin + length <= values.length; begin += length >> 1) {
    windows++;
    const window = values.subarray(begin, begin + length);
    const mean = window.reduce((sum, value) => sum + value, 0) / length;
    for (let bin = Math.ceil((low * length) / rate); bin <= (high * length) / rate; bin++) {
      let real = 0;
      let imaginary = 0;
      for (let i = 0; i < length; i++) {
        const value = ((window[i] as number) - mean) * (1 - Math.cos((2 * Math.PI * (i + 0.5)) / length));
        const angle = (2 * Math.PI * bin * i) / length;
        real += value * Math.cos(angle);
        imaginary += value * Math.sin(angle);
      }
      // The window has a mean square of 1.5, and both sides of the spectrum count.
      square += (2 * (real * real + imaginary * imaginary)) / (1.5 * length * length);
    }
  }
  return windows === 0 ? NaN : Math.sqrt(square / windows);
}

/** The largest change within 150 ms of what is smoothed over 40 ms: a lid closes in about a tenth of a second. */
function steepest(values: Float64Array, rate: number): number {
  const width = Math.max(1, Math.round(0.04 * rate));
  const apart = Math.round(0.15 * rate);
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] as number) + (values[i] as number);
  const smooth = (at: number): number => ((sums[at + width] as number) - (sums[at] as number)) / width;
  let most = NaN;
  for (let at = apart; at + width <= values.length; at++) {
    const change = Math.abs(smooth(at) - smooth(at - apart));
    if (!(change <= most)) most = change;
  }
  return most;
}
