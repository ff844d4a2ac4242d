import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { packCycles, packFrames, unpackCycles, unpackFrames } from './packing.js';

const int32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, -1),
);
/** NaN, infinities, −0 and subnormals among them. */
const anyDouble = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, -Infinity, Number.MIN_VALUE));

test('frames come back as they were, whatever the counts', () => {
  const shape = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 60 }));
  const frames = shape.chain(([channels, length]) =>
    fc.record({
      channels: fc.constant(channels),
      counts: fc.array(int32, { minLength: channels * length, maxLength: channels * length }),
      counters: fc.array(int32, { minLength: length, maxLength: length }),
      flags: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length }),
    }),
  );
  fc.assert(
    fc.property(frames, ({ channels, counts, counters, flags }) => {
      const given = {
        counts: Int32Array.from(counts),
        counters: Int32Array.from(counters),
        flags: Uint8Array.from(flags),
      };
      assert.deepEqual(unpackFrames(packFrames(given, counters.length, channels), counters.length, channels), given);
    }),
  );
});

test('times of cycles come back bit for bit, whatever the doubles', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyDouble, fc.integer({ min: 0, max: 65535 })), { maxLength: 100 }), (cycles) => {
      const given = {
        arrivalUs: Float64Array.from(cycles, ([us]) => us),
        frames: Uint16Array.from(cycles, ([, count]) => count),
      };
      const back = unpackCycles(packCycles(given, cycles.length), cycles.length);
      assert.deepEqual(back.frames, given.frames);
      // As bytes: an equality of numbers would take −0 for 0.
      assert.deepEqual(new Uint8Array(back.arrivalUs.buffer), new Uint8Array(given.arrivalUs.buffer));
    }),
  );
});

test('the layout is the documented one: differences, zigzag, one plane a byte', () => {
  const frames = {
    counts: Int32Array.of(5, 3, 70000),
    counters: Int32Array.of(-1, -1, -1),
    flags: Uint8Array.of(0, 1, 2),
  };
  // Counts 5, −2, 69997 become 10, 3, 139994 = 0x0222da; counters −1, 0, 0 become 1, 0, 0.
  const planes = [10, 3, 0xda, 0, 0, 0x22, 0, 0, 2, 0, 0, 0, ...[1, 0, 0], ...new Array<number>(9).fill(0), 0, 1, 2];
  assert.deepEqual(packFrames(frames, 3, 1), deflateRawSync(Uint8Array.from(planes), { level: 1 }));
});

test('bytes of another length are refused', () => {
  const packed = packFrames({ counts: Int32Array.of(1), counters: Int32Array.of(1), flags: Uint8Array.of(0) }, 1, 1);
  assert.throws(() => unpackFrames(packed, 2, 1), /holds 9 bytes instead of 18/);
});
