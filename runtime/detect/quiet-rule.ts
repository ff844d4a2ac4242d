import { DetectionPhase, type DetectionList } from '../contracts.js';
import { appendDetection, createDetection } from './detection-list.js';

/**
 * The Portiloop's rule: a high sample is a detection if none of the last 0.4 s was high, counted from the start too;
 * high samples within 0.4 s of the last one prolong it. Its end, one sample behind the last high one, is reported as soon
 * as nothing can prolong it. The detector calls `high` or `low` for each sample.
 */
export class QuietRule {
  #quiet = 0;
  #warmUp = 0;
  #lastHigh = 0;
  /** The last detection has not ended. */
  #isOpen = false;
  readonly #detection = createDetection();

  /** Within `warmUpSamples` of the start nothing is detected, nor is what goes on then. */
  prepare(rate: number, warmUpSamples = 0): void {
    this.#quiet = Math.round(quietSeconds * rate);
    this.#warmUp = warmUpSamples;
    this.reset();
  }

  /** `scores[at]` is the score of a detection that begins here. */
  high(sample: number, scores: Float64Array, at: number, out: DetectionList): void {
    const isNew = sample - this.#lastHigh > this.#quiet;
    if (isNew && this.#isOpen) this.#end(out);
    this.#lastHigh = sample;
    if (!isNew || sample < this.#warmUp) return;
    this.#isOpen = true;
    const detection = this.#detection;
    detection.phase = DetectionPhase.confirmed;
    detection.onset = sample;
    detection.confirmed = sample;
    detection.end = NaN;
    detection.score = scores[at] as number;
    appendDetection(out, detection);
  }

  low(sample: number, out: DetectionList): void {
    if (this.#isOpen && sample - this.#lastHigh >= this.#quiet) this.#end(out);
  }

  reset(): void {
    this.#lastHigh = 0;
    this.#isOpen = false;
  }

  #end(out: DetectionList): void {
    this.#isOpen = false;
    this.#detection.phase = DetectionPhase.ended;
    this.#detection.end = this.#lastHigh + 1;
    appendDetection(out, this.#detection);
  }
}

const quietSeconds = 0.4;
