/** Answers of this kind, before it is clear how they look. */
export const fewestUnknown = 20;
/** By so many of their standard deviations what is known must fit better. */
const deviations = 2.5;

/** How well answers fit that are wrong for sure, and how much better one must fit to be known: no label tells either. */
export class UnknownAnswers {
  #count = 0;
  #mean = 0;
  #squares = 0;

  /** Nothing is known of them any more. */
  forget(): void {
    this.#count = 0;
    this.#mean = 0;
    this.#squares = 0;
  }

  add(fit: number): void {
    this.#count++;
    const before = fit - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (fit - this.#mean);
  }

  /** Of an answer from a `share` of as many frames as theirs; NaN while it is not clear how they look. */
  threshold(share = 1): number {
    if (this.#count < fewestUnknown) return Number.NaN;
    return this.#mean + deviations * Math.sqrt(this.#squares / this.#count / share);
  }
}

/** Places to each side of one that look like it because they are it a little further. */
const near = 30;

/**
 * A place of the map compared with all others is an unknown one: from its scores, takes out its own and its neighbours',
 * by the mean of all.
 */
export function hidePlace(scores: Float32Array, place: number): void {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  // A short route has not so many places that are no neighbours.
  const far = Math.min(near, Math.floor(scores.length / 4));
  scores.fill(mean, Math.max(0, place - far), place + far + 1);
}
