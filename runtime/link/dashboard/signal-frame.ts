/**
 * The binary messages to the page, little-endian: `u8 version, u8 kind, u16 channels, u32 sequence, f64 first index,
 * u32 frames, u32 0`, then for a signal `i16 [frames × channels]`, for a picture (width as channels, height as frames,
 * its number as first index) a byte a pixel. Runs here and in the browser.
 */

export const frameVersion = 1;
export const FrameKind = { signal: 1, picture: 2 } as const;
/** Stands for a sample that was lost. */
export const gapValue = -32768;
const headerBytes = 24;

export interface SignalFrame {
  readonly channels: number;
  /** Counts the frames of a connection's server: a hole is a frame that was left out. */
  readonly sequence: number;
  /** Of the display, whose rate the hello tells. */
  readonly firstIndex: number;
  readonly frames: number;
  /** `values[frame × channels + channel]`, in steps of the hello's `step`; `gapValue` where there is none. */
  readonly values: Int16Array;
}

export interface PictureFrame {
  readonly width: number;
  readonly height: number;
  readonly number: number;
  readonly pixels: Uint8Array;
}

export function encodeSignal({ channels, sequence, firstIndex, frames, values }: SignalFrame): Uint8Array {
  const bytes = new Uint8Array(headerBytes + frames * channels * 2);
  writeHeader(bytes, FrameKind.signal, channels, sequence, firstIndex, frames);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < frames * channels; i++) view.setInt16(headerBytes + 2 * i, values[i] as number, true);
  return bytes;
}

export function encodePicture({ width, height, number, pixels }: PictureFrame): Uint8Array {
  const bytes = new Uint8Array(headerBytes + width * height);
  writeHeader(bytes, FrameKind.picture, width, 0, number, height);
  bytes.set(pixels.subarray(0, width * height), headerBytes);
  return bytes;
}

function writeHeader(
  bytes: Uint8Array,
  kind: number,
  channels: number,
  sequence: number,
  firstIndex: number,
  frames: number,
): void {
  const view = new DataView(bytes.buffer);
  view.setUint8(0, frameVersion);
  view.setUint8(1, kind);
  view.setUint16(2, channels, true);
  view.setUint32(4, sequence >>> 0, true);
  view.setFloat64(8, firstIndex, true);
  view.setUint32(16, frames, true);
}

/** Undefined for what is neither, or is not as long as it says. */
export function decodeFrame(buffer: ArrayBuffer): SignalFrame | PictureFrame | undefined {
  if (buffer.byteLength < headerBytes) return undefined;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== frameVersion) return undefined;
  const kind = view.getUint8(1);
  const channels = view.getUint16(2, true);
  const firstIndex = view.getFloat64(8, true);
  const frames = view.getUint32(16, true);
  if (kind === FrameKind.signal && buffer.byteLength === headerBytes + frames * channels * 2) {
    const values = new Int16Array(frames * channels);
    for (let i = 0; i < values.length; i++) values[i] = view.getInt16(headerBytes + 2 * i, true);
    return { channels, sequence: view.getUint32(4, true), firstIndex, frames, values };
  }
  if (kind === FrameKind.picture && buffer.byteLength === headerBytes + frames * channels) {
    return { width: channels, height: frames, number: firstIndex, pixels: new Uint8Array(buffer, headerBytes) };
  }
  return undefined;
}
