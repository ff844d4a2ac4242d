/**
 * Scores of the last `frames` frames, less the mean over all places, added up along a line: place p now, p − pace a frame
 * ago. Near the ends of the map fewer frames count; a sum of n such numbers spreads by √n where the place is wrong, so
 * that much it is divided by.
 */
export class FrameWindow {
  readonly frames: number;
  readonly #scores: Float32Array[] = [];
  readonly #variances: number[] = [];
  #newest = -1;

  constructor(frames: number) {
    this.frames = frames;
  }

  get isFull(): boolean {
    return this.#scores.length === this.frames;
  }

  /** Standard deviation of the scores, over all frames of the window. */
  get deviation(): number {
    return Math.sqrt(this.#variances.reduce((sum, variance) => sum + variance, 0) / this.frames);
  }

  take(scores: Float32Array): void {
    this.#newest = (this.#newest + 1) % this.frames;
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    this.#scores[this.#newest] = scores.map((score) => score - mean);
    this.#variances[this.#newest] = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  }

  /** To `answers`, of each place; returns the best of them. */
  along(pace: number, answers: Float32Array): number {
    let best = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < answers.length; place++) {
      let sum = 0;
      let count = 0;
      for (let back = 0; back < this.frames; back++) {
        const score = this.#back(back)[place - Math.round(back * pace)];
        if (score === undefined) break;
        sum += score;
        count++;
      }
      const answer = sum / Math.sqrt(count * this.frames);
      answers[place] = answer;
      if (answer > best) best = answer;
    }
    return best;
  }

  #back(frames: number): Float32Array {
    return this.#scores[(this.#newest + this.frames - frames) % this.frames] as Float32Array;
  }
}
