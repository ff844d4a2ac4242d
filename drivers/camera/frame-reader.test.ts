import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from './frame-reader.js';
import { frameLayout, type FrameFormat } from './pixels.js';

const formats: readonly FrameFormat[] = [
  { width: 5, height: 3, pixels: 'grey' },
  { width: 5, height: 3, pixels: 'grey', stride: 8 },
  { width: 6, height: 4, pixels: 'yuv420' },
  { width: 6, height: 4, pixels: 'yuv420', stride: 64 },
  { width: 6, height: 3, pixels: 'yuyv' },
  { width: 6, height: 3, pixels: 'yuyv', stride: 17 },
];

for (const format of formats)
  test(`${format.pixels}, stride ${format.stride ?? 'none'}: every frame is whole, however the bytes are cut`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 }), (cuts) => {
        const reader = new FrameReader(format, 8);
        const stream = Uint8Array.from([0, 1, 2].flatMap((frame) => [...written(format, frame)]));
        let from = 0;
        for (let cut = 0; from < stream.length; cut++) {
          const length = cuts[cut % cuts.length] ?? 1;
          reader.push(stream.subarray(from, from + length), from);
          from += length;
        }
        for (const frame of [0, 1, 2]) {
          const taken = reader.take();
          assert.equal(taken?.sequence, frame);
          assert.deepEqual([...taken.pixels], brightness(format, frame));
        }
        assert.equal(reader.take(), undefined);
        assert.deepEqual(reader.counts, { frames: 3, dropped: 0, partial: 0, frozen: 0 });
      }),
      { numRuns: 50 },
    );
  });

test('a consumer that is late gets the newest frames whole; what it holds is not touched; the holes are counted', () => {
  const format: FrameFormat = { width: 5, height: 3, pixels: 'grey' };
  const reader = new FrameReader(format, 2);
  const push = (frame: number): void => reader.push(written(format, frame), 100 * frame);
  push(0);
  const held = reader.take();
  for (let frame = 1; frame < 10; frame++) push(frame);
  reader.push(written(format, 10).subarray(0, 7), 0);
  assert.equal(held?.frameUs, 0);
  assert.deepEqual([...held.pixels], brightness(format, 0));
  const sequences = [reader.take(), reader.take(), reader.take()].map((frame) => frame && { ...frame });
  assert.deepEqual(
    sequences.map((frame) => frame?.sequence),
    [8, 9, undefined],
  );
  assert.equal(sequences[1]?.frameUs, 900);
  assert.deepEqual([...(sequences[0]?.pixels ?? [])], brightness(format, 8));
  assert.deepEqual(reader.counts, { frames: 10, dropped: 7, partial: 0, frozen: 0 });
});

test('a child that ended within a frame leaves nothing in the next one', () => {
  const format: FrameFormat = { width: 5, height: 3, pixels: 'grey' };
  const reader = new FrameReader(format);
  reader.push(written(format, 0), 0);
  reader.push(written(format, 1).subarray(0, 4), 0);
  assert.equal(reader.restart(), 4);
  reader.push(written(format, 2), 0);
  assert.equal(reader.restart(), 0);
  assert.deepEqual([...(reader.take()?.pixels ?? [])], brightness(format, 0));
  const next = reader.take();
  assert.deepEqual([...(next?.pixels ?? [])], brightness(format, 2));
  assert.equal(next?.sequence, 1, 'it counts on');
  assert.deepEqual(reader.counts, { frames: 2, dropped: 0, partial: 1, frozen: 0 });
});

test('a frame that is the last one again in every bit is passed over and counted; a new child may begin with it', () => {
  const format: FrameFormat = { width: 5, height: 3, pixels: 'grey' };
  const reader = new FrameReader(format);
  for (const frame of [0, 1, 1, 1, 2, 1]) reader.push(written(format, frame), 0);
  reader.restart();
  reader.push(written(format, 1), 0);
  const taken: number[] = [];
  for (let frame = reader.take(); frame; frame = reader.take()) taken.push(frame.sequence);
  assert.deepEqual(taken, [1, 4, 5, 6], 'the first of four that wait was dropped');
  assert.deepEqual(reader.counts, { frames: 7, dropped: 1, partial: 0, frozen: 2 });
});

test('a frame was exposed when its text says so, and comes once the text has ended, however the bytes are cut', () => {
  const format: FrameFormat = { width: 6, height: 4, pixels: 'yuv420', exposure: 'rpicam' };
  // 20 ms of exposure were read out at 5 s and 5.03 s; the third tells a clock that cannot be, the fourth no time.
  const texts = [
    'ExposureTime=20000\nAnalogueGain=1.0\nSensorTimestamp=5000000000\n\n',
    'SensorTimestamp=5030000000\nFrameWallClock=99\nExposureTime=20000\n\n',
    'SensorTimestamp=9000000000\nExposureTime=20000\n\n',
    'AeState=2\n\n',
  ];
  const stream = Uint8Array.from(
    texts.flatMap((text, frame) => [...written(format, frame), ...Buffer.from(text, 'latin1')]),
  );
  for (const length of [1, 7, 1000]) {
    const reader = new FrameReader(format, 8);
    for (let from = 0; from < stream.length; from += length) reader.push(stream.subarray(from, from + length), 5.1e6);
    const taken = [0, 1, 2, 3].map(() => {
      const frame = reader.take();
      return frame && { us: frame.frameUs, pixels: [...frame.pixels] };
    });
    assert.deepEqual(
      taken,
      [4_990_000, 5_020_000, 5_100_000, 5_100_000].map((us, frame) => ({ us, pixels: brightness(format, frame) })),
    );
  }
  const reader = new FrameReader(format);
  reader.push(stream.subarray(0, written(format, 0).length + 10), 5.1e6);
  assert.equal(reader.take(), undefined, 'its time has not been told');
});

test('formats that cannot be are refused by name, with the fix', () => {
  const refused = (format: Partial<FrameFormat>, message: RegExp): void =>
    assert.throws(() => frameLayout({ width: 6, height: 4, pixels: 'grey', ...format }), {
      name: 'RangeError',
      message,
    });
  refused({ width: 0 }, /^width and height: 0x4 .*Use/);
  refused({ height: 1.5 }, /^width and height: 6x1\.5 /);
  refused({ width: 1e6, height: 1e6 }, /^width and height: /);
  refused({ pixels: 'yuv420', height: 3 }, /^height: 3 is odd/);
  refused({ pixels: 'yuyv', width: 5 }, /^width: 5 is odd/);
  refused({ stride: 5 }, /^stride: 5 bytes a row do not hold 6 pixels of grey\. Use 6/);
  refused({ stride: 6.5 }, /^stride: /);
});

/** Brightness of each pixel, made so that every pixel of every frame differs from its neighbours. */
function brightness({ width, height }: FrameFormat, frame: number): number[] {
  return Array.from({ length: width * height }, (_, pixel) => (pixel * 7 + frame * 31) % 200);
}

/** As a tool would write it: padding and colours are 255, which no brightness is. */
function written(format: FrameFormat, frame: number): Uint8Array {
  const { width, height, pixels } = format;
  const bytesAPixel = pixels === 'yuyv' ? 2 : 1;
  const stride = format.stride ?? width * bytesAPixel;
  const bytes = new Uint8Array(stride * height + (pixels === 'yuv420' ? (stride * height) / 2 : 0)).fill(255);
  brightness(format, frame).forEach((value, pixel) => {
    bytes[Math.floor(pixel / width) * stride + (pixel % width) * bytesAPixel] = value;
  });
  return bytes;
}
