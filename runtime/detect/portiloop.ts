import type { DetectionList, Detector, SignalShape } from '../contracts.js';
import { QuietRule } from './quiet-rule.js';

/** A network that takes one sample after the other and answers on some of them. */
export interface SampledNetwork {
  /** Takes `samples[at]` and says whether it has answered on it. */
  push(samples: Float64Array, at: number): boolean;
  /** The latest answer, 0 to 1. */
  readonly value: number;
  reset(): void;
}

export interface PortiloopPlan extends PortiloopOptions {
  readonly use: 'portiloop';
  /** Path of the network's file. */
  readonly model: string;
  /** What a sample outside the range of the network's codes becomes: the nearest code, or what is left in 8 bits. */
  readonly beyond: 'saturate' | 'wrap';
}

export interface PortiloopOptions {
  /** An answer at or above it is a spindle. Default 0.75, as in portiloop-software 0.1.0. */
  readonly threshold?: number;
  /** Seconds after a start or a gap in which nothing is detected. Default 0, as in the original. */
  readonly warmUpSeconds?: number;
}

/**
 * The Portiloop's detection of sleep spindles on its own standardised signal at 250 Hz (stage `portiloop`): the network's
 * answer reaches the threshold, and did not within the 0.4 s before. Times are those of samples, where the original takes
 * the clock's at each answer.
 */
export class PortiloopDetector implements Detector {
  /** The network's window and the 40 ms of the filter before it are in what it has learnt to call a spindle. */
  readonly delaySamples = 0;
  /** The network's window. */
  readonly settleSamples = 54;
  readonly #network: SampledNetwork;
  readonly #threshold: number;
  readonly #warmUpSeconds: number;
  readonly #rule = new QuietRule();
  readonly #answer = new Float64Array(1);

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
    this.#rule.prepare(rate, Math.ceil(this.#warmUpSeconds * rate));
    this.#network.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    const answer = this.#answer;
    for (let i = 0; i < length; i++) {
      const hasAnswered = this.#network.push(input, i);
      if (hasAnswered) answer[0] = this.#network.value;
      if (hasAnswered && (answer[0] as number) >= this.#threshold) this.#rule.high(firstSample + i, answer, 0, out);
      else this.#rule.low(firstSample + i, out);
    }
  }

  reset(): void {
    this.#network.reset();
    this.#rule.reset();
  }
}
