/**
 * Numbers of less than a byte, element after element without padding between rows, the first the lowest digit of the
 * byte: I4 two digits of base 16, I2 four of base 4, L5 three of base 5, where the upper half of the digits stands for
 * the numbers below 0; B1 eight bits, 1 for +1 and 0 for −1. What is left of the last byte is 0.
 */
export type PackedType = 'I4' | 'I2' | 'L5' | 'B1';

const digits = {
  I4: { base: 16, perByte: 2 },
  I2: { base: 4, perByte: 4 },
  L5: { base: 5, perByte: 3 },
  B1: { base: 2, perByte: 8 },
} as const;

export function packedBytes(type: PackedType, elements: number): number {
  return Math.ceil(elements / digits[type].perByte);
}

export function pack(type: PackedType, values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(packedBytes(type, values.length));
  const { base, perByte } = digits[type];
  for (let place = 0, at = 0; place < bytes.length; place++)
    for (let worth = 1, digit = 0; digit < perByte && at < values.length; digit++, at++, worth *= base) {
      const value = values[at] as number;
      const code = type === 'B1' ? Number(value > 0) : value < 0 ? value + base : value;
      bytes[place] = (bytes[place] as number) + worth * code;
    }
  return bytes;
}

/** The elements, or undefined if what is left of a byte is not 0. */
export function unpack(type: PackedType, bytes: Uint8Array, elements: number): Int8Array | undefined {
  const values = new Int8Array(elements);
  const { base, perByte } = digits[type];
  for (let place = 0, at = 0; at < elements; place++) {
    let rest = bytes[place] as number;
    for (let digit = 0; digit < perByte && at < elements; digit++, at++) {
      const code = rest % base;
      rest = (rest - code) / base;
      values[at] = type === 'B1' ? 2 * code - 1 : 2 * code < base ? code : code - base;
    }
    if (rest !== 0) return undefined;
  }
  return values;
}
