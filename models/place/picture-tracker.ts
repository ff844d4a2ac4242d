import type { PlaceEstimate, PlaceTracker } from '../../runtime/contracts.js';
import type { PlaceMap } from './place-map.js';
import { fewestUnknown, UnknownAnswers } from './unknown-answers.js';

/** Rows of the map that tell what an unknown place looks like: of a large map a sample. */
const mostAsked = 1000;
/** A known place gets another row where its rows lead by less than this: what they recognise is not worth the bytes. */
const clearLead = 0.05;

/**
 * Recognises single pictures on a map of such: they come in no order, so each stands for itself, and each that is not
 * known is a place.
 */
export class PictureTracker implements PlaceTracker {
  readonly map: PlaceMap;
  /** The place that the last picture is most like, known or not; −1 on an empty map. */
  nearest = -1;
  #threshold = Number.NaN;
  #scores = new Float32Array(0);
  /** Of the last picture: place along the map. */
  #best = -1;
  #known = false;
  #unclear = false;

  constructor(map: PlaceMap) {
    this.map = map;
  }

  get places(): number {
    return this.map.places.length;
  }

  has(place: number): boolean {
    return this.map.find(place) >= 0;
  }

  /** What an unknown place looks like is learned from the map: each of its places compared with all others. */
  begin(): void {
    const { recogniser, owners } = this.map;
    recogniser.begin();
    const unknown = new UnknownAnswers();
    const step = Math.max(1, Math.ceil(owners.length / mostAsked));
    for (let row = 0; row < owners.length; row += step) {
      const scores = this.#room();
      this.map.scoreRow(recogniser.row(row), scores);
      const own = owners[row] as number;
      scores[own] = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      unknown.add(fitOf(scores, bestOf(scores)));
    }
    this.#threshold = unknown.threshold();
  }

  track(picture: Uint8Array, _metres: number, estimate: PlaceEstimate): boolean {
    const { recogniser, places } = this.map;
    this.nearest = this.#best = -1;
    this.#known = false;
    if (!recogniser.hasEvidence(picture) || !recogniser.see(picture)) return false;
    estimate.place = -1;
    estimate.known = estimate.ambiguous = false;
    estimate.score = estimate.second = estimate.margin = 0;
    if (places.length === 0) return true;
    const scores = this.#room();
    this.map.score(scores);
    const best = bestOf(scores);
    const fit = fitOf(scores, best);
    const score = scores[best] as number;
    scores[best] = Number.NEGATIVE_INFINITY;
    const second = scores[bestOf(scores)] as number;
    this.#best = best;
    this.nearest = places[best]?.id ?? -1;
    this.#known = fit > this.#threshold;
    this.#unclear = score - second < clearLead;
    estimate.known = this.#known;
    estimate.place = this.#known ? this.nearest : -1;
    estimate.ambiguous = this.#known && this.#unclear;
    estimate.score = Math.min(1, Math.max(0, score));
    estimate.second = Math.min(1, Math.max(0, second));
    estimate.margin = estimate.score - estimate.second;
    return true;
  }

  learn(estimate: PlaceEstimate): number {
    if (this.#known) {
      if (this.#unclear) this.map.addRow(this.#best);
      return -1;
    }
    const { id } = this.map.places[this.map.addPlace()] as { id: number };
    estimate.place = id;
    estimate.known = true;
    return id;
  }

  forget(place: number): void {
    this.map.forget(this.map.find(place));
  }

  settle(): void {
    this.map.recogniser.settle();
  }

  /** Why no picture is known, or the empty string. */
  get notice(): string {
    return this.places < fewestUnknown
      ? `A map of ${this.places} places does not tell what an unknown one looks like: from ${fewestUnknown} on pictures are known.`
      : '';
  }

  #room(): Float32Array {
    const { length } = this.map.places;
    if (this.#scores.length !== length) this.#scores = new Float32Array(length);
    return this.#scores;
  }
}

function bestOf(scores: Float32Array): number {
  let best = 0;
  for (let place = 1; place < scores.length; place++)
    if ((scores[place] as number) > (scores[best] as number)) best = place;
  return best;
}

/** By how many standard deviations of all scores this one stands out. */
function fitOf(scores: Float32Array, place: number): number {
  let sum = 0;
  let squares = 0;
  for (const score of scores) {
    sum += score;
    squares += score * score;
  }
  const mean = sum / scores.length;
  const variance = squares / scores.length - mean * mean;
  // What rounding alone leaves of the variance of equal scores.
  return variance > 1e-12 * mean * mean ? ((scores[place] as number) - mean) / Math.sqrt(variance) : 0;
}
