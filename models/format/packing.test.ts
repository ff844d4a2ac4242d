import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack, packedBytes, unpack, type PackedType } from './packing.js';

// Worked by hand.
const golden: readonly (readonly [PackedType, readonly number[], readonly number[]])[] = [
  ['I4', [-8, 7, 0, -1, 3], [0x78, 0xf0, 0x03]],
  ['I2', [1, -1, 0, -2, 1], [0b10_00_11_01, 0b01]],
  // 2 + 5 × 3 + 25 × 4; 1 + 5 × 4.
  ['L5', [2, -2, -1, 1, -1], [117, 21]],
  ['B1', [1, -1, 1, 1, -1, -1, -1, 1, 1], [0b10001101, 1]],
];

for (const [type, values, bytes] of golden)
  test(`${type} packs, and gives back what was packed`, () => {
    assert.deepEqual([...pack(type, values)], bytes);
    assert.equal(packedBytes(type, values.length), bytes.length);
    assert.deepEqual([...(unpack(type, Uint8Array.from(bytes), values.length) ?? [])], values);
  });

test('bits that belong to no element are refused', () => {
  for (const [type, elements, byte] of [
    ['I4', 1, 0x10],
    ['I2', 3, 0x40],
    ['L5', 3, 125],
    ['L5', 1, 5],
    ['B1', 7, 0x80],
  ] as const)
    assert.equal(unpack(type, Uint8Array.of(byte), elements), undefined, type);
});
