import { MapTracker } from './map-tracker.js';
import type { PlaceMap } from './place-map.js';

/**
 * Puts the places of `other` into `map`, as if its route were driven past them: rows of places that are known go to
 * these, with labels and poses where they have none; the others become places with new ids. Tells each id of `other` its
 * id in `map`.
 */
export function mergeMaps(map: PlaceMap, other: PlaceMap): ReadonlyMap<number, number> {
  const rows: Int8Array[][] = other.places.map(() => []);
  other.owners.forEach((place, row) => rows[place]?.push(other.recogniser.row(row).slice()));
  const tracker = new MapTracker(map, false);
  tracker.begin();
  const ids = new Map(other.places.map((place, at) => [place.id, tracker.merge(place, rows[at] ?? [])]));
  map.recogniser.settle();
  return ids;
}
