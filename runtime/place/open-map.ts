import { existsSync, readFileSync } from 'node:fs';
import { ModelError } from '../../models/format/model-error.js';
import { AxondPlace } from '../../models/place/axond-place.js';
import { readPlaceKernels } from '../../models/place/kernels-file.js';
import { contentOf, mapOf } from '../../models/place/map-content.js';
import { MapFile } from '../../models/place/map-file.js';
import { areComparable, decodeMap, encodeMap, type MapKind } from '../../models/place/map-format.js';
import { defaultTheta, type PlaceRule } from '../../models/place/place-clock.js';
import { MapSwitch } from '../../models/place/map-switch.js';
import { MapTracker } from '../../models/place/map-tracker.js';
import { PlaceMap } from '../../models/place/place-map.js';
import type { RunPosition } from '../contracts.js';
import { PlaceLoop } from './place-loop.js';

/** What a run wants of its maps. */
export interface MapUse {
  /** Metres from place to place, of a map that is made. */
  readonly spacing?: number;
  /** Places are recalled from a part of the view. */
  readonly recall: boolean;
}

const recogniserWith =
  (recall: boolean) =>
  ({ sensor, height, width, size }: MapKind): AxondPlace =>
    new AxondPlace({ sensor, height, width, size, recall, module: readPlaceKernels() });

/** The map of a run, and its file; none for a map of this run alone. @throws ModelError that names the file */
export function openMap(
  path: string | undefined,
  kind: MapKind,
  { spacing, recall }: MapUse,
): { map: PlaceMap; file?: MapFile } {
  const recogniserOf = recogniserWith(recall);
  const rule: PlaceRule = { theta: defaultTheta, ...(spacing === undefined ? {} : { spacing }) };
  if (path === undefined) return { map: new PlaceMap(recogniserOf(kind), rule) };
  if (!existsSync(path)) {
    const file = MapFile.create(path, kind, rule, recogniserOf(kind));
    return { map: file.map, file };
  }
  const file = MapFile.open(path, recogniserOf);
  refuseOther(path, file.kind, kind);
  return { map: file.map, file };
}

/** Further maps, which have to be there. @throws ModelError that names the file */
export function openOtherMap(path: string, kind: MapKind, recall: boolean): { map: PlaceMap; file: MapFile } {
  const file = MapFile.open(path, recogniserWith(recall));
  refuseOther(path, file.kind, kind);
  return { map: file.map, file };
}

function refuseOther(path: string, map: MapKind, source: MapKind): void {
  if (areComparable(map, source)) return;
  throw new ModelError(
    `${path}: a map of ${framesText(map)}, the source gives ${framesText(source)}. Name another map, or set the source as it was when this one was learned.`,
  );
}

function framesText({ sensor, height, width, windowUs }: MapKind): string {
  const window = windowUs === undefined ? '' : ` of ${windowUs / 1000} ms each`;
  return `${sensor} frames of ${width}x${height}${window}`;
}

/** The same for replay, from what the recording holds: all that it began with, or one without places. */
export function mapsOfRecording(
  stored: readonly { readonly bytes: Uint8Array }[],
  kind: MapKind,
  use: MapUse,
): PlaceMap[] {
  if (stored.length === 0) return [openMap(undefined, kind, use).map];
  const recogniserOf = recogniserWith(use.recall);
  return stored.map(({ bytes }) => {
    const content = decodeMap(bytes);
    return mapOf(content, recogniserOf(content.kind));
  });
}

/** The loop that tells where a robot is on these maps, in the first of which it begins. */
export function placeLoop(
  maps: readonly PlaceMap[],
  after?: RunPosition,
): { loop: PlaceLoop; trackers: readonly MapTracker[] } {
  const trackers = maps.map((map) => new MapTracker(map));
  const mode = maps[0]?.places.length === 0 ? 'learning' : 'matching';
  return { loop: new PlaceLoop(new MapSwitch(trackers), mode, after), trackers };
}

/** The same of a map of this run alone, which no file has. */
export function bytesOf(map: PlaceMap, kind: MapKind): Uint8Array {
  return encodeMap(contentOf(map, kind, 0));
}

/** What a recording keeps of the map that it begins with. */
export function mapBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
