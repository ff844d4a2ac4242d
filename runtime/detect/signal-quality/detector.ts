import type { Detector, Estimate, SignalShape } from '../../contracts.js';
import { createEstimate, forget } from '../estimate.js';
import { RunningMedian } from '../running-median.js';
import { Measures, chunkLength } from './measures.js';

const Sign = { flat: 0, clipping: 1, mains: 2, movement: 3, electrode: 4 } as const;
const signs = 5;

/** In the order in which they are found: with each sample, and from `firstOfTick` on ten times a second. */
const Finding = {
  repeats: 0,
  swing: 1,
  step: 2,
  silence: 3,
  hum: 4,
  muchMuscle: 5,
  moreMuscle: 6,
  moreSlow: 7,
  strange: 8,
  white: 9,
} as const;
const firstOfTick = 3;
const { flat, clipping, mains, movement, electrode } = Sign;
/** What each finding is a sign of. */
const signOf = [clipping, movement, electrode, flat, mains, movement, movement, movement, electrode, electrode];

/**
 * Whether one channel of EEG can be trusted now, in microvolts, at 50 Hz or more. Detects nothing: it keeps estimates,
 * each with the reason under which a gate that requires it refuses.
 *
 * | estimate | its value | holds |
 * |---|---|---|
 * | `index` | share of the last 30 s in which nothing below held | below one half |
 * | `flat` | RMS of its change within 20 ms, over the last second, µV | below 0.5 µV |
 * | `clipping` | strongest sign within 0.1 s | equal values in a row, at least 3 and 10 ms, 100 µV off the baseline |
 * | `mains` | RMS at 50 or 60 Hz, the larger, over the last second, µV | above 5 µV and above that of 0.3–30 Hz |
 * | `movement` | strongest sign within 0.1 s | see below |
 * | `electrode` | strongest sign within 0.1 s | see below |
 *
 * A sign is a multiple of the limit that it must exceed, so 1 is where it begins to hold. Signs of movement: 250 µV off
 * the baseline; slow waves (RMS over 2 s) of 80 µV and five times their median; muscle (20–40 Hz, RMS over 0.5 s) of
 * 4 µV and four times its median, or of 25 µV. Signs of an electrode that comes off: a step of 80 µV and of five times
 * the median RMS of the EEG within 20 ms; for 3 s an RMS below a fifth or above six times its median; for 4 s more
 * muscle band than slow waves by half, which a brain never has for so long but an open input does. Medians are those of
 * the last five minutes, and are used once 30 s of them are there: what a sleeper's own large waves are takes a past.
 *
 * Each holds on for a while after its sign: 2 s, 3 s for electrodes, 5 s for movement. All are unknown for 4 s after a
 * start or reset. Below 90 Hz muscle is not judged, below 104 Hz no mains and below 125 Hz only those of 50 Hz: that a
 * slow recording has none of it must be known otherwise. The limits were set on four excerpts of sleep, so that large
 * slow waves and K-complexes pass.
 */
export class SignalQuality implements Detector {
  readonly delaySamples = 0;
  readonly #index = createEstimate('index', '1', 'quality');
  readonly #flat = createEstimate('flat', 'uV', 'flat');
  readonly #clipping = createEstimate('clipping', '1', 'saturation');
  readonly #mains = createEstimate('mains', 'uV', 'mains');
  readonly #movement = createEstimate('movement', '1', 'movement');
  readonly #electrode = createEstimate('electrode', '1', 'electrode');
  readonly estimates: readonly Estimate[] = [
    this.#index,
    this.#flat,
    this.#clipping,
    this.#mains,
    this.#movement,
    this.#electrode,
  ];
  #measures: Measures | undefined;
  readonly #medians = {
    eeg: new RunningMedian(medianSeconds),
    slow: new RunningMedian(medianSeconds),
    muscle: new RunningMedian(medianSeconds),
  };
  // Lengths in samples, set by `prepare`.
  #warmup = 0;
  #tick = 0;
  #clipRun = 0;
  readonly #holds = new Float64Array(signs);

  /** Samples since the reset. */
  #samples = 0;
  /** What this sample and the last tick show, as multiples of their limits. */
  readonly #found = new Float64Array(signOf.length);
  /** The largest of each kind since the last tick. */
  readonly #signs = new Float64Array(signs);
  /** The sample up to which each kind holds. */
  readonly #until = new Float64Array(signs);
  readonly #stepLimit = new Float64Array(1);
  readonly #last = new Float64Array(1);
  #unchanged = 0;
  /** Ticks for which it has been so, less those for which it has not. */
  #strange = 0;
  #white = 0;
  /** Of the last 30 s, a ring: 1 for a tick in which something held. */
  readonly #bad = new Uint8Array(indexTicks);
  #ticks = 0;
  #badTicks = 0;

  get settleSamples(): number {
    return this.#warmup;
  }

  prepare(shape: SignalShape): void {
    const { rate, unit } = shape;
    if (!(rate >= 50)) throw new RangeError(`rate: ${rate} Hz is too low to judge a signal. Use 50 Hz or more.`);
    if (unit !== 'uV') {
      throw new RangeError(
        `unit: the signal is in "${unit}", and quality is judged in "uV". Use an electrode's signal.`,
      );
    }
    this.#warmup = Math.ceil(warmupSeconds * rate);
    this.#tick = Math.round(tickSeconds * rate);
    this.#clipRun = Math.max(3, Math.ceil(clipSeconds * rate));
    holdSeconds.forEach((seconds, sign) => (this.#holds[sign] = Math.ceil(seconds * rate)));
    this.#measures = new Measures(shape);
    this.reset();
  }

  process(input: Float64Array, length: number): void {
    const measures = this.#measures;
    if (!measures) throw new Error('prepare() comes before process()');
    for (let first = 0; first < length; first += chunkLength) {
      const count = Math.min(chunkLength, length - first);
      measures.process(input, first, count);
      for (let i = 0; i < count; i++) this.#sample(input, first + i, measures, i);
    }
    if (this.#ticks > 0) this.#judge();
  }

  reset(): void {
    forget(this.estimates);
    this.#measures?.reset();
    for (const median of Object.values(this.#medians)) median.reset();
    this.#samples = 0;
    this.#signs.fill(0);
    this.#until.fill(0);
    this.#stepLimit[0] = leastStep;
    this.#unchanged = 0;
    this.#strange = 0;
    this.#white = 0;
    this.#bad.fill(0);
    this.#ticks = 0;
    this.#badTicks = 0;
  }

  /** What one sample can show. */
  #sample(input: Float64Array, at: number, measures: Measures, place: number): void {
    const last = this.#last;
    const value = input[at] as number;
    this.#unchanged = this.#samples > 0 && value === last[0] ? this.#unchanged + 1 : 1;
    last[0] = value;
    this.#samples++;
    const found = this.#found;
    found[Finding.repeats] =
      Math.abs(measures.steady[place] as number) > leastClip ? this.#unchanged / this.#clipRun : 0;
    // A filter that starts may swing.
    const isWarm = this.#samples > this.#warmup;
    found[Finding.swing] = isWarm ? (measures.swing[place] as number) / largestSwing : 0;
    found[Finding.step] = isWarm ? (measures.step[place] as number) / (this.#stepLimit[0] as number) : 0;
    this.#take(0, firstOfTick);
    if (this.#samples % this.#tick !== 0) return;
    if (this.#samples >= this.#warmup) this.#judgeTick(measures, place);
    this.#signs.fill(0);
  }

  /** Ten times a second: what shows only over a while. */
  #judgeTick(measures: Measures, place: number): void {
    const { eeg, slow, muscle } = this.#medians;
    const life = measures.life[place] as number;
    const eegRms = measures.eeg[place] as number;
    const slowRms = measures.slow[place] as number;
    const muscleRms = measures.muscle[place] as number;
    const mainsRms = measures.mains[place] as number;
    const hasPast = this.#ticks >= pastTicks;
    const isStrange = hasPast && (eegRms < 0.2 * eeg.median || eegRms > 6 * eeg.median);
    this.#strange = counted(this.#strange, isStrange, strangeTicks);
    this.#white = counted(this.#white, muscleRms > 1.5 * slowRms, whiteTicks);
    const found = this.#found;
    found[Finding.silence] = leastLife / Math.max(life, 1e-9);
    found[Finding.hum] = mainsRms / Math.max(leastMains, eegRms);
    found[Finding.muchMuscle] = muscleRms / largestMuscle;
    found[Finding.moreMuscle] = hasPast ? muscleRms / Math.max(leastMuscle, 4 * muscle.median) : 0;
    found[Finding.moreSlow] = hasPast ? slowRms / Math.max(leastSlow, 5 * slow.median) : 0;
    found[Finding.strange] = this.#strange / strangeTicks;
    found[Finding.white] = this.#white / whiteTicks;
    this.#take(firstOfTick, signOf.length);
    if (this.#ticks % medianTicks === 0) {
      eeg.push(measures.eeg, place);
      slow.push(measures.slow, place);
      muscle.push(measures.muscle, place);
      this.#stepLimit[0] = Math.max(leastStep, hasPast ? 5 * eeg.median : 0);
    }
    this.#count();
    this.#flat.value = life;
    this.#mains.value = mainsRms;
    this.#clipping.value = this.#signs[Sign.clipping] as number;
    this.#movement.value = this.#signs[Sign.movement] as number;
    this.#electrode.value = this.#signs[Sign.electrode] as number;
  }

  /** Numbers come by their place, because one that is handed to a function may be put on the heap for it. */
  #take(from: number, to: number): void {
    for (let finding = from; finding < to; finding++) {
      const multiple = this.#found[finding] as number;
      const sign = signOf[finding] as number;
      // Written so that what is no number counts as bad.
      if (!(multiple <= (this.#signs[sign] as number))) this.#signs[sign] = multiple;
      if (!(multiple < 1)) this.#until[sign] = this.#samples + (this.#holds[sign] as number);
    }
  }

  #count(): void {
    const place = this.#ticks % indexTicks;
    let bad = 0;
    for (let sign = 0; sign < signs; sign++) if (this.#samples < (this.#until[sign] as number)) bad = 1;
    this.#badTicks += bad - (this.#bad[place] as number);
    this.#bad[place] = bad;
    this.#ticks++;
    this.#index.value = 1 - this.#badTicks / Math.min(this.#ticks, indexTicks);
  }

  #judge(): void {
    this.#index.state = this.#index.value < leastIndex ? 'holds' : 'clear';
    this.#flat.state = this.#stateOf(Sign.flat);
    this.#clipping.state = this.#stateOf(Sign.clipping);
    this.#mains.state = this.#stateOf(Sign.mains);
    this.#movement.state = this.#stateOf(Sign.movement);
    this.#electrode.state = this.#stateOf(Sign.electrode);
  }

  #stateOf(sign: number): Estimate['state'] {
    return this.#samples < (this.#until[sign] as number) ? 'holds' : 'clear';
  }
}

const holdSeconds = [2, 2, 2, 5, 3];

/** Single ticks that say otherwise do not start the count afresh. */
function counted(count: number, more: boolean, limit: number): number {
  return more ? Math.min(count + 1, limit) : Math.max(count - 1, 0);
}

const tickSeconds = 0.1;
const warmupSeconds = 4;
const medianSeconds = 300;
/** One value of each second. */
const medianTicks = 10;
const pastTicks = 300;
const indexTicks = 300;
const leastIndex = 0.5;

const leastLife = 0.5;
const clipSeconds = 0.01;
const leastClip = 100;
const leastMains = 5;
const largestSwing = 250;
const leastSlow = 80;
const leastMuscle = 4;
const largestMuscle = 25;
const leastStep = 80;
const strangeTicks = 30;
const whiteTicks = 40;
