import { nowhere } from '../../models/place/estimate.js';
import type { MapFile } from '../../models/place/map-file.js';
import type { MapKind } from '../../models/place/map-format.js';
import { PictureTracker } from '../../models/place/picture-tracker.js';
import type { PlaceMap } from '../../models/place/place-map.js';
import { isFolder, readPictures } from '../evaluate/place/picture-folder.js';
import { readDrive } from '../evaluate/place/read-drive.js';
import { isEventFile } from './event-drive.js';
import { UsageError, print, printJson } from './output.js';
import { namingDrive } from './place-map.js';

/** Maps of pictures that come in no order, such as those of cameras on walls: each picture is a place. */

/** All of them. @throws UsageError */
export async function collectPictures(pictures: string, kind: MapKind): Promise<Picture[]> {
  const all: Picture[] = [];
  for await (const picture of picturesOf(pictures, kind)) all.push(picture);
  if (all.length === 0) throw new UsageError(`${pictures}: has no picture. Is it the right one?`);
  return all;
}

/** A place of each picture that is evidence; `learned` hears of each place. */
export function learnPictures(
  map: PlaceMap,
  pictures: readonly Picture[],
  learned: (place: number, frame: Uint8Array) => void,
): void {
  const { recogniser } = map;
  recogniser.begin();
  for (const { name, frame } of pictures) {
    if (!recogniser.hasEvidence(frame) || !recogniser.see(frame)) continue;
    const place = map.addPlace();
    label(map, place, name);
    learned(place, frame);
  }
  recogniser.settle();
}

/** Known places get rows where they need them, the others become places; returns how many pictures there were. */
export async function addPictures(map: PlaceMap, pictures: string, kind: MapKind): Promise<number> {
  const tracker = new PictureTracker(map);
  const estimate = nowhere();
  let count = 0;
  tracker.begin();
  for await (const { name, frame } of picturesOf(pictures, kind)) {
    count++;
    if (!tracker.track(frame, Number.NaN, estimate)) continue;
    const learned = tracker.learn(estimate);
    if (learned >= 0) label(map, map.find(learned), name);
  }
  tracker.settle();
  return count;
}

/** A line a picture: its place, and where it is of none that is known, the one that it is most like. */
export async function matchPictures({ map, kind }: MapFile, pictures: string, json: boolean): Promise<void> {
  const tracker = new PictureTracker(map);
  const estimate = nowhere();
  const labelOf = (place: number): string | null => map.places[map.find(place)]?.label ?? null;
  const text = (place: number): string =>
    `place ${place}${labelOf(place) === null ? '' : ` (${labelOf(place) ?? ''})`}`;
  tracker.begin();
  let picture = 0;
  for await (const { name, frame } of picturesOf(pictures, kind)) {
    const evidence = tracker.track(frame, Number.NaN, estimate);
    const { place, score, second, margin, known, ambiguous } = estimate;
    const { nearest } = tracker;
    if (json && evidence) {
      const told = { place, label: labelOf(place), score, second, margin, known, ambiguous, nearest };
      printJson({ picture, name: name ?? null, ...told });
    } else if (!json) {
      const like = evidence ? `unknown, most like ${text(nearest)}` : 'no evidence: dark, blurred or without structure';
      const where = evidence && known ? `${text(place)}${ambiguous ? ', ambiguous' : ''}` : like;
      print(`picture ${picture}${name === undefined ? '' : ` (${name})`}: ${where}`);
    }
    picture++;
  }
  if (tracker.notice !== '') process.stderr.write(`${tracker.notice}\n`);
}

/** @throws UsageError where one of these options was given: they are of a way that is driven */
export function refuseOnPictures(options: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(options).find(([, value]) => value !== undefined);
  if (given)
    throw new UsageError(`--${given[0]}: has no meaning for pictures in no order: each is a place. Leave it out.`);
}

/** Those of a folder have names, and may be of any size. */
export interface Picture {
  readonly name?: string;
  readonly frame: Uint8Array;
}

/** @throws UsageError */
function picturesOf(pictures: string, kind: MapKind): AsyncGenerator<Picture> {
  if (isEventFile(pictures)) throw new UsageError(`${pictures}: has events, the map is of pictures. Name another map.`);
  return namingDrive(isFolder(pictures) ? readPictures(pictures, kind, false) : withoutNames(pictures, kind));
}

async function* withoutNames(pictures: string, kind: MapKind): AsyncGenerator<Picture> {
  for await (const frame of readDrive(pictures, kind, false, process.stdin)) yield { frame };
}

/** Of a new place. */
function label(map: PlaceMap, place: number, name: string | undefined): void {
  if (name !== undefined) map.note(place, { label: name.slice(0, mostLabel) });
}

/** Characters that the label of a place may have. */
const mostLabel = 200;
