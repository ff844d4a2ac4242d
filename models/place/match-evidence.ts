/** Places to each side of the best that look like it because they are it a little further. */
const near = 5;
/** Places driven that evidence reaches back. */
const memory = 10;
/** First places of a drive that are no evidence: seen before there is a mean to compare with, they look like all first ones. */
const raw = 2;
/** Places driven before anything is known. */
const least = 4;
/** Answers that were not recognised, before it is clear how such ones look. */
const fewest = 20;

/**
 * Whether the place that the sequence filter believes in is the one that is seen. On a route that was never learned the
 * filter follows something too: how well that fits is measured on answers of that kind, and what is known must fit
 * better by so many of their standard deviations.
 */
export class MatchEvidence {
  /** Score of the believed place and of the best elsewhere, of the last frame. */
  score = 0;
  second = 0;
  /** How far the believed places stand out from what all places score, and lead over the best elsewhere: means over the
   * last places driven. */
  fit = 0;
  lead = 0;
  readonly #deviations: number;
  #steps = 0;
  #unknown = 0;
  #mean = 0;
  #squares = 0;

  constructor(deviations: number) {
    this.#deviations = deviations;
  }

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
    for (let place = 0; place < places; place++) {
      const score = scores[place] as number;
      sum += score;
      if (score > second && Math.abs(place - believed) > near) second = score;
    }
    this.score = scores[believed] as number;
    this.second = second;
    this.#steps++;
    if (this.#steps <= raw) return;
    const share = 1 / Math.min(this.#steps - raw, memory);
    this.fit += (this.score - sum / places - this.fit) * share;
    this.lead += (this.score - this.second - this.lead) * share;
  }

  /** Nothing is known of what unknown places look like. */
  forgetUnknown(): void {
    this.#unknown = 0;
    this.#mean = 0;
    this.#squares = 0;
  }

  /** The last answer was of a place that is not on the map. */
  addUnknown(): void {
    if (this.#steps < least) return;
    this.#unknown++;
    const before = this.fit - this.#mean;
    this.#mean += before / this.#unknown;
    this.#squares += before * (this.fit - this.#mean);
  }

  /** NaN while it is not clear how unknown places look. */
  get threshold(): number {
    if (this.#unknown < fewest) return Number.NaN;
    // Over few places the fit is less sure, and a robot that was carried or jumps about on an unknown road has few.
    const share = Math.min(Math.max(this.#steps, 1), memory) / memory;
    return this.#mean + this.#deviations * Math.sqrt(this.#squares / this.#unknown / share);
  }

  get known(): boolean {
    return this.#steps >= least && this.lead > 0 && this.fit > this.threshold;
  }
}
