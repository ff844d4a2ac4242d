import type { PlaceEstimate } from '../../runtime/contracts.js';
import type { MapTracker } from './map-tracker.js';

/** Frames for which another map knows the place while the present one does not, before it takes over. */
const patience = 30;

/** Several maps, one of which the robot is on: all are followed, and another takes over where it knows and this one does not. */
export class MapSwitch {
  readonly #trackers: readonly MapTracker[];
  readonly #estimates: readonly PlaceEstimate[];
  #present = 0;
  #lost = 0;

  /** The first is where the robot is thought to be. */
  constructor(trackers: readonly MapTracker[], estimate: () => PlaceEstimate) {
    this.#trackers = trackers;
    this.#estimates = trackers.map(estimate);
  }

  /** Number of the map that the last estimate is of. */
  get present(): number {
    return this.#present;
  }

  begin(): void {
    this.#lost = 0;
    for (const tracker of this.#trackers) tracker.begin();
  }

  /** As a `PlaceTracker`; the estimate is that of the present map. */
  track(frame: Uint8Array, metres: number, estimate: PlaceEstimate): boolean {
    let evidence = false;
    this.#trackers.forEach((tracker, map) => {
      evidence = tracker.track(frame, metres, this.#estimates[map] as PlaceEstimate) || evidence;
    });
    const knowing = this.#estimates.findIndex(({ known }) => known);
    if (this.#estimates[this.#present]?.known === true || knowing < 0) this.#lost = 0;
    else if (++this.#lost >= patience) {
      this.#present = knowing;
      this.#lost = 0;
    }
    const { place, score, second, margin, known, ambiguous } = this.#estimates[this.#present] as PlaceEstimate;
    Object.assign(estimate, { place, score, second, margin, known, ambiguous });
    return evidence;
  }
}
