import { UnknownAnswers } from './unknown-answers.js';

/** Places to each side of the best that look like it because they are it a little further. */
const near = 5;
/** Places driven that evidence reaches back. */
const memory = 10;
/** First places of a drive that are no evidence: seen before there is a mean to compare with, they look like all first ones. */
const raw = 2;
/** Places driven before anything is known. */
const least = 4;

/**
 * Whether the place that the sequence filter believes in is the one that is seen. On a route that was never learned the
 * filter follows something too: how well that fits is measured on answers of that kind, and what is known must fit
 * better by so many of their standard deviations.
 */
export class MatchEvidence {
  /** Score of the believed place and of the best elsewhere, of the last frame. */
  score = 0;
  second = 0;
  /** By how many standard deviations of all scores the believed places stand out, and their lead over the best elsewhere:
   * means over the last places driven. */
  fit = 0;
  lead = 0;
  readonly #unknown = new UnknownAnswers();
  #steps = 0;

  /** A new drive. What unknown places look like stays known. */
  begin(): void {
    this.#steps = 0;
    this.fit = 0;
    this.lead = 0;
  }

  /** Takes the scores of a frame, and the place that is believed. */
  see(scores: Float32Array, places: number, believed: number): void {
    let second = Number.NEGATIVE_INFINITY;
    let sum = 0;
    let squares = 0;
    for (let place = 0; place < places; place++) {
      const score = scores[place] as number;
      sum += score;
      squares += score * score;
      if (score > second && Math.abs(place - believed) > near) second = score;
    }
    this.score = scores[believed] as number;
    this.second = second;
    this.#steps++;
    if (this.#steps <= raw) return;
    const share = 1 / Math.min(this.#steps - raw, memory);
    const mean = sum / places;
    const variance = squares / places - mean * mean;
    // What rounding alone leaves of the variance of equal scores.
    const fit = variance > 1e-12 * mean * mean ? (this.score - mean) / Math.sqrt(variance) : 0;
    this.fit += (fit - this.fit) * share;
    this.lead += (this.score - this.second - this.lead) * share;
  }

  /** Nothing is known of what unknown places look like. */
  forgetUnknown(): void {
    this.#unknown.forget();
  }

  /** The last answer was of a place that is not on the map. */
  addUnknown(): void {
    if (this.#steps >= least) this.#unknown.add(this.fit);
  }

  /** NaN while it is not clear how unknown places look. */
  get threshold(): number {
    // Over few places the fit is less sure, and a robot that was carried or jumps about on an unknown road has few.
    return this.#unknown.threshold(Math.min(Math.max(this.#steps, 1), memory) / memory);
  }

  get known(): boolean {
    return this.#steps >= least && this.lead > 0 && this.fit > this.threshold;
  }
}
