import type { PlaceEstimate } from '../../runtime/contracts.js';

/** Nothing is known yet. */
export function nowhere(): PlaceEstimate {
  return {
    place: -1,
    score: 0,
    second: 0,
    margin: 0,
    known: false,
    ambiguous: false,
    frameUs: Number.NaN,
    ageUs: Number.NaN,
  };
}

/** What a tracker answers; which frame it was and how old it is stay as they are. */
export function copyAnswer(from: PlaceEstimate, to: PlaceEstimate): void {
  to.place = from.place;
  to.score = from.score;
  to.second = from.second;
  to.margin = from.margin;
  to.known = from.known;
  to.ambiguous = from.ambiguous;
}
