import { DetectionPhase, type DetectionList, type Detector, type SignalShape } from '../contracts.js';
import { appendDetection, createDetection } from './detection-list.js';

/** In the signal's own unit. */
export interface ThresholdOptions {
  /** A value at or above it, after one below `release`, is a detection. */
  readonly level: number;
  /** The detection ends, and the next can come, when a value is below this. At most `level`, its default. */
  readonly release?: number;
  /** Crossings closer to the last detection's onset than this are ignored. Default 0. */
  readonly holdoffSeconds?: number;
}

/**
 * The signal crosses a level upwards: markers, photodiodes, trigger inputs. Onset and confirmation are the crossing
 * sample itself; the score is its value. A signal that starts above the level has not crossed it: the first detection
 * needs a value below `release` first, so that a start or a gap triggers nothing.
 */
export class ThresholdDetector implements Detector {
  readonly delaySamples = 0;
  readonly settleSamples = 0;
  readonly #level: number;
  readonly #release: number;
  readonly #holdoffSeconds: number;
  #holdoff = 0;
  /** The last value was not below `release`, or there was none. */
  #high = true;
  /** The last one; its end is NaN until the signal has fallen. */
  readonly #crossing = createDetection();

  constructor({ level, release = level, holdoffSeconds = 0 }: ThresholdOptions) {
    if (!Number.isFinite(level))
      throw new RangeError(`level: ${level} is no level. Give a number in the signal's unit.`);
    if (!(release <= level)) throw new RangeError(`release: ${release} is not at or below level ${level}. Lower it.`);
    if (!(holdoffSeconds >= 0)) throw new RangeError(`holdoffSeconds: ${holdoffSeconds} is no time. Use 0 or more.`);
    this.#level = level;
    this.#release = release;
    this.#holdoffSeconds = holdoffSeconds;
  }

  prepare({ rate }: SignalShape): void {
    this.#holdoff = Math.round(this.#holdoffSeconds * rate);
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    for (let i = 0; i < length; i++) {
      const value = input[i] as number;
      if (this.#high) {
        if (value < this.#release) this.#fall(firstSample + i, out);
      } else if (value >= this.#level) this.#rise(firstSample + i, value, out);
    }
  }

  reset(): void {
    this.#high = true;
    this.#crossing.onset = NaN;
  }

  #rise(sample: number, value: number, out: DetectionList): void {
    this.#high = true;
    const crossing = this.#crossing;
    if (sample - crossing.onset < this.#holdoff) return;
    crossing.phase = DetectionPhase.confirmed;
    crossing.onset = sample;
    crossing.confirmed = sample;
    crossing.end = NaN;
    crossing.score = value;
    appendDetection(out, crossing);
  }

  #fall(sample: number, out: DetectionList): void {
    this.#high = false;
    const crossing = this.#crossing;
    if (Number.isNaN(crossing.onset) || !Number.isNaN(crossing.end)) return;
    crossing.phase = DetectionPhase.ended;
    crossing.end = sample;
    appendDetection(out, crossing);
  }
}
