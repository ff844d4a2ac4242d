import { existsSync, readFileSync } from 'node:fs';
import { ModelError } from '../../models/format/model-error.js';
import { AxondPlace } from '../../models/place/axond-place.js';
import { kernelModule } from '../../models/place/kernels-file.js';
import { mapOf } from '../../models/place/map-content.js';
import { MapFile } from '../../models/place/map-file.js';
import { decodeMap, type MapKind } from '../../models/place/map-format.js';
import { defaultTheta, type PlaceRule } from '../../models/place/place-clock.js';
import { PlaceMap } from '../../models/place/place-map.js';

const recogniserOf = ({ sensor, height, width, size }: MapKind): AxondPlace =>
  new AxondPlace({ sensor, height, width, size, module: kernelModule });

/** The map of a run, and its file; none for a map of this run alone. @throws ModelError that names the file */
export function openMap(
  path: string | undefined,
  kind: MapKind,
  spacing: number | undefined,
): { map: PlaceMap; file?: MapFile } {
  const rule: PlaceRule = { theta: defaultTheta, ...(spacing === undefined ? {} : { spacing }) };
  if (path === undefined) return { map: new PlaceMap(recogniserOf(kind), rule) };
  if (!existsSync(path)) {
    const file = MapFile.create(path, kind, rule, recogniserOf(kind));
    return { map: file.map, file };
  }
  const file = MapFile.open(path, recogniserOf);
  const { sensor, height, width } = file.kind;
  if (sensor !== kind.sensor || height !== kind.height || width !== kind.width)
    throw new ModelError(
      `${path}: a map of ${sensor} frames of ${width}x${height}, the source gives ${kind.sensor} frames of ${kind.width}x${kind.height}. Name another map, or set the source as it was when this one was learned.`,
    );
  return { map: file.map, file };
}

/** The same for replay, from what the recording holds. */
export function mapOfRecording(bytes: Uint8Array | undefined, kind: MapKind, spacing: number | undefined): PlaceMap {
  if (!bytes) return openMap(undefined, kind, spacing).map;
  const content = decodeMap(bytes);
  return mapOf(content, recogniserOf(content.kind));
}

/** What a recording keeps of the map that it begins with. */
export function mapBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
