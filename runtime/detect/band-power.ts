import { DetectionPhase, type DetectionList, type Detector, type SignalShape } from '../contracts.js';
import { appendDetection, createDetection } from './detection-list.js';
import { SigmaPower, chunkLength } from './sigma-power.js';

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

/** Parameter sets that were measured on the DREAMS spindle excerpts; `fast` ones ask for 0.1 s less and err more. */
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
  #power: SigmaPower | undefined;
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
  /** The last one, confirmed or rejected; its end is that of its last run, NaN during its first. */
  readonly #spindle = createDetection();
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
    this.#power = new SigmaPower(shape);
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    const power = this.#power;
    if (!power) throw new Error('prepare() comes before process()');
    for (let first = 0; first < length; first += chunkLength) {
      const count = Math.min(chunkLength, length - first);
      power.process(input, first, count);
      for (let i = 0; i < count; i++) this.#sample(firstSample + first + i, power, i, out);
    }
  }

  reset(): void {
    this.#power?.reset();
    this.#state = State.idle;
    this.#runIsConfirmed = false;
    this.#spindle.end = NaN;
    this.#isOpen = false;
  }

  #sample(sample: number, power: SigmaPower, place: number, out: DetectionList): void {
    if (sample < this.#startup) return;
    const { threshold, release } = this.#options;
    const envelope = power.envelope[place] as number;
    const median = power.median[place] as number;
    this.#follow(sample, envelope >= threshold * median, envelope < release * median);
    if (this.#state === State.run) {
      this.#runScore = Math.max(this.#runScore, envelope / median);
      if (sample === this.#runOnset + this.#confirmLength - 1) this.#confirm(sample, power, place, out);
    }
    if (this.#isOpen && !this.#runIsConfirmed && !this.#mayContinue(sample)) {
      this.#isOpen = false;
      this.#spindle.phase = DetectionPhase.ended;
      appendDetection(out, this.#spindle);
    }
  }

  /** Starts and ends runs of high power. One that lasts too long ends, and power must drop before the next. */
  #follow(sample: number, isHigh: boolean, isLow: boolean): void {
    if (this.#state === State.idle) {
      if (isHigh) {
        this.#state = State.run;
        this.#runOnset = sample;
        this.#runScore = 0;
      }
    } else if (this.#state === State.wait) {
      if (isLow) this.#state = State.idle;
    } else if (isLow || sample - this.#runOnset >= this.#longest) {
      this.#state = isLow ? State.idle : State.wait;
      if (this.#runIsConfirmed) this.#spindle.end = sample;
      this.#runIsConfirmed = false;
    }
  }

  /** The run has lasted long enough: it prolongs the last spindle, or it is one of its own. */
  #confirm(sample: number, power: SigmaPower, place: number, out: DetectionList): void {
    this.#runIsConfirmed = true;
    if (this.#continues(this.#runOnset)) return;
    const spindle = this.#spindle;
    spindle.phase = DetectionPhase.confirmed;
    spindle.onset = this.#runOnset;
    spindle.confirmed = sample;
    spindle.end = NaN;
    spindle.score = this.#runScore;
    this.#isOpen = (power.sigma[place] as number) >= this.#options.guard * (power.below[place] as number);
    if (this.#isOpen) appendDetection(out, spindle);
  }

  /** A run from `onset`, once confirmed, belongs to the last spindle, be it an accepted or a rejected one. */
  #continues(onset: number): boolean {
    const last = this.#spindle;
    return onset - last.end < this.#mergeGap && onset + this.#confirmLength - last.onset <= this.#longest;
  }

  /** The run of now, or one that begins with the next sample, could still prolong the last spindle. */
  #mayContinue(sample: number): boolean {
    return (this.#state === State.run && this.#continues(this.#runOnset)) || this.#continues(sample + 1);
  }
}

const State = { idle: 0, run: 1, wait: 2 } as const;

const longestSeconds = 2.5;
/** Group delay of the filter (0.09 s at 13.5 Hz) and half the window of the envelope. */
const delaySeconds = 0.14;
