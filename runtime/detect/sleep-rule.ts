import { exp } from '../signal/math.js';
import { bandAt, frameSamples } from './spindle-t1/band-powers.js';
import { RunningQuantiles } from './spindle-t1/running-quantiles.js';

export interface SleepRuleOptions {
  /** Least depth of sleep, in octaves. */
  readonly threshold: number;
  /** How long after an arousal nobody counts as asleep. */
  readonly calmSeconds: number;
}

export const usualSleepRule: SleepRuleOptions = { threshold: 2.4, calmSeconds: 10 };

/** Nothing is known before. */
export const sleepWarmUpSeconds = 10;

/**
 * Whether a person is likely in N2 or N3, from the band powers of one electrode, frame by frame.
 *
 * Depth is by how many octaves of power the slow bands, delta (2.5 Hz) and theta (5.5 Hz), outweigh the fast ones, alpha
 * (8.75 Hz) and beta (18.5 Hz), in the mean of their logarithms over some 15 s. Awake it is about 1, in N1 and REM about
 * 2, in N2 3 and in N3 4, at any gain. An arousal is beta up to 24 Hz that stands, over one second, at 5.7 times its own
 * median of two minutes: muscle or movement, which bring slow power too and would pass for sleep.
 *
 * The signal must reach 20 Hz: what an amplifier cuts below that looks like missing beta. The constants were chosen on
 * recordings of five sleepers and two derivations of one person awake, threshold and all, and hold with the threshold
 * chosen without the sleeper that is judged.
 */
export class SleepRule {
  readonly #threshold: number;
  readonly #calmFrames: number;
  /** Depth, and the mean of the fast bands over a second: numbers that change stay off the heap in an array. */
  readonly #means = new Float64Array(2);
  readonly #fast = this.#means.subarray(1);
  readonly #median = new RunningQuantiles([0.5]);
  #frames = 0;
  /** Frames until an arousal is over. */
  #unrest = 0;

  /** Throws a `RangeError` that names an impossible option. */
  constructor(options: Partial<SleepRuleOptions> = {}) {
    const { threshold, calmSeconds } = { ...usualSleepRule, ...options };
    if (!Number.isFinite(threshold)) throw new RangeError(`threshold: ${threshold} is no number of octaves. Use 2.4.`);
    if (!(calmSeconds >= 0 && calmSeconds < Infinity)) {
      throw new RangeError(`calmSeconds: ${calmSeconds} is no time from 0 on. Use 10.`);
    }
    this.#threshold = threshold;
    this.#calmFrames = Math.round(calmSeconds * framesPerSecond);
  }

  /** Frames enough have come for a judgement. */
  get isKnown(): boolean {
    return this.#frames >= warmUpFrames;
  }

  /** False also before it is known. */
  get isAsleep(): boolean {
    return this.isKnown && this.depth >= this.#threshold && !this.isAroused;
  }

  /** An arousal was within the last `calmSeconds`. */
  get isAroused(): boolean {
    return this.#unrest > 0;
  }

  /** In octaves; 0 before the filters have settled. */
  get depth(): number {
    return this.#means[0] as number;
  }

  /** Takes one frame: log2 of the powers in µV² in the order of `BandPowers`, 20 frames a second. */
  push(levels: Float64Array): void {
    // The filters have not settled before.
    if (++this.#frames <= firstFrames) return;
    const alpha = levels[bandAt.alpha] as number;
    const beta = levels[bandAt.beta] as number;
    const slow = ((levels[bandAt.delta] as number) + (levels[bandAt.theta] as number)) / 2;
    const fast = (beta + (levels[bandAt.highBeta] as number)) / 2;
    const means = this.#means;
    const depth = means[0] as number;
    const before = means[1] as number;
    const shareOfNew = 1 / (this.#frames - firstFrames);
    means[0] = depth + Math.max(depthWeight, shareOfNew) * (slow - (alpha + beta) / 2 - depth);
    means[1] = before + Math.max(fastWeight, shareOfNew) * (fast - before);
    this.#median.push(this.#fast);
    if (this.#unrest > 0) this.#unrest--;
    if (this.#median.ready && (means[1] as number) - (this.#median.values[0] as number) >= arousalRise) {
      this.#unrest = this.#calmFrames + 1;
    }
  }

  reset(): void {
    this.#means.fill(0);
    this.#median.reset();
    this.#frames = 0;
    this.#unrest = 0;
  }
}

const framesPerSecond = 100 / frameSamples;
const firstFrames = 2 * framesPerSecond;
const warmUpFrames = sleepWarmUpSeconds * framesPerSecond;
const depthWeight = 1 - exp(-1 / (15 * framesPerSecond));
const fastWeight = 1 - exp(-1 / framesPerSecond);
/** Octaves. */
const arousalRise = 2.5;
