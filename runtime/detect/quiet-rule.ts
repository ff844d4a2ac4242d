import { DetectionPhase, type DetectionList } from '../contracts.js';
import { appendDetection, createDetection } from './detection-list.js';

/**
 * The Portiloop's rule: a high sample is a detection if none of the last 0.4 s was high, counted from the start too;
 * high samples within 0.4 s of the last one prolong it. Its end, one sample behind the last high one, is reported when
 * nothing can prolong it any more. The detector calls `high` or `low` for each sample.
 *
 * Times are samples ÷ rate in doubles, as where stimuli are on record: of two samples exactly 0.4 s apart the rounding of
 * both decides.
 */
export class QuietRule {
  #rate = 0;
  #warmUp = 0;
  #lastHigh = 0;
  /** The last detection has not ended. */
  #isOpen = false;
  readonly #detection = createDetection();

  /** Within `warmUpSamples` of the start nothing is detected, nor is what goes on then. */
  prepare(rate: number, warmUpSamples = 0): void {
    this.#rate = rate;
    this.#warmUp = warmUpSamples;
    this.reset();
  }

  /** `scores[at]` is the score of a detection that begins here. */
  high(sample: number, scores: Float64Array, at: number, out: DetectionList): void {
    const isNew = this.#isQuiet(sample);
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
    if (this.#isOpen && this.#isQuiet(sample)) this.#end(out);
  }

  reset(): void {
    this.#lastHigh = 0;
    this.#isOpen = false;
  }

  #isQuiet(sample: number): boolean {
    return sample / this.#rate - this.#lastHigh / this.#rate > quietSeconds;
  }

  #end(out: DetectionList): void {
    this.#isOpen = false;
    this.#detection.phase = DetectionPhase.ended;
    this.#detection.end = this.#lastHigh + 1;
    appendDetection(out, this.#detection);
  }
}

const quietSeconds = 0.4;
