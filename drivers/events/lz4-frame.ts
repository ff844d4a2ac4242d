import { readUint32 } from './little-endian.js';

export const Lz4 = { damaged: -1, tooLong: -2 } as const;

/**
 * Unpacks an LZ4 frame into `out` and returns its length, `Lz4.damaged`, or `Lz4.tooLong` where `out` does not hold it.
 * Checksums are passed over. Source: lz4.org, frame format 1.6.4 and block format.
 */
export function unpackLz4(bytes: Uint8Array, from: number, end: number, out: Uint8Array): number {
  if (end - from < 7 || readUint32(bytes, from) !== magic) return Lz4.damaged;
  const flags = bytes[from + 4] as number;
  if (flags >> 6 !== 1) return Lz4.damaged;
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  let at = from + 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  for (let length = 0; at + 4 <= end;) {
    const word = readUint32(bytes, at);
    at += 4;
    if (word === 0) return length;
    const size = word & 0x7fffffff;
    if (at + size > end) return Lz4.damaged;
    if (word < 0x80000000) length = unpackBlock(bytes, at, at + size, out, length);
    else if (length + size > out.length) length = Lz4.tooLong;
    else {
      out.set(bytes.subarray(at, at + size), length);
      length += size;
    }
    if (length < 0) return length;
    at += size + blockChecksum;
  }
  return Lz4.damaged;
}

/** Returns the length of `out` after the block; what it repeats may lie in blocks before. */
function unpackBlock(bytes: Uint8Array, from: number, end: number, out: Uint8Array, begin: number): number {
  let at = from;
  let length = begin;
  while (at < end) {
    const token = bytes[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255 && at < end;) literals += more = bytes[at++] as number;
    }
    if (at + literals > end) return Lz4.damaged;
    if (length + literals > out.length) return Lz4.tooLong;
    for (let i = 0; i < literals; i++) out[length++] = bytes[at++] as number;
    if (at >= end) return at === end ? length : Lz4.damaged;
    if (at + 2 > end) return Lz4.damaged;
    const distance = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    at += 2;
    if (distance === 0 || distance > length) return Lz4.damaged;
    let repeated = (token & 15) + 4;
    if (repeated === 19) {
      for (let more = 255; more === 255 && at < end;) repeated += more = bytes[at++] as number;
    }
    if (length + repeated > out.length) return Lz4.tooLong;
    for (let i = 0; i < repeated; i++, length++) out[length] = out[length - distance] as number;
  }
  return length;
}

const magic = 0x184d2204;
