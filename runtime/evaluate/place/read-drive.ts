import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { FramePreparation } from '../../../models/place/frame-preparation.js';
import { frameOf } from '../../../models/place/traverse.js';
import { PackError, readPack } from './pack.js';
import { isFolder, readPictures } from './picture-folder.js';

/** Of the frames that a map takes. */
export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Frames of a drive, one after the other, prepared to the size that the map takes: a pack, a folder of pictures, or
 * `stdin:HEIGHTxWIDTH` for raw grey frames on `input`. Count frames of an event sensor (`counts`) are never resized.
 * @throws PackError, PictureError
 */
export async function* readDrive(
  argument: string,
  size: FrameSize,
  counts: boolean,
  input: Readable,
): AsyncGenerator<Uint8Array> {
  if (argument.startsWith('stdin:')) yield* rawFrames(argument, size, counts, input);
  else if (isFolder(argument)) for await (const { frame } of readPictures(argument, size, true)) yield frame;
  else {
    const drive = readPack(argument);
    const prepare = preparation(argument, drive, size, counts);
    for (let frame = 0; frame < drive.frames; frame++) yield prepare(frameOf(drive, frame));
  }
}

/** Of the frames of a pack or of raw ones. @throws PackError */
export function sizeOf(argument: string): FrameSize {
  if (!argument.startsWith('stdin:')) {
    const { height, width } = readPack(argument);
    return { height, width };
  }
  const [, height = 0, width = 0] = (/^stdin:(\d+)x(\d+)$/.exec(argument) ?? []).map(Number);
  if (height >= 1 && width >= 1) return { height, width };
  throw new PackError(
    `${argument}: no frame size. Write stdin:HEIGHTxWIDTH, such as stdin:480x640, for raw grey frames.`,
  );
}

async function* rawFrames(argument: string, size: FrameSize, counts: boolean, input: Readable) {
  const { height, width } = sizeOf(argument);
  const prepare = preparation(argument, { height, width }, size, counts);
  const raw = new Uint8Array(height * width);
  let filled = 0;
  for await (const chunk of input as AsyncIterable<Uint8Array>)
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(raw.length - filled, chunk.length - at);
      raw.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < raw.length) continue;
      filled = 0;
      yield prepare(raw);
    }
  if (filled > 0)
    throw new PackError(
      `${argument}: ended within a frame, after ${filled} of ${raw.length} bytes. Is ${height}x${width} the size?`,
    );
}

/** Each call gives a frame of its own. */
function preparation(
  argument: string,
  from: FrameSize,
  to: FrameSize,
  counts: boolean,
): (frame: Uint8Array) => Uint8Array {
  if (from.height === to.height && from.width === to.width) return (frame) => frame.slice();
  if (counts)
    throw new PackError(
      `${argument}: counts of ${from.height}x${from.width} pixels, the map takes ${to.height}x${to.width}. Use the same windows.`,
    );
  const prepared = new FramePreparation(from.width, from.height, {}, to.width, to.height);
  return (frame) => {
    const into = new Uint8Array(to.height * to.width);
    prepared.prepare(frame, into);
    return into;
  };
}

/** Metres driven from frame to frame, a number a line; the first is that before the first frame. @throws PackError */
export function readMetres(path: string): number[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new PackError(`${path}: ${error instanceof Error ? error.message : String(error)}. Correct the path.`);
  }
  return text
    .trimEnd()
    .split('\n')
    .map((line, at) => {
      const metres = Number(line);
      if (line.trim() === '' || !Number.isFinite(metres))
        throw new PackError(`${path}: line ${at + 1}, "${line}", is no number of metres. Write one a frame.`);
      return metres;
    });
}
