import { existsSync, readFileSync } from 'node:fs';
import { AxondPlace } from '../../models/place/axond-place.js';
import { kernelModule } from '../../models/place/kernels-file.js';
import { mapOf } from '../../models/place/map-content.js';
import { MapFile } from '../../models/place/map-file.js';
import { decodeMap, type MapKind } from '../../models/place/map-format.js';
import { defaultTheta, type PlaceRule } from '../../models/place/place-clock.js';
import { PlaceMap } from '../../models/place/place-map.js';
import type { MapSize } from '../contracts.js';
import { preparedHeight, preparedWidth } from './shared.js';

const kindOf = (size: MapSize): MapKind => ({
  method: 'axond-place',
  sensor: 'grey',
  height: preparedHeight,
  width: preparedWidth,
  size,
});
const recogniserOf = ({ sensor, height, width, size }: MapKind): AxondPlace =>
  new AxondPlace({ sensor, height, width, size, module: kernelModule });

/** What a map is like that a run begins without. */
export interface NewMap {
  readonly size: MapSize;
  readonly spacing?: number;
}

/** The map of a run, and its file; none for a map of this run alone. @throws ModelError that names the file */
export function openMap(path: string | undefined, { size, spacing }: NewMap): { map: PlaceMap; file?: MapFile } {
  const kind = kindOf(size);
  const rule: PlaceRule = { theta: defaultTheta, ...(spacing === undefined ? {} : { spacing }) };
  if (path === undefined) return { map: new PlaceMap(recogniserOf(kind), rule) };
  const file = existsSync(path)
    ? MapFile.open(path, recogniserOf)
    : MapFile.create(path, kind, rule, recogniserOf(kind));
  return { map: file.map, file };
}

/** The same for replay, from what the recording holds. */
export function mapOfRecording(bytes: Uint8Array | undefined, begun: NewMap): PlaceMap {
  if (!bytes) return openMap(undefined, begun).map;
  const content = decodeMap(bytes);
  return mapOf(content, recogniserOf(content.kind));
}

/** What a recording keeps of the map that it begins with. */
export function mapBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
