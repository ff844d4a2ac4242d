import { DetectionPhase, type DetectionList, type Detector, type SignalShape } from '../../contracts.js';
import { designSections } from '../../signal/design.js';
import { exp } from '../../signal/math.js';
import { SectionFilter } from '../../signal/section-filter.js';
import { appendDetection, createDetection } from '../detection-list.js';
import { Baseline } from './baseline.js';
import { AtHundredHertz } from './hundred-hertz.js';
import { a7Thresholds, type A7Thresholds } from './thresholds.js';
import { A7Window, Feature, windowLength, windowStep } from './window.js';

/**
 * The spindle detector A7 online: its four features with causal filters, standardised by the half minute that has been,
 * as means of three windows that overlap. A spindle lasts as long as power and covariance stay above their thresholds, up
 * to 2.5 s; it is confirmed as soon as relative power and correlation are above theirs too. The published one also asks
 * for 0.3 s; to wait for it would come 0.07 s later and change F1 by less than 0.01 on the DREAMS excerpts. Takes
 * microvolts at 100 Hz or more; nothing is reported in the first half minute.
 */
export class A7Detector implements Detector {
  readonly #hundred = new AtHundredHertz();
  readonly #filter = new SectionFilter(sigmaSections, () => sigmaCentreHz);
  readonly #window = new A7Window();
  readonly #baselines = [new Baseline(baselineWindows), new Baseline(baselineWindows)] as const;
  readonly #thresholds: A7Thresholds;
  /** In µV², where the threshold is its logarithm. */
  readonly #power: number;
  #rate = 0;
  /** The last 0.3 s at 100 Hz; `#filled` values of it are known. */
  readonly #signal = new Float64Array(windowLength);
  readonly #sigma = new Float64Array(windowLength);
  #filled = 0;
  /** The last values before they enter the window: the filter's own delay. */
  readonly #late = new Float64Array(lateLength);
  readonly #newest = new Float64Array(1);
  /** Features of the last three windows in a row, two of them standardised, and their means. */
  readonly #lastThree = new Float64Array(3 * 4);
  readonly #means = new Float64Array(4);
  /** Windows since the start, and since the begin of what may be a spindle. */
  #windows = 0;
  #run = 0;
  #hasCore = false;
  /** It has been confirmed and has not ended. */
  #isOpen = false;
  readonly #spindle = createDetection();

  constructor(thresholds: Partial<A7Thresholds> = {}) {
    this.#thresholds = { ...a7Thresholds, ...thresholds };
    for (const name of ['power', 'relativePower', 'covariance', 'correlation'] as const) {
      if (!Number.isFinite(this.#thresholds[name]))
        throw new RangeError(`${name}: ${this.#thresholds[name]} is no threshold. Use about ${a7Thresholds[name]}.`);
    }
    this.#power = exp(this.#thresholds.power * ln10);
  }

  /** From the middle of three windows to the begin of what the last brings; and the filters. */
  get delaySamples(): number {
    return (0.2 + filterDelaySeconds + this.#hundred.delaySeconds) * this.#rate;
  }

  get settleSamples(): number {
    return Math.ceil(30 * this.#rate);
  }

  prepare({ rate, unit }: SignalShape): void {
    if (unit !== 'uV')
      throw new RangeError(`unit: the signal is in "${unit}", and needs to be in "uV". Use an electrode's signal.`);
    this.#hundred.prepare(rate);
    this.#filter.prepare({ rate: 100, unit });
    this.#rate = rate;
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    for (let i = 0; i < length; i++) {
      if (this.#hundred.push(input, i)) this.#take(firstSample + i, out);
    }
  }

  reset(): void {
    this.#hundred.reset();
    this.#filter.reset();
    for (const baseline of this.#baselines) baseline.reset();
    this.#late.fill(0);
    this.#filled = 0;
    this.#windows = 0;
    this.#run = 0;
    this.#hasCore = false;
    this.#isOpen = false;
  }

  /** The next value at 100 Hz, known at this sample. */
  #take(sample: number, out: DetectionList): void {
    const late = this.#late;
    const newest = this.#newest;
    // The signal waits half a sample less than `lateLength` samples: the mean of its last two values there.
    this.#signal[this.#filled] = ((late[0] as number) + (late[1] as number)) / 2;
    late.copyWithin(0, 1);
    late[lateLength - 1] = newest[0] = this.#hundred.value[0] as number;
    this.#filter.process(newest, 1, newest);
    this.#sigma[this.#filled] = newest[0];
    if (++this.#filled < windowLength) return;
    this.#window.measure(this.#signal, this.#sigma, 0);
    this.#signal.copyWithin(0, windowStep);
    this.#sigma.copyWithin(0, windowStep);
    this.#filled -= windowStep;
    this.#judge(sample, out);
    this.#windows++;
  }

  #judge(sample: number, out: DetectionList): void {
    this.#takeWindow();
    if (!this.#baselines[0].isFull) return;
    const means = this.#means;
    const { relativePower, covariance, correlation } = this.#thresholds;
    const isIn = (means[Feature.power] as number) > this.#power && (means[Feature.covariance] as number) > covariance;
    this.#run = isIn ? this.#run + 1 : 0;
    if (this.#run === 1) this.#hasCore = false;
    this.#hasCore ||=
      (means[Feature.relativePower] as number) > relativePower && (means[Feature.correlation] as number) > correlation;
    const isSpindle = this.#hasCore && this.#run > 0 && this.#run <= longestRun;
    if (isSpindle && !this.#isOpen) this.#confirm(sample, out);
    else if (!isSpindle && this.#isOpen) this.#end(out);
  }

  /** Standardises the features of the newest window and sets the means. */
  #takeWindow(): void {
    const { features } = this.#window;
    const three = this.#lastThree;
    this.#baselines[0].standardise(features, Feature.relativePower);
    this.#baselines[1].standardise(features, Feature.covariance);
    three.copyWithin(0, 4);
    three.set(features, 8);
    for (let place = 0; place < 4; place++) {
      this.#means[place] = ((three[place] as number) + (three[place + 4] as number) + (three[place + 8] as number)) / 3;
    }
  }

  #confirm(sample: number, out: DetectionList): void {
    this.#isOpen = true;
    const spindle = this.#spindle;
    spindle.phase = DetectionPhase.confirmed;
    spindle.onset = this.#beginOf(this.#windows - this.#run + 1);
    spindle.confirmed = sample;
    spindle.end = NaN;
    spindle.score = this.#means[Feature.covariance] as number;
    appendDetection(out, spindle);
  }

  #end(out: DetectionList): void {
    this.#isOpen = false;
    this.#spindle.phase = DetectionPhase.ended;
    this.#spindle.end = this.#beginOf(this.#windows);
    appendDetection(out, this.#spindle);
  }

  /** The sample at which the last third of a window begins. */
  #beginOf(window: number): number {
    return Math.floor(((window * windowStep + windowLength - windowStep) * this.#rate) / 100);
  }
}

/** Half a minute, each window whole. */
const baselineWindows = 298;
/** 2.5 s in windows. */
const longestRun = 25;

/** High-pass and low-pass of order 4, as causal as the published ones of order 20 are not. */
function sigmaSections(rate: number) {
  return [
    ...designSections({ type: 'highpass', corner: 11 }, rate, 4),
    ...designSections({ type: 'lowpass', corner: 16 }, rate, 4),
  ];
}

/**
 * By 7.5 samples at 100 Hz a wave of 11 to 16 Hz comes out of them later, within 5 degrees: so much later is what it is
 * compared with.
 */
const filterDelaySeconds = 0.075;
const lateLength = 8;
const sigmaCentreHz = 13.3;
const ln10 = 2.302585092994046;
