import type { DetectionList, Detector, SignalShape } from '../contracts.js';
import { designSections } from '../signal/design.js';
import { exp, logAll } from '../signal/math.js';
import { MovingSum } from '../signal/moving-sum.js';
import { SectionFilter } from '../signal/section-filter.js';
import { QuietRule } from './quiet-rule.js';

/** Least values, all of which must be reached. */
export interface ThreeFeatureOptions {
  /** Of the logarithm of the 11–16 Hz amplitude, in standard deviations of the last half minute. */
  readonly zScore: number;
  /** Of the 11–16 Hz signal with the signal of 2–30 Hz. */
  readonly correlation: number;
  /** Power of 11–16 Hz as a part of that of 2–30 Hz; the narrower filter is later, so it may pass 1 behind a spindle. */
  readonly relativePower: number;
}

/** Fitted on the four DREAMS excerpts at hand. */
export const threeFeatureThresholds = {
  zScore: 1.5,
  correlation: 0.5,
  relativePower: 0.4,
} as const satisfies ThreeFeatureOptions;

/**
 * Sleep spindles by three features over 0.3 s, causally: the amplitude of 11–16 Hz stands out from that of the last half
 * minute, and its signal makes up much of the one of 2–30 Hz, in power and in correlation. Quiet for 0.4 s, as the
 * Portiloop: a long spindle is one detection. Takes microvolts at any rate above 60 Hz.
 *
 * The half minute is forgotten exponentially and begins with an amplitude of 1 µV: it takes about as long to be of use,
 * and detections are reported all the same.
 */
export class ThreeFeatureDetector implements Detector {
  /** Of the last chunk: power ratio, correlation and z-score of each sample. */
  readonly relativePower = new Float64Array(chunkLength);
  readonly correlation = new Float64Array(chunkLength);
  readonly zScore = new Float64Array(chunkLength);
  readonly #options: ThreeFeatureOptions;
  readonly #sigma = bandpass(11, 16);
  readonly #broad = bandpass(2, 30);
  #sums: readonly [MovingSum, MovingSum, MovingSum] | undefined;
  /** Samples of a window, and the weight of the newest in the half minute. */
  #window = 0;
  #weight = 0;
  #rate = 0;
  /** Mean and variance; in an array, for a field that holds a double is a new object at each change. */
  readonly #past = new Float64Array(2);
  readonly #rule = new QuietRule();

  constructor(options: Partial<ThreeFeatureOptions> = {}) {
    this.#options = { ...threeFeatureThresholds, ...options };
    const { zScore, correlation, relativePower } = this.#options;
    if (!Number.isFinite(zScore)) throw new RangeError(`zScore: ${zScore} is no number. Use about 1.5.`);
    if (!(correlation >= -1 && correlation <= 1))
      throw new RangeError(`correlation: ${correlation} is not between -1 and 1. Use about 0.5.`);
    if (!(relativePower >= 0)) throw new RangeError(`relativePower: ${relativePower} is no ratio. Use about 0.4.`);
  }

  get delaySamples(): number {
    return this.#sigma.delaySamples + (this.#window - 1) / 2;
  }

  get settleSamples(): number {
    return Math.ceil(pastSeconds * this.#rate);
  }

  prepare(shape: SignalShape): void {
    const { rate, unit } = shape;
    if (!(rate > 60))
      throw new RangeError(`rate: ${rate} Hz is too low for the 2–30 Hz band. Use a signal of 100 Hz or more.`);
    if (unit !== 'uV')
      throw new RangeError(`unit: the signal is in "${unit}", and needs to be in "uV". Use an electrode's signal.`);
    this.#rate = rate;
    this.#sigma.prepare(shape);
    this.#broad.prepare(shape);
    const window = (this.#window = Math.round(windowSeconds * rate));
    this.#sums = [new MovingSum(window), new MovingSum(window), new MovingSum(window)];
    this.#weight = 1 - exp(-1 / (pastSeconds * rate));
    this.#rule.prepare(rate);
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    const { zScore, correlation, relativePower } = this.#options;
    for (let first = 0; first < length; first += chunkLength) {
      const count = Math.min(chunkLength, length - first);
      this.#measure(input, first, count);
      for (let i = 0; i < count; i++) {
        const isHigh =
          (this.zScore[i] as number) >= zScore &&
          (this.correlation[i] as number) >= correlation &&
          (this.relativePower[i] as number) >= relativePower;
        if (isHigh) this.#rule.high(firstSample + first + i, this.zScore, i, out);
        else this.#rule.low(firstSample + first + i, out);
      }
    }
  }

  reset(): void {
    this.#sigma.reset();
    this.#broad.reset();
    this.#sums?.forEach((sum) => sum.reset());
    this.#past.fill(0);
    this.#rule.reset();
  }

  /** The features of `input[first … first + count)`. */
  #measure(input: Float64Array, first: number, count: number): void {
    const { relativePower, correlation, zScore } = this;
    const window = this.#window;
    const [sigmaPower, broadPower, covariance] = this.#sums ?? never();
    // Each array holds other things on the way to its feature: the two signals, then their products' sums.
    for (let i = 0; i < count; i++) zScore[i] = input[first + i] as number;
    this.#broad.process(zScore, count, relativePower);
    this.#sigma.process(zScore, count, zScore);
    for (let i = 0; i < count; i++) {
      const sigma = zScore[i] as number;
      const broad = relativePower[i] as number;
      zScore[i] = sigma * sigma;
      relativePower[i] = broad * broad;
      correlation[i] = sigma * broad;
    }
    sigmaPower.process(zScore, count, zScore);
    broadPower.process(relativePower, count, relativePower);
    covariance.process(correlation, count, correlation);
    for (let i = 0; i < count; i++) {
      const sigma = (zScore[i] as number) / window;
      const broad = (relativePower[i] as number) / window;
      relativePower[i] = sigma / (broad + 1e-9);
      correlation[i] = (correlation[i] as number) / window / Math.sqrt(sigma * broad + 1e-9);
      zScore[i] = Math.sqrt(sigma) + 1e-3;
    }
    logAll(zScore, count);
    const weight = this.#weight;
    let mean = this.#past[0] as number;
    let variance = this.#past[1] as number;
    for (let i = 0; i < count; i++) {
      const level = zScore[i] as number;
      mean += weight * (level - mean);
      variance += weight * ((level - mean) * (level - mean) - variance);
      zScore[i] = (level - mean) / Math.sqrt(variance + 1e-6);
    }
    this.#past[0] = mean;
    this.#past[1] = variance;
  }
}

function never(): never {
  throw new Error('prepare() comes before process()');
}

function bandpass(from: number, to: number): SectionFilter {
  return new SectionFilter(
    (rate) => designSections({ type: 'bandpass', from, to }, rate, 2),
    () => (from + to) / 2,
  );
}

const chunkLength = 64;
const windowSeconds = 0.3;
const pastSeconds = 30;
