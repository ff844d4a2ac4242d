import type { PlaceEstimate, PlaceTracker } from '../../runtime/contracts.js';
import { PlaceClock } from './place-clock.js';
import type { PlaceMap } from './place-map.js';
import { SequenceFilter } from './sequence-filter.js';

/**
 * Follows a robot on a map: frames between two places only move the place clock, and the answer holds; where a place
 * begins it is compared with the map and the filter takes a step. A new place is learned where none was recognised.
 */
export class MapTracker implements PlaceTracker {
  readonly #map: PlaceMap;
  readonly #clock: PlaceClock;
  readonly #filter = new SequenceFilter();
  #scores = new Float32Array(1024);
  /** Of the last frame at which a place began. */
  #place = -1;
  #score = 0;
  #second = 0;
  #known = false;
  /** The last frame began a place. */
  #ticked = false;
  #steps = 0;

  constructor(map: PlaceMap) {
    this.#map = map;
    this.#clock = new PlaceClock(map.recogniser.cells, map.rule);
  }

  get places(): number {
    return this.#map.places.length;
  }

  has(place: number): boolean {
    return this.#map.find(place) >= 0;
  }

  begin(): void {
    this.#map.recogniser.begin();
    this.#clock.begin();
    this.#lose();
  }

  track(frame: Uint8Array, metres: number, estimate: PlaceEstimate): boolean {
    const { recogniser } = this.#map;
    this.#ticked = this.#clock.tick(recogniser.look(frame), metres);
    if (this.#ticked) {
      if (!recogniser.see(frame)) return false;
      this.#match();
    }
    estimate.place = this.#place;
    estimate.score = this.#score;
    estimate.second = this.#second;
    estimate.margin = this.#score - this.#second;
    estimate.known = this.#known;
    estimate.ambiguous = this.#place >= 0 && !this.#known && estimate.margin < leastMargin;
    return true;
  }

  learn(estimate: PlaceEstimate): number {
    if (!this.#ticked || (this.#known && this.#isOld(this.#place))) return -1;
    const { id } = this.#map.places[this.#map.addPlace()] ?? { id: -1 };
    this.#place = estimate.place = id;
    return id;
  }

  forget(place: number): void {
    this.#map.forget(this.#map.find(place));
    this.#lose();
  }

  settle(): void {
    this.#map.recogniser.settle();
  }

  #match(): void {
    const places = this.places;
    if (places === 0) return;
    if (this.#scores.length < places) this.#scores = new Float32Array(2 * places);
    this.#map.score(this.#scores);
    this.#filter.step(this.#scores, places, this.#clock.advance);
    this.#filter.read(this.#scores);
    this.#steps++;
    const { best } = this.#filter;
    this.#score = shareOf(this.#scores[best] as number);
    this.#second = shareOf(this.#bestElsewhere(best, places));
    this.#known = this.#steps >= leastSteps && places > recent && this.#score - this.#second >= leastMargin;
    this.#place = this.#map.places[best]?.id ?? -1;
  }

  #bestElsewhere(best: number, places: number): number {
    let second = -Infinity;
    for (let place = 0; place < places; place++) {
      if (Math.abs(place - best) > elsewhere) second = Math.max(second, this.#scores[place] as number);
    }
    return second;
  }

  /** What was learned a moment ago is alike because it is near: it is no place that was met again. */
  #isOld(id: number): boolean {
    return this.places - this.#map.find(id) > recent;
  }

  #lose(): void {
    this.#filter.begin();
    this.#ticked = false;
    this.#steps = 0;
    this.#place = -1;
    this.#score = this.#second = 0;
    this.#known = false;
  }
}

/** Of the belief that sixteen perfect frames add up to, from 0 to 1. */
function shareOf(belief: number): number {
  return Math.min(1, Math.max(0, belief / 64));
}

/** Places that are no neighbours. */
const elsewhere = 3;
const recent = 30;
const leastSteps = 4;
const leastMargin = 0.08;
