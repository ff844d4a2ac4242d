import type { PlaceMap } from './place-map.js';

/**
 * Brings a map down to `rows` rows. First go rows that another row of their place resembles most; then, one after the
 * other, the places that resemble the place before them most, for there the route loses least. What a person has
 * labelled, what has a pose, and the ends of the route stay.
 */
export function pruneMap(map: PlaceMap, rows: number): { rows: number; places: number } {
  const before = { rows: map.owners.length, places: map.places.length };
  const spare = before.rows - rows;
  if (spare > 0) {
    const extra = extraRows(map).slice(0, spare);
    map.removeRows(new Set(extra));
    removePlaces(map, map.owners.length - rows);
    map.recogniser.settle();
  }
  return { rows: before.rows - map.owners.length, places: before.places - map.places.length };
}

/** All rows but the first of each place, most alike to an earlier row of their place first. */
function extraRows({ owners, recogniser, places }: PlaceMap): number[] {
  const earlier: number[][] = places.map(() => []);
  const extra: { row: number; like: number }[] = [];
  owners.forEach((place, row) => {
    const others = earlier[place] ?? [];
    if (others.length > 0) {
      const spikes = recogniser.row(row);
      extra.push({ row, like: Math.max(...others.map((other) => likeness(spikes, recogniser.row(other)))) });
    }
    others.push(row);
  });
  return extra.sort((a, b) => b.like - a.like || b.row - a.row).map(({ row }) => row);
}

/** One row a place is left by now. No two neighbours go, so that the route has no hole, unless there is no other way. */
function removePlaces(map: PlaceMap, count: number): void {
  for (let left = count; left > 0;) {
    const gone = alikeToTheirPredecessor(map).slice(0, left);
    if (gone.length === 0) return;
    map.removeRows(new Set(gone));
    left -= gone.length;
  }
}

function alikeToTheirPredecessor({ owners, places, recogniser }: PlaceMap): number[] {
  const rowOf = new Map(owners.map((place, row) => [place, row]));
  const alike: { place: number; row: number; like: number }[] = [];
  for (let place = 1; place < places.length - 1; place++) {
    const { label, pose } = places[place] ?? {};
    const [row, before] = [rowOf.get(place), rowOf.get(place - 1)];
    if (label !== undefined || pose || row === undefined || before === undefined) continue;
    alike.push({ place, row, like: likeness(recogniser.row(row), recogniser.row(before)) });
  }
  alike.sort((a, b) => b.like - a.like || a.place - b.place);
  const taken = new Set<number>();
  return alike.flatMap(({ place, row }) => {
    if (taken.has(place - 1) || taken.has(place + 1)) return [];
    taken.add(place);
    return [row];
  });
}

/** Cosine. */
export function likeness(a: Int8Array, b: Int8Array): number {
  let dot = 0;
  let ofA = 0;
  let ofB = 0;
  for (let cell = 0; cell < a.length; cell++) {
    const [x = 0, y = 0] = [a[cell], b[cell]];
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA === 0 || ofB === 0 ? 0 : dot / Math.sqrt(ofA * ofB);
}
