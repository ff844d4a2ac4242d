import { readFileSync } from 'node:fs';
import { greyOfRgb } from './grey.js';

/** A file that is no picture that can be read; one message that names file, value and fix. */
export class PictureError extends Error {}

/** A byte a pixel, row by row. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Reads PNG and JPEG, told by their content; transparency is not looked at. Throws a `PictureError`. */
export type PictureReader = (path: string) => GreyPicture;

/** The libraries are loaded only where there are pictures to read. */
export async function openPictureReader(): Promise<PictureReader> {
  const { decode: decodePng, convertIndexedToRgb } = await import('fast-png');
  const { default: jpegs } = await import('jpeg-js');

  function png(bytes: Uint8Array): GreyPicture {
    const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    refuseSize(header.getUint32(16), header.getUint32(20));
    const [depth = 0, , , , interlaced = 0] = bytes.subarray(24);
    if (interlaced !== 0 && depth < 8) throw new Error(`interlaced with ${depth} bits a value is not read`);
    const picture = decodePng(bytes, { checkCrc: true });
    const { width, height, palette } = picture;
    const pixels = new Uint8Array(width * height);
    if (palette !== undefined) {
      greyOfRgb(convertIndexedToRgb(picture), palette[0]?.length === 4 ? 4 : 3, pixels);
      return { width, height, pixels };
    }
    const values = bytesOf(picture.data, picture.depth, width * picture.channels, height);
    if (picture.channels >= 3) greyOfRgb(values, picture.channels === 4 ? 4 : 3, pixels);
    else for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = values[pixel * picture.channels] as number;
    return { width, height, pixels };
  }

  function jpeg(bytes: Uint8Array): GreyPicture {
    // Tolerant decoding would hand out grey where a damaged file ends.
    const { width, height, data } = jpegs.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: mostPixels / 1e6,
    });
    const pixels = new Uint8Array(width * height);
    greyOfRgb(data, 3, pixels);
    return { width, height, pixels };
  }

  return (path) => {
    const bytes = readBytes(path);
    const decode = hasBytes(bytes, 0, pngSignature) ? png : hasBytes(bytes, 0, jpegSignature) ? jpeg : undefined;
    if (decode === undefined)
      throw new PictureError(`${path}: begins neither as PNG nor as JPEG. Convert it to one of them.`);
    try {
      return decode(bytes);
    } catch (error) {
      const cause = (error instanceof Error ? error.message : String(error)).replace(/[:.\s]+$/, '');
      throw new PictureError(`${path}: cannot be read (${cause}). Copy it again, or save it as plain PNG.`);
    }
  };
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PictureError(`${path}: ${error instanceof Error ? error.message : String(error)}. Correct the path.`);
  }
}

function refuseSize(width: number, height: number): void {
  if (width < 1 || height < 1 || width * height > mostPixels)
    throw new Error(`${width}x${height} pixels; at most ${mostPixels / 1e6} million are read`);
}

/** One byte a value: of 16 bits the upper half of the scale, below 8 bits unpacked and spread over the scale. */
function bytesOf(data: ArrayLike<number>, depth: number, valuesInRow: number, rows: number): ArrayLike<number> {
  if (depth === 8) return data;
  const values = new Uint8Array(valuesInRow * rows);
  if (depth === 16) {
    for (let at = 0; at < values.length; at++) values[at] = Math.round((data[at] as number) / 257);
    return values;
  }
  const most = 2 ** depth - 1;
  const rowBytes = Math.ceil((valuesInRow * depth) / 8);
  for (let at = 0; at < values.length; at++) {
    const bit = (at % valuesInRow) * depth;
    const byte = data[Math.floor(at / valuesInRow) * rowBytes + (bit >> 3)] as number;
    values[at] = (((byte >> (8 - depth - (bit & 7))) & most) * 255) / most;
  }
  return values;
}

function hasBytes(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const jpegSignature = [0xff, 0xd8, 0xff];
/** Beyond it a number in a file is a mistake, or an attack. */
const mostPixels = 64e6;
