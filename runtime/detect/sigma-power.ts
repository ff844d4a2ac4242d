import type { SignalShape } from '../contracts.js';
import { designSections } from '../signal/design.js';
import { RmsEnvelope } from '../signal/rms-envelope.js';
import { SectionFilter } from '../signal/section-filter.js';
import { RunningMedian } from './running-median.js';

/** Most samples of one call of `SigmaPower.process`. */
export const chunkLength = 64;

/** The numbers that a spindle is judged by, in microvolts, for each sample of the last chunk. */
export class SigmaPower {
  /** RMS of 11–16 Hz over the last 0.1 s. */
  readonly envelope = new Float64Array(chunkLength);
  /** Median of the envelope, taken every 0.1 s over the last two minutes; not below the noise of an amplifier. */
  readonly median = new Float64Array(chunkLength);
  /** RMS of 11–16 Hz over the last half second. */
  readonly sigma = new Float64Array(chunkLength);
  /** RMS of 4–10 Hz over the last half second. */
  readonly below = new Float64Array(chunkLength);
  readonly #sigmaBand = bandpass(11, 16);
  readonly #belowBand = bandpass(4, 10);
  readonly #envelope = new RmsEnvelope(0.1);
  readonly #sigmaRms = new RmsEnvelope(0.5);
  readonly #belowRms = new RmsEnvelope(0.5);
  readonly #stages = [this.#sigmaBand, this.#belowBand, this.#envelope, this.#sigmaRms, this.#belowRms];
  readonly #median = new RunningMedian(1200);
  readonly #medianStep: number;
  #untilMedian = 0;

  constructor(shape: SignalShape) {
    for (const stage of this.#stages) stage.prepare(shape);
    this.#medianStep = Math.round(shape.rate / 10);
  }

  /** Takes `input[first … first + count)`, at most a chunk. */
  process(input: Float64Array, first: number, count: number): void {
    const { envelope, median, sigma, below } = this;
    for (let i = 0; i < count; i++) below[i] = input[first + i] as number;
    this.#sigmaBand.process(below, count, sigma);
    this.#belowBand.process(below, count, below);
    this.#envelope.process(sigma, count, envelope);
    this.#sigmaRms.process(sigma, count, sigma);
    this.#belowRms.process(below, count, below);
    for (let i = 0; i < count; i++) {
      if (this.#untilMedian === 0) {
        this.#median.push(envelope, i);
        this.#untilMedian = this.#medianStep;
      }
      this.#untilMedian--;
      median[i] = Math.max(this.#median.median, noiseFloor);
    }
  }

  reset(): void {
    for (const stage of this.#stages) stage.reset();
    this.#median.reset();
    this.#untilMedian = 0;
  }
}

/** Four poles. Where a filter's own delay is declared is of no account here: the detector declares its own. */
function bandpass(from: number, to: number): SectionFilter {
  return new SectionFilter(
    (rate) => designSections({ type: 'bandpass', from, to }, rate, 2),
    () => (from + to) / 2,
  );
}

/** Without it the least trace of signal on a dead channel would stand out. */
const noiseFloor = 0.5;
