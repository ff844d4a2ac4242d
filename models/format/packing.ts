/**
 * Weights of less than a byte, element after element without padding between rows: I4 two in a byte, the even element in
 * the low half, two's complement; B1 eight in a byte, the first in the lowest bit, 1 for +1 and 0 for −1. What is left of
 * the last byte is 0.
 */
export type PackedType = 'I4' | 'B1';

export function packedBytes(type: PackedType, elements: number): number {
  return Math.ceil(elements / (type === 'I4' ? 2 : 8));
}

export function pack(type: PackedType, values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(packedBytes(type, values.length));
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const place = type === 'I4' ? at >> 1 : at >> 3;
    const bits = type === 'I4' ? (value & 15) << ((at & 1) * 4) : Number(value > 0) << (at & 7);
    bytes[place] = (bytes[place] as number) | bits;
  }
  return bytes;
}

/** The elements, or undefined if what is left of the last byte is not 0. */
export function unpack(type: PackedType, bytes: Uint8Array, elements: number): Int8Array | undefined {
  const values = new Int8Array(elements);
  for (let at = 0; at < elements; at++)
    values[at] =
      type === 'I4'
        ? ((bytes[at >> 1] as number) << (at & 1 ? 24 : 28)) >> 28
        : (((bytes[at >> 3] as number) >> (at & 7)) & 1) * 2 - 1;
  const used = type === 'I4' ? (elements & 1) * 4 : elements & 7;
  return used !== 0 && (bytes.at(-1) ?? 0) >> used !== 0 ? undefined : values;
}
