import type { SequenceMatcher } from './place-scorer.js';

/**
 * Answers from the last `frames` frames of a robot that goes from place to place: how far their scores, place p now, p − 1 a
 * frame ago, stand out from what all places score. Near the start of the map fewer frames count; a sum of n such numbers
 * spreads by √n where the place is wrong, so that much it is divided by.
 */
export class WindowMatcher implements SequenceMatcher {
  readonly #frames: number;
  /** What stands out, of each of the last frames. */
  readonly #window: Float32Array[] = [];
  /** Variance of the scores of each. */
  readonly #variances: number[] = [];
  #newest = -1;
  #best = Number.NEGATIVE_INFINITY;

  constructor(frames: number) {
    this.#frames = frames;
  }

  /** By how many standard deviations of the scores the best answer stands out. */
  get fit(): number {
    const variance = this.#variances.reduce((sum, one) => sum + one, 0) / this.#frames;
    return variance > 0 ? this.#best / Math.sqrt(variance) : 0;
  }

  /** A frame that shows what the one before did is a place further, too: the window knows one pace. */
  step(scores: Float32Array, _still: boolean, answers: Float32Array): boolean {
    this.#take(scores);
    if (this.#window.length < this.#frames) return false;
    this.#best = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < scores.length; place++) {
      const count = Math.min(this.#frames, place + 1);
      let sum = 0;
      for (let back = 0; back < count; back++) sum += this.#back(back)[place - back] as number;
      const answer = sum / Math.sqrt(count * this.#frames);
      answers[place] = answer;
      if (answer > this.#best) this.#best = answer;
    }
    return true;
  }

  #take(scores: Float32Array): void {
    this.#newest = (this.#newest + 1) % this.#frames;
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    this.#window[this.#newest] = scores.map((score) => score - mean);
    this.#variances[this.#newest] = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  }

  #back(frames: number): Float32Array {
    return this.#window[(this.#newest + this.#frames - frames) % this.#frames] as Float32Array;
  }
}
