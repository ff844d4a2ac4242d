import { existsSync, statSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { EventFile, EventFileError, formatOfFile, framesOfFile } from '../../drivers/events/event-file.js';
import { readHotPixels, writeHotPixels } from '../../drivers/events/hot-pixel-file.js';
import { HotPixelSearch, type FoundHotPixels } from '../../drivers/events/hot-pixels.js';
import type { MapKind } from '../../models/place/map-format.js';
import { timeOption } from './options.js';

/** Drives that are files of events: their windows are counted into frames. */

export interface Counting {
  /** Seconds. Left out: as the map has it, or 33 ms. */
  readonly window?: number;
  readonly hotPixels?: string;
}

/** Options of every verb that reads a drive. */
export function withCounting(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--window <TIME>',
        'of a file of events: so much time makes a frame (default: that of the map, or 33ms)',
      ).argParser(timeOption),
    )
    .option('--hot-pixels <FILE>', 'of its sensor: they do not count; a file that is not there yet is learned');
}

/** Microseconds. */
export function windowUsOf(window = 0.033): number {
  return Math.round(window * 1e6);
}

/** By its first bytes. */
export function isEventFile(path: string): boolean {
  if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  return formatOfFile(path) !== undefined;
}

/** Each frame is one of its own. @throws EventFileError, RangeError where the hot pixels cannot be read */
export async function* countedFrames(
  path: string,
  { height, width, windowUs }: MapKind,
  { window, hotPixels }: Counting,
): AsyncGenerator<Uint8Array> {
  const known = hotPixels === undefined ? undefined : await hotPixelsAt(hotPixels, path);
  const durationUs = windowUsOf(window);
  if (window !== undefined && windowUs !== undefined && durationUs !== windowUs)
    throw new EventFileError(
      `--window ${durationUs / 1000}ms: the map was learned with ${windowUs / 1000}ms. Leave it out, or learn another map.`,
    );
  const rule = { window: { durationUs: windowUs ?? durationUs }, columns: width, rows: height };
  for await (const { pixels } of framesOfFile(path, { ...rule, ...(known ? { hotPixels: known } : {}) }))
    yield pixels.slice();
}

/** Those of the file; where there is none, those that the whole drive tells, and the file is written. */
async function hotPixelsAt(path: string, drive: string): Promise<FoundHotPixels> {
  if (existsSync(path)) return readHotPixels(path);
  const file = await EventFile.open(drive, {});
  let search: HotPixelSearch | undefined;
  for await (const block of file.blocks()) {
    search ??= new HotPixelSearch(file.decoder.width, file.decoder.height);
    search.add(block);
  }
  if (!search) throw new EventFileError(`${drive}: has no event.`);
  const { width, height, seconds } = search;
  const found = { width, height, seconds, pixels: search.pixels() };
  writeHotPixels(path, { sensor: drive, ...found });
  process.stderr.write(
    `${path}: hot pixels found in ${seconds.toFixed(0)} s: ${found.pixels.length}. They are kept.\n`,
  );
  return found;
}
