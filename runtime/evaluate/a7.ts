import { a7Thresholds, type A7Thresholds } from '../detect/a7/thresholds.js';
import { A7Window, Feature, windowLength, windowStep } from '../detect/a7/window.js';
import { log } from '../signal/math.js';
import { butterworth } from '../signal/prototypes.js';
import { digitalFilter, toSections, type Sections } from '../signal/zeros-poles.js';

/**
 * The spindle detector A7 as it was published, offline: filters without a phase, standardisation by the half minute
 * around each window. What the online detector is compared with. Lacourse et al. 2019, 10.1016/j.jneumeth.2018.08.014;
 * written from the formulas.
 */
export interface A7Features {
  /** log10 of the power of 11–16 Hz in µV². */
  readonly power: Float64Array;
  /** Share of 11–16 Hz in 4.5–30 Hz, standardised. */
  readonly relativePower: Float64Array;
  /** Covariance of 11–16 Hz and the signal, standardised. */
  readonly covariance: Float64Array;
  readonly correlation: Float64Array;
}

/**
 * Each sample has the mean over the windows that cover it. `signal` is in microvolts at 100 Hz, at least half a minute
 * long. What hangs over its end is as in the original: power takes missing samples as 0, the standardised features a
 * window of 0, correlation leaves it out.
 */
export function a7Features(signal: Float64Array): A7Features {
  const { length } = signal;
  const windows = Math.floor((length - windowLength) / windowStep) + 1;
  if (!(windows >= baselineWindows))
    throw new RangeError(`signal: ${length} samples at 100 Hz are less than the half minute that A7 looks at.`);
  const sigma = sigmaOf(signal);
  const window = new A7Window();
  const raw = [0, 1, 2, 3].map(() => new Float64Array(windows));
  for (let place = 0; place < windows; place++) {
    window.measure(signal, sigma, place * windowStep);
    raw.forEach((values, feature) => (values[place] = window.features[feature] as number));
  }
  const of = (feature: keyof typeof Feature): Float64Array => raw[Feature[feature]] as Float64Array;
  return {
    power: overSamples(powerWithEnd(of('power'), sigma), length).map((value) => log(value) / ln10),
    relativePower: overSamples([...standardised(of('relativePower')), 0], length),
    covariance: overSamples([...standardised(of('covariance')), 0], length),
    correlation: overSamples(of('correlation'), length),
  };
}

/** Begins and ends of spindles in samples, the end exclusive. */
export function a7Spindles(
  { power, relativePower, covariance, correlation }: A7Features,
  thresholds: A7Thresholds = a7Thresholds,
): { readonly onset: number; readonly end: number }[] {
  const isIn = (n: number): boolean =>
    (power[n] as number) > thresholds.power && (covariance[n] as number) > thresholds.covariance;
  const isCore = (n: number): boolean =>
    (relativePower[n] as number) > thresholds.relativePower && (correlation[n] as number) > thresholds.correlation;
  const spindles: { onset: number; end: number }[] = [];
  for (let onset = 0; onset < power.length; onset++) {
    if (!isIn(onset)) continue;
    let end = onset;
    let hasCore = false;
    for (; end < power.length && isIn(end); end++) hasCore ||= isCore(end);
    if (hasCore && end - onset >= shortest && end - onset <= longest) spindles.push({ onset, end });
    onset = end;
  }
  return spindles;
}

/** 11–16 Hz by a high-pass and a low-pass of order 20, each forwards and backwards. */
function sigmaOf(signal: Float64Array): Float64Array {
  const prototype = butterworth(filterOrder);
  const above = toSections(digitalFilter(prototype, { type: 'highpass', corner: 11 }, 100));
  const below = toSections(digitalFilter(prototype, { type: 'lowpass', corner: 16 }, 100));
  return [...above, ...below].reduce(forwardsAndBackwards, signal);
}

/**
 * One section at a time, as the original's tool does it: both ends are continued by their odd reflection for three times
 * the order, and the state begins as if the first value had always been there.
 */
function forwardsAndBackwards(signal: Float64Array, section: Sections[number]): Float64Array {
  const { length } = signal;
  const first = signal[0] as number;
  const last = signal[length - 1] as number;
  const padded = new Float64Array(length + 2 * padding);
  padded.set(signal, padding);
  for (let n = 1; n <= padding; n++) {
    padded[padding - n] = 2 * first - (signal[n] as number);
    padded[padding + length - 1 + n] = 2 * last - (signal[length - 1 - n] as number);
  }
  filterFromRest(padded, section);
  padded.reverse();
  filterFromRest(padded, section);
  padded.reverse();
  return padded.slice(padding, padding + length);
}

/** In place. */
function filterFromRest(values: Float64Array, [b0, b1, b2, , a1, a2]: Sections[number]): void {
  const gain = (b0 + b1 + b2) / (1 + a1 + a2);
  let z0 = (gain - b0) * (values[0] as number);
  let z1 = (b2 - a2 * gain) * (values[0] as number);
  for (let n = 0; n < values.length; n++) {
    const x = values[n] as number;
    const y = b0 * x + z0;
    z0 = b1 * x - a1 * y + z1;
    z1 = b2 * x - a2 * y;
    values[n] = y;
  }
}

/** Windows that hang over the end count what they hold. */
function powerWithEnd(powers: Float64Array, sigma: Float64Array): number[] {
  const all = [...powers];
  for (let first = powers.length * windowStep; first < sigma.length - 1; first += windowStep) {
    let sum = 0;
    for (let n = first; n < sigma.length; n++) sum += (sigma[n] as number) ** 2;
    all.push(sum / windowLength);
  }
  return all;
}

/**
 * In standard deviations of the 298 windows around each, of those values alone that lie between the 10th and the 90th
 * percentile of the whole recording.
 */
function standardised(values: Float64Array): Float64Array {
  const sorted = values.toSorted();
  const low = quantile(sorted, 0.1);
  const high = quantile(sorted, 0.9);
  return values.map((value, place) => {
    const first = Math.max(0, Math.min(place - windowsBefore, values.length - baselineWindows));
    const usual = values.subarray(first, first + baselineWindows).filter((each) => each >= low && each <= high);
    const mean = usual.reduce((sum, each) => sum + each, 0) / usual.length;
    const squares = usual.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    return (value - mean) / Math.sqrt(squares / (usual.length - 1));
  });
}

function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  return low + (place - below) * ((sorted[Math.min(below + 1, sorted.length - 1)] as number) - low);
}

/** Samples behind the last window have its value. */
function overSamples(values: ArrayLike<number>, length: number): Float64Array {
  const perWindow = windowLength / windowStep;
  return Float64Array.from({ length }, (_, n) => {
    const newest = Math.min(Math.floor(n / windowStep), values.length - 1);
    const oldest = Math.min(Math.max(0, Math.floor(n / windowStep) - perWindow + 1), newest);
    let sum = 0;
    for (let place = oldest; place <= newest; place++) sum += values[place] as number;
    return sum / (newest - oldest + 1);
  });
}

const filterOrder = 20;
const padding = 3 * filterOrder;
/** 30 s, each window whole. */
const baselineWindows = 298;
const windowsBefore = 148;
/** 0.3 and 2.5 s. */
const shortest = 30;
const longest = 250;
const ln10 = 2.302585092994046;
