import { readFileSync, statSync } from 'node:fs';
import { AxondPlace } from '../../models/place/axond-place.js';
import { readPlaceKernels } from '../../models/place/kernels-file.js';
import { ModelError } from '../../models/format/model-error.js';
import { hasMap, type MapKind } from '../../models/place/map-format.js';
import type { PlaceSensor } from '../../models/place/sensor.js';
import type { MapRecogniser } from '../../models/place/place-map.js';
import { EventFileError } from '../../drivers/events/event-file.js';
import { PictureError } from '../../drivers/images/picture.js';
import type { MapSize } from '../contracts.js';
import { PackError } from '../evaluate/place/pack.js';
import { readDrive, readMetres, sizeOf } from '../evaluate/place/read-drive.js';
import { countedFrames, isEventFile, windowUsOf, type Counting } from './event-drive.js';
import { Failure, UsageError } from './output.js';

/** What the verbs on maps share: the recogniser of a map, and the frames that it takes. */

/** Of a map that is learned from this drive. @throws UsageError */
export function kindFor(
  drive: string,
  options: Counting & { sensor: PlaceSensor; size: MapSize; columns: number; rows: number },
): MapKind {
  const { sensor, size, columns, rows, window } = options;
  if (isEventFile(drive)) {
    const counts = { height: rows, width: columns, windowUs: windowUsOf(window) };
    return { method: 'axond-place', sensor: 'events', ...counts, size };
  }
  if (sensor !== 'events') return { method: 'axond-place', sensor, height: 32, width: 64, size };
  try {
    return { method: 'axond-place', sensor, ...sizeOf(drive), size };
  } catch (error) {
    throw error instanceof PackError ? new UsageError(error.message) : error;
  }
}

export function recogniserOf({ sensor, height, width, size }: MapKind, recall = false): MapRecogniser {
  return new AxondPlace({ sensor, height, width, size, recall, module: readPlaceKernels() });
}

export const driveArgument =
  'NAME.500x32x64.u8, FILE:32x64, a folder of pictures, a file of events (RAW, AEDAT), or stdin:480x640 for raw grey frames on stdin';

/** One frame of a drive, and the metres driven since the one before; NaN where nothing tells them. */
export interface DrivenFrame {
  readonly frame: Uint8Array;
  readonly metres: number;
}

/** The frames of a drive as the map takes them. @throws UsageError */
export function drivenFrames(
  drive: string,
  kind: MapKind,
  options: Counting & { readonly odometry?: string },
): AsyncGenerator<DrivenFrame> {
  return namingDrive(drivenBy(drive, kind, options));
}

async function* drivenBy(
  drive: string,
  kind: MapKind,
  { odometry, ...counting }: Counting & { readonly odometry?: string },
): AsyncGenerator<DrivenFrame> {
  const metres = odometry === undefined ? undefined : readMetres(odometry);
  let at = 0;
  for await (const frame of framesOf(drive, kind, counting)) {
    yield { frame, metres: metres?.[at] ?? Number.NaN };
    at++;
  }
  if (metres && metres.length !== at)
    throw new UsageError(`${odometry ?? ''}: ${metres.length} lines, the drive has ${at} frames. Write one a frame.`);
}

/** Faults of a drive's files in one line. @throws UsageError */
export async function* namingDrive<Frame>(frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
  try {
    yield* frames;
  } catch (error) {
    const known = [PackError, PictureError, EventFileError, RangeError].some((kind) => error instanceof kind);
    throw known && error instanceof Error ? new UsageError(error.message) : error;
  }
}

function framesOf(drive: string, kind: MapKind, counting: Counting): AsyncGenerator<Uint8Array> {
  if (!isEventFile(drive)) return readDrive(drive, kind, kind.sensor === 'events', process.stdin);
  if (kind.sensor !== 'events') throw new UsageError(`${drive}: has events, the map is of pictures. Name another map.`);
  return countedFrames(drive, kind, counting);
}

/** By content; by name where the content says nothing, so that a damaged map is told what is wrong with it. */
export function isMapFile(path: string): boolean {
  if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  if (path.endsWith('.map')) return true;
  try {
    return hasMap(readFileSync(path));
  } catch {
    return false;
  }
}

/** Faults of a map's file in one line. */
export async function ofMapFile<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ModelError ? new Failure(error.message) : error;
  }
}
