import { DetectionPhase, type DetectionList, type Detector, type SignalShape, type Stage } from '../contracts.js';
import { appendDetection } from './detection-list.js';
import { bandpass } from './temporary.js';
import { MovingSum } from './moving-sum.js';
import { RunningMedian } from './running-median.js';

export interface BandPowerOptions {
  /** Multiple of the median envelope that starts a run. */
  readonly threshold: number;
  /** Multiple below which a run ends; at most `threshold`. */
  readonly release: number;
  /** How long a run must last to be a spindle. */
  readonly confirmSeconds: number;
  /** Least ratio of 11–16 Hz to 4–10 Hz RMS over the last half second; 0 accepts all. */
  readonly guard: number;
}

/** Parameter sets that were measured on the DREAMS spindle excerpts; `fast` ones confirm 0.1 s earlier and err more. */
export const bandPowerPoints = {
  r1: { threshold: 2.5, release: 2, confirmSeconds: 0.4, guard: 0 },
  r1fast: { threshold: 3, release: 2.4, confirmSeconds: 0.3, guard: 0 },
  r2: { threshold: 2.5, release: 2, confirmSeconds: 0.4, guard: 0.8 },
  r2fast: { threshold: 3, release: 2.4, confirmSeconds: 0.3, guard: 0.6 },
} as const satisfies Record<string, BandPowerOptions>;

/**
 * Sleep spindles by the power of their band, causally: the RMS of the 11–16 Hz signal over 0.1 s stands at `threshold`
 * times its own median over two minutes, and above `release` times it for `confirmSeconds`. Takes microvolts, raw or
 * lightly filtered, at any rate above 40 Hz. Omitted options are those of the point `r2`.
 *
 * Each spindle is reported when it is confirmed and once more, with its end, when nothing can prolong it any more: a
 * run of high power that begins within 0.2 s of the end of the last one belongs to the same spindle, so that report
 * comes up to 0.2 s + `confirmSeconds` after the end that it names. A reset forgets a spindle that has not ended.
 *
 * Nothing is reported in the first 3 s; in the first 30 s the median rests on few values. It knows neither sleep stages
 * nor artefacts: alpha rhythm passes for spindles, and the gate must keep clipped or dead channels away.
 */
export class BandPowerDetector implements Detector {
  readonly #options: BandPowerOptions;
  #powers: Powers | undefined;
  #rate = 0;
  // Lengths in samples, set by `prepare`.
  #startup = 0;
  #longest = 0;
  #mergeGap = 0;
  #confirmLength = 0;

  #state: number = State.idle;
  /** Of the run of high power; it is a part of the spindle below only once it is confirmed. */
  #runOnset = 0;
  #runScore = 0;
  #runIsConfirmed = false;
  /** The last confirmed or rejected spindle; its end is that of its last run. */
  #onset = 0;
  #end = -Infinity;
  #confirmed = 0;
  #score = 0;
  /** It was accepted, and its end has not been reported. */
  #isOpen = false;

  constructor(options: Partial<BandPowerOptions> = {}) {
    const { threshold, release, confirmSeconds, guard } = (this.#options = { ...bandPowerPoints.r2, ...options });
    if (!(threshold > 0)) throw new RangeError(`threshold: ${threshold} is no multiple of the median. Use about 2.5.`);
    if (!(release > 0 && release <= threshold)) {
      throw new RangeError(`release: ${release} is not above 0 and at most threshold ${threshold}. Use 0.8 times it.`);
    }
    if (!(confirmSeconds > 0 && confirmSeconds <= longestSeconds)) {
      throw new RangeError(
        `confirmSeconds: ${confirmSeconds} is not above 0 and at most ${longestSeconds}. Use 0.3 to 0.5.`,
      );
    }
    if (!(guard >= 0)) throw new RangeError(`guard: ${guard} is no ratio. Use 0 for none, or about 0.8.`);
  }

  get delaySamples(): number {
    return delaySeconds * this.#rate;
  }

  get settleSamples(): number {
    return this.#startup;
  }

  prepare(shape: SignalShape): void {
    const { rate, unit } = shape;
    if (!(rate > 40)) {
      throw new RangeError(`rate: ${rate} Hz is too low for the 11–16 Hz band. Use a signal above 40 Hz, 100 or more.`);
    }
    if (unit !== 'uV') {
      throw new RangeError(
        `unit: the signal is in "${unit}", and spindles are judged in "uV". Use an electrode's signal.`,
      );
    }
    this.#rate = rate;
    this.#startup = Math.ceil(3 * rate);
    this.#longest = Math.round(longestSeconds * rate);
    this.#mergeGap = Math.round(0.2 * rate);
    this.#confirmLength = Math.max(1, Math.round(this.#options.confirmSeconds * rate));
    this.#powers = new Powers(shape);
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    const powers = this.#powers;
    if (!powers) throw new Error('prepare() comes before process()');
    for (let first = 0; first < length; first += chunkLength) {
      const count = Math.min(chunkLength, length - first);
      powers.load(input, first, count);
      for (let i = 0; i < count; i++) {
        powers.step(i);
        this.#sample(firstSample + first + i, powers, out);
      }
    }
  }

  reset(): void {
    this.#powers?.reset();
    this.#state = State.idle;
    this.#runIsConfirmed = false;
    this.#end = -Infinity;
    this.#isOpen = false;
  }

  #sample(sample: number, powers: Powers, out: DetectionList): void {
    if (sample < this.#startup) return;
    this.#follow(sample, powers);
    if (this.#state === State.run) {
      this.#runScore = Math.max(this.#runScore, powers.envelope / powers.median);
      if (sample === this.#runOnset + this.#confirmLength - 1) this.#confirm(sample, powers, out);
    }
    if (this.#isOpen && !this.#runIsConfirmed && !this.#mayContinue(sample)) {
      this.#isOpen = false;
      appendDetection(out, DetectionPhase.ended, this.#onset, this.#confirmed, this.#end, this.#score);
    }
  }

  /** Starts and ends runs of high power. One that lasts too long ends, and power must drop before the next. */
  #follow(sample: number, { envelope, median }: Powers): void {
    const isLow = !(envelope >= this.#options.release * median);
    if (this.#state === State.idle) {
      if (envelope >= this.#options.threshold * median) {
        this.#state = State.run;
        this.#runOnset = sample;
        this.#runScore = 0;
      }
    } else if (this.#state === State.wait) {
      if (isLow) this.#state = State.idle;
    } else if (isLow || sample - this.#runOnset >= this.#longest) {
      this.#state = isLow ? State.idle : State.wait;
      if (this.#runIsConfirmed) this.#end = sample;
      this.#runIsConfirmed = false;
    }
  }

  /** The run has lasted long enough: it prolongs the last spindle, or it is one of its own. */
  #confirm(sample: number, { sigma, below }: Powers, out: DetectionList): void {
    this.#runIsConfirmed = true;
    if (this.#continues(this.#runOnset)) return;
    this.#onset = this.#runOnset;
    this.#confirmed = sample;
    this.#score = this.#runScore;
    this.#isOpen = sigma >= this.#options.guard ** 2 * below;
    if (this.#isOpen) appendDetection(out, DetectionPhase.confirmed, this.#onset, sample, NaN, this.#score);
  }

  /** A run from `onset`, once confirmed, belongs to the last spindle, be it an accepted or a rejected one. */
  #continues(onset: number): boolean {
    return onset - this.#end < this.#mergeGap && onset + this.#confirmLength - this.#onset <= this.#longest;
  }

  /** The run of now, or one that begins with the next sample, could still prolong the last spindle. */
  #mayContinue(sample: number): boolean {
    return (this.#state === State.run && this.#continues(this.#runOnset)) || this.#continues(sample + 1);
  }
}

/** Everything that is computed for every sample, whatever the state. */
class Powers {
  readonly #median = new RunningMedian(1200);
  readonly #sigma: Stage;
  readonly #below: Stage;
  readonly #sigmaValues = new Float64Array(chunkLength);
  readonly #belowValues = new Float64Array(chunkLength);
  readonly #envelopeLength: number;
  readonly #envelopeSum: MovingSum;
  readonly #sigmaSum: MovingSum;
  readonly #belowSum: MovingSum;
  readonly #medianStep: number;
  #untilMedian = 0;
  /** RMS of 11–16 Hz over the last 0.1 s. */
  envelope = 0;
  /** Of the envelope, every 0.1 s over the last two minutes. */
  median = noiseFloor;
  /** Sums of squares over the last half second, of 11–16 Hz and of 4–10 Hz. */
  sigma = 0;
  below = 0;

  constructor(shape: SignalShape) {
    const { rate } = shape;
    this.#sigma = bandpass(11, 16, shape);
    this.#below = bandpass(4, 10, shape);
    this.#envelopeLength = Math.round(0.1 * rate);
    this.#envelopeSum = new MovingSum(this.#envelopeLength);
    this.#sigmaSum = new MovingSum(Math.round(0.5 * rate));
    this.#belowSum = new MovingSum(Math.round(0.5 * rate));
    this.#medianStep = Math.round(rate / 10);
  }

  /** Takes `input[first … first + count)`, at most a chunk, for the next `count` steps. */
  load(input: Float64Array, first: number, count: number): void {
    for (let i = 0; i < count; i++) this.#sigmaValues[i] = input[first + i] as number;
    this.#below.process(this.#sigmaValues, count, this.#belowValues);
    this.#sigma.process(this.#sigmaValues, count, this.#sigmaValues);
  }

  step(place: number): void {
    const sigma = this.#sigmaValues[place] as number;
    const below = this.#belowValues[place] as number;
    this.envelope = Math.sqrt(this.#envelopeSum.push(sigma * sigma) / this.#envelopeLength);
    this.sigma = this.#sigmaSum.push(sigma * sigma);
    this.below = this.#belowSum.push(below * below);
    if (this.#untilMedian === 0) {
      this.median = Math.max(this.#median.push(this.envelope), noiseFloor);
      this.#untilMedian = this.#medianStep;
    }
    this.#untilMedian--;
  }

  reset(): void {
    this.#sigma.reset();
    this.#below.reset();
    this.#envelopeSum.reset();
    this.#sigmaSum.reset();
    this.#belowSum.reset();
    this.#median.reset();
    this.#untilMedian = 0;
    this.median = noiseFloor;
  }
}

const State = { idle: 0, run: 1, wait: 2 } as const;

/** Microvolts: what an amplifier adds by itself. A dead channel is no spindle. */
const noiseFloor = 0.5;
const longestSeconds = 2.5;
/** Group delay of the filter (0.09 s at 13.5 Hz) and half the window of the envelope. */
const delaySeconds = 0.14;
const chunkLength = 64;
