import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * Lossless packing of what the loop takes in. Pictures: differences from what
 * neighbours foretell, Huffman codes. Counts and counters: differences from frame to frame, zigzag, one plane a
 * byte, deflate; times: differences of their bits as 64-bit integers, one plane a byte, deflate. Wrapping arithmetic
 * makes each difference reversible, whatever the numbers.
 */

/** Frames as columns: `counts[frame × channels + channel]`, device counter and flags of each frame. */
export interface Frames {
  readonly counts: Int32Array;
  readonly counters: Int32Array;
  readonly flags: Uint8Array;
}

/** Cycles as columns: when each began, and how many frames it brought. */
export interface Cycles {
  readonly arrivalUs: Float64Array;
  readonly frames: Uint16Array;
}

/** Pictures as columns: when each was taken, and its pixels one picture after the other. */
export interface Pictures {
  readonly frameUs: Float64Array;
  readonly pixels: Uint8Array;
}

/** The first `length` frames. */
export function packFrames({ counts, counters, flags }: Frames, length: number, channels: number): Buffer {
  const bytes = new Uint8Array(length * frameBytes(channels));
  for (let channel = 0; channel < channels; channel++) {
    packInts(counts, channel, channels, length, bytes, 4 * length * channel);
  }
  packInts(counters, 0, 1, length, bytes, 4 * length * channels);
  bytes.set(flags.subarray(0, length), 4 * length * (channels + 1));
  return deflateRawSync(bytes, fast);
}

/** Throws with the reason where the bytes are not those of `length` frames. */
export function unpackFrames(packed: Uint8Array, length: number, channels: number): Frames {
  const bytes = inflate(packed, length * frameBytes(channels));
  const counts = new Int32Array(length * channels);
  const counters = new Int32Array(length);
  for (let channel = 0; channel < channels; channel++) {
    unpackInts(bytes, 4 * length * channel, length, counts, channel, channels);
  }
  unpackInts(bytes, 4 * length * channels, length, counters, 0, 1);
  return { counts, counters, flags: new Uint8Array(bytes.subarray(4 * length * (channels + 1))) };
}

/** The first `length` cycles. */
export function packCycles({ arrivalUs, frames }: Cycles, length: number): Buffer {
  const bytes = new Uint8Array(length * cycleBytes);
  const words = new Int32Array(arrivalUs.buffer, arrivalUs.byteOffset, 2 * length);
  let lastLow = 0;
  let lastHigh = 0;
  for (let i = 0; i < length; i++) {
    const low = words[2 * i] as number;
    const high = words[2 * i + 1] as number;
    const borrow = low >>> 0 < lastLow >>> 0 ? 1 : 0;
    putBytes(bytes, i, length, (low - lastLow) | 0);
    putBytes(bytes, 4 * length + i, length, (high - lastHigh - borrow) | 0);
    lastLow = low;
    lastHigh = high;
    const count = frames[i] as number;
    bytes[8 * length + i] = count;
    bytes[9 * length + i] = count >>> 8;
  }
  return deflateRawSync(bytes, fast);
}

/** Throws with the reason where the bytes are not those of `length` cycles. */
export function unpackCycles(packed: Uint8Array, length: number): Cycles {
  const bytes = inflate(packed, length * cycleBytes);
  const arrivalUs = new Float64Array(length);
  const frames = new Uint16Array(length);
  const words = new Int32Array(arrivalUs.buffer);
  let low = 0;
  let high = 0;
  for (let i = 0; i < length; i++) {
    const sum = (low + takeBytes(bytes, i, length)) | 0;
    const carry = sum >>> 0 < low >>> 0 ? 1 : 0;
    high = (high + takeBytes(bytes, 4 * length + i, length) + carry) | 0;
    low = sum;
    words[2 * i] = low;
    words[2 * i + 1] = high;
    frames[i] = (bytes[8 * length + i] as number) | ((bytes[9 * length + i] as number) << 8);
  }
  return { arrivalUs, frames };
}

/** Pixels a row, and rows. */
interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The first `length` pictures, each pixel as its difference from what its neighbours foretell. */
export function packPictures({ frameUs, pixels }: Pictures, length: number, { width, height }: PictureSize): Buffer {
  const count = length * width * height;
  const bytes = new Uint8Array(8 * length + count);
  bytes.set(new Uint8Array(frameUs.buffer, frameUs.byteOffset, 8 * length));
  const at = 8 * length;
  for (let pixel = 0; pixel < count; pixel++) {
    bytes[at + pixel] = (pixels[pixel] as number) - foretold(pixels, pixel, width, height);
  }
  return deflateRawSync(bytes, fewRepeats);
}

/** Throws with the reason where the bytes are not those of `length` pictures. */
export function unpackPictures(packed: Uint8Array, length: number, { width, height }: PictureSize): Pictures {
  const count = length * width * height;
  const bytes = inflate(packed, 8 * length + count);
  const pixels = new Uint8Array(bytes.subarray(8 * length));
  for (let pixel = 0; pixel < count; pixel++) {
    pixels[pixel] = (pixels[pixel] as number) + foretold(pixels, pixel, width, height);
  }
  return { frameUs: new Float64Array(new Uint8Array(bytes.subarray(0, 8 * length)).buffer), pixels };
}

/** The median edge detector of JPEG-LS: from the neighbours to the left, above, and above that to the left. */
function foretold(pixels: Uint8Array, pixel: number, width: number, height: number): number {
  const column = pixel % width;
  const hasRowAbove = Math.floor(pixel / width) % height !== 0;
  if (!hasRowAbove) return column === 0 ? 0 : (pixels[pixel - 1] as number);
  const above = pixels[pixel - width] as number;
  if (column === 0) return above;
  const left = pixels[pixel - 1] as number;
  const corner = pixels[pixel - width - 1] as number;
  if (corner >= Math.max(left, above)) return Math.min(left, above);
  if (corner <= Math.min(left, above)) return Math.max(left, above);
  return left + above - corner;
}

function packInts(from: Int32Array, first: number, step: number, length: number, to: Uint8Array, at: number): void {
  let last = 0;
  for (let i = 0; i < length; i++) {
    const value = from[first + i * step] as number;
    const difference = (value - last) | 0;
    last = value;
    putBytes(to, at + i, length, (difference << 1) ^ (difference >> 31));
  }
}

function unpackInts(from: Uint8Array, at: number, length: number, to: Int32Array, first: number, step: number): void {
  let last = 0;
  for (let i = 0; i < length; i++) {
    const zigzag = takeBytes(from, at + i, length);
    last = (last + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
    to[first + i * step] = last;
  }
}

/** The four bytes of a value, each into its plane of `length` bytes. */
function putBytes(to: Uint8Array, at: number, length: number, value: number): void {
  to[at] = value;
  to[at + length] = value >>> 8;
  to[at + 2 * length] = value >>> 16;
  to[at + 3 * length] = value >>> 24;
}

function takeBytes(from: Uint8Array, at: number, length: number): number {
  return (
    (from[at] as number) |
    ((from[at + length] as number) << 8) |
    ((from[at + 2 * length] as number) << 16) |
    ((from[at + 3 * length] as number) << 24)
  );
}

function inflate(packed: Uint8Array, length: number): Uint8Array {
  const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
  if (bytes.length !== length) throw new Error(`it holds ${bytes.length} bytes instead of ${length}`);
  return bytes;
}

/** Counts and counter are four bytes each, flags one. */
const frameBytes = (channels: number): number => 4 * channels + 5;
const cycleBytes = 10;
/** On EEG higher levels gain less than 1 %. */
const fast = { level: 1 };
/** What is left of a picture hardly repeats: looking for it costs time and gains nothing. */
const fewRepeats = { level: 1, strategy: constants.Z_HUFFMAN_ONLY };
