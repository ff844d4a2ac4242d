import { ModelError } from '../format/model-error.js';
import type { MapContent, MapKind } from './map-format.js';
import { PlaceMap, type MapRecogniser } from './place-map.js';

/** What a file holds of a map: its rows in the order of their places. */
export function contentOf(map: PlaceMap, kind: MapKind, revision: number): MapContent {
  const { recogniser, rule, nextId, places, owners } = map;
  const { cells } = recogniser;
  const order = owners.map((_, row) => row).sort((a, b) => (owners[a] as number) - (owners[b] as number) || a - b);
  const spikes = new Int8Array(order.length * cells);
  order.forEach((row, at) => {
    spikes.set(recogniser.row(row), at * cells);
  });
  return {
    kind,
    rule,
    revision,
    nextId,
    places,
    owners: order.map((row) => owners[row] as number),
    cells,
    spikes,
    thresholds: Float32Array.from(order, (row) => recogniser.threshold(row)),
  };
}

/** The map again, on a recogniser without rows. @throws ModelError where the rows are of another recogniser */
export function mapOf(content: MapContent, recogniser: MapRecogniser): PlaceMap {
  const { rule, nextId, places, owners, cells, spikes, thresholds } = content;
  if (cells !== recogniser.cells)
    throw new ModelError(
      `rows of ${cells} numbers, but this axond takes ${recogniser.cells} of such frames. Learn the map again.`,
    );
  const map = new PlaceMap(recogniser, rule);
  owners.forEach((owner, row) => {
    const values = spikes.subarray(row * cells, (row + 1) * cells);
    const threshold = thresholds[row] as number;
    const place = places[owner];
    if (place && owner === map.places.length) map.restorePlace(place, values, threshold);
    else map.restoreRow(owner, values, threshold);
  });
  map.reserveIds(nextId);
  return map;
}
