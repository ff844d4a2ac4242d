import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { FramePreparation, type FrameOptions } from './frame-preparation.js';

const width = 30;
const height = 14;
const numbers = z.array(z.number());
/** By `fixtures/frame-preparation.py`: numpy and scipy. */
const { frame, expected } = z
  .object({ frame: numbers, expected: z.record(z.string(), numbers) })
  .parse(JSON.parse(readFileSync('models/place/fixtures/frame-preparation.json', 'utf8')));
const crop = { x: 5, y: 2, width: 21, height: 11 };
const mask = new Uint8Array(width * height).fill(255);
for (let y = 9; y < height; y++) mask.fill(0, y * width, y * width + 11);

const options: Record<string, FrameOptions> = {
  area: {},
  bilinear: { resampling: 'bilinear' },
  crop: { crop },
  'turned 90': { crop, rotation: 90 },
  'turned 180': { crop, rotation: 180 },
  'turned 270': { crop, rotation: 270 },
  gamma: { gamma: true },
  mask: { mask },
  'mask and gamma': { mask, gamma: true },
};

for (const [name, option] of Object.entries(options))
  test(`${name}: as numpy and scipy prepare the frame`, () => {
    const prepared = prepare(Uint8Array.from(frame), option);
    expected[name]?.forEach((value, pixel) => {
      const got = prepared[pixel] ?? NaN;
      assert.ok(Math.abs(got - value) <= 0.5 + 1e-5, `pixel ${pixel}: ${got}, not ${value}`);
    });
    assert.equal(prepared.length, expected[name]?.length);
  });

test('what is hidden takes no part', () => {
  const other = Uint8Array.from(frame, (value, at) => (mask[at] === 0 ? 255 - value : value));
  assert.deepEqual(prepare(other, { mask, gamma: true }), prepare(Uint8Array.from(frame), { mask, gamma: true }));
});

test('a black frame stays black, with gamma too', () => {
  assert.deepEqual(prepare(new Uint8Array(width * height), { gamma: true }), new Uint8Array(32));
});

test('options that do not fit the frame are refused by name, with the fix', () => {
  const refused = (option: FrameOptions, message: RegExp): void =>
    assert.throws(() => prepare(Uint8Array.from(frame), option), { name: 'RangeError', message });
  refused({ crop: { ...crop, x: 10 } }, /^crop: 21x11 from \(10, 2\) is not within a frame of 30x14\. Use/);
  refused({ crop: { ...crop, y: 0.5 } }, /^crop: /);
  refused({ crop: { ...crop, width: 0 } }, /^crop: /);
  refused({ mask: new Uint8Array(7) }, /^mask: 7 pixels, a frame has 30x14\. Use/);
  refused({ mask: new Uint8Array(width * height) }, /^mask: it hides the whole picture\. Let/);
});

function prepare(pixels: Uint8Array, option: FrameOptions): Uint8Array {
  const into = new Uint8Array(8 * 4);
  new FramePreparation(width, height, option, 8, 4).prepare(pixels, into);
  return into;
}
