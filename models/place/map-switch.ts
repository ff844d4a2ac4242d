import type { MapsTracker, PlaceEstimate, PlaceTracker } from '../../runtime/contracts.js';
import { copyAnswer, nowhere } from './estimate.js';

/** Frames for which another map knows the place while the present one does not, before it takes over. */
const patience = 30;

/** Several maps, one of which the robot is on: all are followed, and another takes over where it knows and this one does not. */
export class MapSwitch implements MapsTracker {
  readonly #trackers: readonly PlaceTracker[];
  readonly #estimates: readonly PlaceEstimate[];
  #present = 0;
  #lost = 0;

  /** The first is where the robot is thought to be. */
  constructor(trackers: readonly PlaceTracker[]) {
    if (trackers.length === 0) throw new RangeError('there is no map');
    this.#trackers = trackers;
    this.#estimates = trackers.map(nowhere);
  }

  get maps(): number {
    return this.#trackers.length;
  }

  get present(): number {
    return this.#present;
  }

  get places(): number {
    return this.#here.places;
  }

  has(place: number): boolean {
    return this.#here.has(place);
  }

  begin(): void {
    this.#lost = 0;
    for (const tracker of this.#trackers) tracker.begin();
  }

  track(frame: Uint8Array, metres: number, estimate: PlaceEstimate): boolean {
    let evidence = false;
    for (let map = 0; map < this.#trackers.length; map++) {
      const tracker = this.#trackers[map] as PlaceTracker;
      evidence = tracker.track(frame, metres, this.#estimates[map] as PlaceEstimate) || evidence;
    }
    const knowing = this.#estimates.findIndex(({ known }) => known);
    if (this.#estimates[this.#present]?.known === true || knowing < 0) this.#lost = 0;
    else if (++this.#lost >= patience) this.goTo(knowing);
    copyAnswer(this.#estimates[this.#present] as PlaceEstimate, estimate);
    return evidence;
  }

  learn(estimate: PlaceEstimate): number {
    return this.#here.learn(estimate);
  }

  forget(place: number): void {
    this.#here.forget(place);
  }

  settle(): void {
    this.#here.settle();
  }

  goTo(map: number): void {
    if (!(map in this.#trackers)) throw new RangeError(`map ${map}: there are ${this.#trackers.length}.`);
    this.#present = map;
    this.#lost = 0;
  }

  get #here(): PlaceTracker {
    return this.#trackers[this.#present] as PlaceTracker;
  }
}
