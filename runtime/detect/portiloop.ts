import { DetectionPhase, type DetectionList, type Detector, type SignalShape } from '../contracts.js';
import { appendDetection, createDetection } from './detection-list.js';

/** A network that takes one sample after the other and answers on some of them. */
export interface SampledNetwork {
  /** Takes `samples[at]` and says whether it has answered on it. */
  push(samples: Float64Array, at: number): boolean;
  /** The latest answer, 0 to 1. */
  readonly value: number;
  reset(): void;
}

export interface PortiloopOptions {
  /** An answer at or above it is a spindle. Default 0.75, as in portiloop-software 0.1.0. */
  readonly threshold?: number;
  /** Seconds after a start or a gap in which nothing is detected. Default 0, as in the original. */
  readonly warmUpSeconds?: number;
}

/**
 * The Portiloop's detection of sleep spindles on its own standardised signal at 250 Hz (stage `portiloop`): a spindle is
 * detected when the network's answer reaches the threshold after 0.4 s in which none did, counted from the start too;
 * answers within 0.4 s of the last high one prolong it. Its end, one sample behind the last high answer, is reported
 * 0.4 s later. Times are those of samples, where the original takes the clock's at each answer.
 */
export class PortiloopDetector implements Detector {
  /** The network's window and the 40 ms of the filter before it are in what it has learnt to call a spindle. */
  readonly delaySamples = 0;
  settleSamples = 0;
  readonly #network: SampledNetwork;
  readonly #threshold: number;
  readonly #warmUpSeconds: number;
  /** The last sample with a high answer. */
  #lastHigh = 0;
  /** The last detection has not ended. */
  #isOpen = false;
  readonly #spindle = createDetection();

  constructor(network: SampledNetwork, { threshold = 0.75, warmUpSeconds = 0 }: PortiloopOptions = {}) {
    if (!(threshold > 0 && threshold < 1)) {
      throw new RangeError(`threshold: ${threshold} is not between 0 and 1. Use 0.75, or 0.84 to be surer.`);
    }
    if (!(warmUpSeconds >= 0 && warmUpSeconds < Infinity)) {
      throw new RangeError(`warmUpSeconds: ${warmUpSeconds} is no time. Use 10.`);
    }
    this.#network = network;
    this.#threshold = threshold;
    this.#warmUpSeconds = warmUpSeconds;
  }

  prepare({ rate, unit }: SignalShape): void {
    if (rate !== 250) {
      throw new RangeError(
        `rate: ${rate} Hz, but the network was trained at 250 Hz. Put { use: resample, to: 250Hz } before { use: portiloop }.`,
      );
    }
    if (unit !== 'SD') {
      throw new RangeError(
        `unit: the signal is in "${unit}", but the network sees standard deviations. Put { use: portiloop } last among its stages.`,
      );
    }
    this.settleSamples = Math.ceil(this.#warmUpSeconds * rate);
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    const network = this.#network;
    for (let i = 0; i < length; i++) {
      const sample = firstSample + i;
      if (network.push(input, i) && network.value >= this.#threshold) this.#high(sample, out);
      else if (this.#isOpen && sample - this.#lastHigh > quietSamples) this.#end(out);
    }
  }

  reset(): void {
    this.#network.reset();
    this.#lastHigh = 0;
    this.#isOpen = false;
  }

  #high(sample: number, out: DetectionList): void {
    const isNew = sample - this.#lastHigh > quietSamples;
    // The first sample that could end it may also begin the next.
    if (isNew && this.#isOpen) this.#end(out);
    this.#lastHigh = sample;
    if (!isNew || sample < this.settleSamples) return;
    this.#isOpen = true;
    const spindle = this.#spindle;
    spindle.phase = DetectionPhase.confirmed;
    spindle.onset = sample;
    spindle.confirmed = sample;
    spindle.end = NaN;
    spindle.score = this.#network.value;
    appendDetection(out, spindle);
  }

  #end(out: DetectionList): void {
    this.#isOpen = false;
    this.#spindle.phase = DetectionPhase.ended;
    this.#spindle.end = this.#lastHigh + 1;
    appendDetection(out, this.#spindle);
  }
}

/** 0.4 s at 250 Hz: more than so many samples without a high answer. */
const quietSamples = 100;
