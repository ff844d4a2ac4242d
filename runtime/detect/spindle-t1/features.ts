import type { SignalShape } from '../../contracts.js';
import { exp, logAll } from '../../signal/math.js';
import { SleepRule } from '../sleep-rule.js';
import { bandAt, bandCount, BandPowers } from './band-powers.js';
import { HundredHertz } from './hundred-hertz.js';
import { RunningQuantiles } from './running-quantiles.js';

export const featureCount = 21;
export const framesPerSecond = 20;

/**
 * What the spindle network sees of one electrode: 21 codes in every 50 ms, from microvolts at any rate from 50 to
 * 1000 Hz, causally. Frame n, from 0 at the first sample after a reset, is known at (n + 1) ÷ 20 s, `lateSeconds` later
 * at rates below 100 Hz. Most features are logarithms of band powers above their own running quantile, so that they
 * follow a sleeper and a gain within minutes and without labels. The codes of the first 39 frames are 0, while the
 * quantiles have not begun.
 *
 * Codes 0–11: bands above their median, in the order of `BandPowers`. 12, 13: sigma and the largest of the five narrow
 * bands above their 0.9 quantile. 14, 15: sigma against theta and beta, and sigma against all, above their median;
 * 16, 17: the same above a constant. 18: the largest narrow band against alpha. 19: frequency of sigma from 13.25 Hz.
 * 20: its order. A code is 16 times an octave or a hertz.
 */
export class SpindleFeatures {
  readonly codes = new Int8Array(featureCount);
  /** log2 of the band powers in µV², in the order of `BandPowers`. */
  readonly logPowers = new Float64Array(bandCount);
  /**
   * One octave above the depth of `SleepRule`, so that N2 and N3 are above some 3; −Infinity within ten seconds of an
   * arousal.
   */
  depth = 0;
  /**
   * The quantiles have begun, and for a second this has been the signal of an electrode on a head: not flat (dead or
   * clipped), no strong noise in which fast bands outweigh slow ones (an electrode off, muscles). The quantiles stand
   * still otherwise.
   */
  isUsable = false;
  /** Number of the last frame; −1 before the first. */
  frame = -1;
  readonly #resampled = new HundredHertz();
  readonly #bands = new BandPowers();
  readonly #sleep = new SleepRule();
  /** Twelve bands, sigma, largest narrow band, sigma against its neighbours, sigma against all. */
  /** log2 of delta over beta, and of high beta, over about 2 s. */
  #tilt = 0;
  #fast = 0;
  /** For so many frames more the signal is not trusted. */
  #holdFrames = 0;
  readonly #row = new Float64Array(columns.length);
  readonly #logs = new Float64Array(bandCount + 2);
  readonly #features = new Float64Array(featureCount);
  readonly #quantiles = new RunningQuantiles(columns);
  #rate = 0;

  /** Throws a `RangeError` for a rate outside 50 to 1000 Hz and for a unit other than µV. */
  prepare({ rate, unit }: SignalShape): void {
    if (unit !== 'uV') {
      throw new RangeError(
        `unit: the signal is in "${unit}", and spindles are judged in "uV". Use an electrode's signal.`,
      );
    }
    this.#resampled.prepare(rate);
    this.#rate = rate;
    this.reset();
  }

  /** By which a frame is known after its end. */
  get lateSeconds(): number {
    return this.#resampled.lateSamples / this.#rate;
  }

  /** Takes `input[at]`; true if it completed a frame. */
  push(input: Float64Array, at: number): boolean {
    const made = this.#resampled.push(input, at);
    let isNew = false;
    for (let value = 0; value < made; value++) {
      if (this.#bands.push(this.#resampled.values, value)) isNew = true;
    }
    if (isNew) this.#finish();
    return isNew;
  }

  reset(): void {
    this.#resampled.reset();
    this.#bands.reset();
    this.#quantiles.reset();
    this.codes.fill(0);
    this.logPowers.fill(0);
    this.depth = 0;
    this.#sleep.reset();
    this.isUsable = false;
    this.#holdFrames = 0;
    this.frame = -1;
  }

  #isBad(tilt: number, logOfAll: number, logOfFast: number): boolean {
    // The filters begin at nothing: nothing is judged within the first second.
    const isSettling = this.frame < framesPerSecond;
    const weight = isSettling ? 1 : noiseWeight;
    this.#tilt += weight * (tilt - this.#tilt);
    this.#fast += weight * (logOfFast - this.#fast);
    const isFlat = logOfAll < flatLog;
    const isNoise = this.#tilt < noiseTilt && this.#fast > noiseLog;
    return !isSettling && (isFlat || isNoise);
  }

  #finish(): void {
    this.frame++;
    const row = this.#row;
    const levels = this.logPowers;
    const { power } = this.#bands;
    // All logarithms at once: the bands', and at the end those of their sum and of the disorder.
    const logs = this.#logs;
    logs.set(power);
    logs[bandCount] =
      (power[bandAt.delta] as number) +
      (power[bandAt.theta] as number) +
      (power[bandAt.alpha] as number) +
      (power[bandAt.beta] as number) +
      (power[bandAt.sigma] as number);
    logs[bandCount + 1] = Math.abs(this.#bands.disorder) + 0.001;
    logAll(logs, bandCount + 2);
    for (let place = 0; place < bandCount + 2; place++) logs[place] = (logs[place] as number) / ln2;
    for (let band = 0; band < bandCount; band++) row[band] = levels[band] = logs[band] as number;
    const sigma = levels[bandAt.sigma] as number;
    const largest = Math.max(
      levels[bandAt.s11] as number,
      levels[bandAt.s12] as number,
      levels[bandAt.s13] as number,
      levels[bandAt.s14] as number,
      levels[bandAt.s15] as number,
    );
    const overNeighbours = sigma - 0.5 * ((levels[bandAt.theta] as number) + (levels[bandAt.beta] as number));
    const overAll = sigma - (logs[bandCount] as number);
    const tilt = (levels[bandAt.delta] as number) - (levels[bandAt.beta] as number);
    this.#sleep.push(levels);
    this.depth = this.#sleep.isAroused ? -Infinity : this.#sleep.depth + 1;
    row[bandCount] = sigma;
    row[bandCount + 1] = largest;
    row[bandCount + 2] = overNeighbours;
    row[bandCount + 3] = overAll;
    if (this.#isBad(tilt, logs[bandCount] as number, levels[bandAt.highBeta] as number)) this.#holdFrames = holdFrames;
    const isGood = this.#holdFrames === 0;
    if (isGood) this.#quantiles.push(row);
    else this.#holdFrames--;
    this.isUsable = isGood && this.#quantiles.ready;
    if (!this.#quantiles.ready) return;

    const features = this.#features;
    const quantiles = this.#quantiles.values;
    for (let place = 0; place < columns.length; place++)
      features[place] = (row[place] as number) - (quantiles[place] as number);
    features[16] = overNeighbours - 4;
    features[17] = overAll + 3;
    features[18] = largest - (levels[bandAt.alpha] as number);
    features[19] = this.#bands.frequency - 13.25;
    features[20] = Math.min(Math.max(-(logs[bandCount + 1] as number) - 4, -4), 4);
    for (let place = 0; place < featureCount; place++)
      this.codes[place] = Math.min(Math.max(Math.round(16 * (features[place] as number)), -127), 127);
  }
}

/** Which quantile of each number in a row is followed. */
const columns = [...Array.from({ length: bandCount }, () => 0.5), 0.9, 0.9, 0.5, 0.5];
const holdFrames = 20;
const noiseWeight = 1 - exp(-1 / 40);
/** log2 of µV²: some times the noise of an amplifier whose input is shorted. */
const flatLog = -5;
/** Octaves: white noise has −0.9 here; real sleep is below 0 in half a percent of its frames. */
const noiseTilt = -0.25;
/** log2 of µV² in high beta: weaker noise is that of a quiet head. */
const noiseLog = 3;
const ln2 = 0.6931471805599453;
