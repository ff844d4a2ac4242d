import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Traverse } from '../../../models/place/traverse.js';

/** A file that is no pack; one message that names file, value and fix. */
export class PackError extends Error {}

const named = /\.(\d+)x(\d+)x(\d+)\.u8$/;
const sized = /^(.+):(\d+)x(\d+)$/;

/**
 * Frames of bytes without a header: `NAME.FRAMESxHEIGHTxWIDTH.u8`, or `PATH:HEIGHTxWIDTH`, which overrides the name;
 * the number of frames then follows from the length.
 */
export function readPack(argument: string): Traverse {
  const override = sized.exec(argument);
  const path = override?.[1] ?? argument;
  const name = named.exec(basename(path));
  const height = Number(override?.[2] ?? name?.[2] ?? 0);
  const width = Number(override?.[3] ?? name?.[3] ?? 0);
  if (!existsSync(path)) throw new PackError(`${path}: there is no such file or folder. Correct the path.`);
  if (height < 1 || width < 1)
    throw new PackError(
      `${argument}: no frame size. Name the file like drive.500x32x64.u8 (frames, height, width), or add :HEIGHTxWIDTH.`,
    );
  const pixels = readPixels(path);
  const frames = pixels.length / (height * width);
  if (!Number.isInteger(frames) || frames === 0)
    throw new PackError(
      `${path}: ${pixels.length} bytes are not a whole number of frames of ${height}x${width}. Correct the size, or copy the file again.`,
    );
  if (override === null && frames !== Number(name?.[1]))
    throw new PackError(
      `${path}: its name says ${name?.[1] ?? '?'} frames, it holds ${frames}. Copy the file again, or correct its name.`,
    );
  return { frames, height, width, pixels };
}

function readPixels(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PackError(`${path}: ${error instanceof Error ? error.message : String(error)}. Correct the path.`);
  }
}
