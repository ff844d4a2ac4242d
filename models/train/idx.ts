import { gunzipSync } from 'node:zlib';
import { ModelError } from '../format/model-error.js';

/** Unsigned bytes of any shape, as the files of MNIST hold them (magic 00 00 08 axes, extents as 32 bits, high byte first). */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** A gzipped file may grow to so much. */
const mostBytes = 1 << 30;

/** @param bytes plain or gzipped. @param name of the file, for messages. @throws ModelError */
export function readIdx(bytes: Uint8Array, name: string): IdxArray {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(bytes, name) : bytes;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const axes = plain[3] ?? 0;
  const header = 4 + 4 * axes;
  if (plain.length < 4 || view.getUint16(0) !== 0 || plain[2] !== 0x08)
    throw new ModelError(
      `${name}: starts with ${hex(plain.subarray(0, 4))}, not with 00 00 08. Give an IDX file of bytes.`,
    );
  if (axes < 1 || axes > 4 || plain.length < header)
    throw new ModelError(`${name}: has ${axes} axes in ${plain.length} bytes. Give an IDX file of 1 to 4 axes.`);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (elements !== plain.length - header)
    throw new ModelError(
      `${name}: [${shape.join(', ')}] needs ${elements} bytes, but ${plain.length - header} follow. The file is damaged; fetch it again.`,
    );
  return { shape, values: plain.subarray(header) };
}

function unzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    throw new ModelError(`${name}: cannot be unzipped (${error instanceof Error ? error.message : String(error)}).`);
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
