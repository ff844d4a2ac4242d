import { statSync } from 'node:fs';
import { CameraSource, type CameraNotice } from '../../drivers/camera/source.js';
import { EdvsSource } from '../../drivers/edvs/source.js';
import { formatOfFile } from '../../drivers/events/event-file.js';
import { eventFormats } from '../../drivers/events/formats.js';
import { EventFileSource } from '../../drivers/events/event-file-source.js';
import { EventSource } from '../../drivers/events/event-source.js';
import { hotPixelsOf } from '../../drivers/events/hot-pixel-file.js';
import type { PictureSource } from '../../drivers/picture-source.js';
import { addressText } from '../../drivers/socket-stream.js';
import { openPreparation } from './open-preparation.js';
import type { EventOptions, PictureOptions, Windows } from './picture-options.js';

export interface OpenSource {
  readonly source: PictureSource;
  /** From a frame of the source to the one that is compared. */
  prepare(pixels: Uint8Array, into: Uint8Array): void;
}

type OnNotice = (notice: CameraNotice) => void;

/** What is wrong with where pictures come from; one message that names value and fix. */
export class SourceError extends Error {}

/** Nothing comes before its `start`. @throws SourceError, PictureError, RangeError */
export async function openSource(
  options: PictureOptions,
  onFrames: () => void,
  onNotice: OnNotice,
): Promise<OpenSource> {
  if (options.use === 'camera') {
    const { mask, crop, rotation, gamma } = options;
    const preparation = await openPreparation(options, { rotation, gamma, ...(crop ? { crop } : {}) }, mask);
    return {
      source: new CameraSource(options, onFrames, onNotice),
      prepare: (pixels, into) => {
        preparation.prepare(pixels, into);
      },
    };
  }
  const source =
    options.use === 'edvs' ? openEdvs(options, onFrames, onNotice) : openEvents(options, onFrames, onNotice);
  return {
    source,
    prepare: (pixels, into) => {
      into.set(pixels);
    },
  };
}

function openEdvs(options: PictureOptions & { use: 'edvs' }, onFrames: () => void, onNotice: OnNotice): PictureSource {
  return new EdvsSource({ ...options, hotPixels: hotPixels(options, options.port, onNotice) }, onFrames, onNotice);
}

function openEvents({ from, ...options }: EventOptions, onFrames: () => void, onNotice: OnNotice): PictureSource {
  if ('file' in from && !isPipe(from.file)) {
    const { file } = from;
    if (options.format === undefined && formatOfFile(file) === undefined)
      throw new SourceError(
        `source.file: ${file}: its first bytes tell no format. Set source.format: ${eventFormats.join(', ')}.`,
      );
    return new EventFileSource({ ...options, file, hotPixels: hotPixels(options, file, onNotice) }, onFrames, onNotice);
  }
  const { format } = options;
  const name = 'command' in from ? from.command.join(' ') : 'file' in from ? from.file : addressText(from.socket);
  if (format === undefined)
    throw new SourceError(`source.format: is missing: what ${name} sends. Use one of ${eventFormats.join(', ')}.`);
  const stream = 'file' in from ? { socket: { pipe: from.file } } : from;
  return new EventSource(
    { ...options, format, from: stream, hotPixels: hotPixels(options, name, onNotice) },
    onFrames,
    onNotice,
  );
}

/** @throws SourceError where there is nothing of that name */
function isPipe(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new SourceError(`source.file: ${path}: there is no such file. Correct the path.`);
  if (found.isDirectory()) throw new SourceError(`source.file: ${path}: is a folder. Name a file of events in it.`);
  return found.isFIFO();
}

function hotPixels({ hotPixels }: Windows, sensor: string, onNotice: OnNotice) {
  if (hotPixels === undefined) return undefined;
  return hotPixelsOf(hotPixels, sensor, (text) => {
    onNotice({ state: 'delivering', text });
  });
}
