/**
 * Numbers of less than a byte, element after element without padding between rows, the first in the lowest bits: I4 two
 * in a byte and I2 four, two's complement; B1 eight, 1 for +1 and 0 for −1. What is left of the last byte is 0.
 */
export type PackedType = 'I4' | 'I2' | 'B1';

const bitsOf = { I4: 4, I2: 2, B1: 1 } as const;

export function packedBytes(type: PackedType, elements: number): number {
  return Math.ceil((elements * bitsOf[type]) / 8);
}

export function pack(type: PackedType, values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(packedBytes(type, values.length));
  const bits = bitsOf[type];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const code = type === 'B1' ? Number(value > 0) : value & ((1 << bits) - 1);
    const bit = at * bits;
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | (code << (bit & 7));
  }
  return bytes;
}

/** The elements, or undefined if what is left of the last byte is not 0. */
export function unpack(type: PackedType, bytes: Uint8Array, elements: number): Int8Array | undefined {
  const values = new Int8Array(elements);
  const bits = bitsOf[type];
  for (let at = 0; at < elements; at++) {
    const bit = at * bits;
    const signed = ((bytes[bit >> 3] as number) << (32 - bits - (bit & 7))) >> (32 - bits);
    values[at] = type === 'B1' ? -2 * signed - 1 : signed;
  }
  const used = (elements * bits) & 7;
  return used !== 0 && (bytes.at(-1) ?? 0) >> used !== 0 ? undefined : values;
}
