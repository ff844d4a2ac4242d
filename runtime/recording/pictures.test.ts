import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packPictures, unpackPictures } from './packing.js';

test('pictures of any content come back, whatever their size and number', () => {
  const picture = fc
    .record({
      width: fc.integer({ min: 1, max: 9 }),
      height: fc.integer({ min: 1, max: 7 }),
      length: fc.integer({ min: 1, max: 5 }),
    })
    .chain((format) =>
      fc.record({
        format: fc.constant(format),
        pixels: fc.uint8Array({
          minLength: format.width * format.height * format.length,
          maxLength: format.width * format.height * format.length,
        }),
        frameUs: fc.array(fc.double(), { minLength: format.length, maxLength: format.length }),
      }),
    );
  fc.assert(
    fc.property(picture, ({ format, pixels, frameUs }) => {
      const times = Float64Array.from(frameUs);
      const packed = packPictures({ frameUs: times, pixels }, format.length, format);
      const back = unpackPictures(packed, format.length, format);
      assert.deepEqual(back.pixels, pixels);
      assert.deepEqual(back.frameUs, times);
    }),
  );
});

test('a smooth picture with the noise of a sensor takes two thirds of its bytes at most', () => {
  const format = { width: 64, height: 32 };
  const pixels = Uint8Array.from({ length: 8 * 2048 }, (_, pixel) => {
    const noise = ((pixel * 2654435761) >>> 28) % 9;
    return 60 + (pixel % 64) + noise;
  });
  const packed = packPictures({ frameUs: new Float64Array(8), pixels }, 8, format);
  assert.ok(packed.length < (2 / 3) * pixels.length, `${packed.length} of ${pixels.length} bytes`);
});

test('bytes of another number of pictures are refused', () => {
  const format = { width: 4, height: 4 };
  const packed = packPictures({ frameUs: new Float64Array(2), pixels: new Uint8Array(32) }, 2, format);
  assert.throws(() => unpackPictures(packed, 3, format), /it holds 48 bytes instead of 72/);
});
