import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { augment } from './augment.js';
import { createDataset } from './dataset.js';
import { readIdx } from './idx.js';
import { Random } from './random.js';

/** Two samples of 2 × 3 bytes, written by hand from the description of the format. */
const file = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

test('IDX files are read, plain or gzipped', () => {
  for (const bytes of [file, gzipSync(file)]) {
    const { shape, values } = readIdx(bytes, 'images');
    assert.deepEqual(shape, [2, 2, 3]);
    assert.deepEqual([...values], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  }
});

test('damaged IDX files are refused by name', () => {
  const zipped = gzipSync(file);
  const changed = (at: number, value: number): Uint8Array => file.map((byte, i) => (i === at ? value : byte));
  assert.throws(() => readIdx(file.subarray(0, 27), 'images'), /images: \[2, 2, 3\] needs 12 bytes, but 11 follow/);
  assert.throws(() => readIdx(Uint8Array.from([...file, 0]), 'images'), /needs 12 bytes, but 13 follow/);
  assert.throws(() => readIdx(changed(4, 255), 'images'), /needs 25669140492 bytes/);
  assert.throws(() => readIdx(changed(2, 13), 'images'), /images: starts with 00 00 0d 03/);
  assert.throws(() => readIdx(changed(3, 9), 'images'), /images: has 9 axes/);
  assert.throws(() => readIdx(file.subarray(0, 10), 'images'), /images: has 3 axes in 10 bytes/);
  assert.throws(() => readIdx(new Uint8Array(0), 'images'), /images: starts with/);
  assert.throws(() => readIdx(zipped.subarray(0, zipped.length - 9), 'images'), /images: cannot be unzipped/);
  for (let length = 0; length < file.length; length++) assert.throws(() => readIdx(file.subarray(0, length), 'x'));
});

test('arrays become samples with channels last; what does not fit is refused', () => {
  const inputs = { shape: [1, 2, 1, 3], values: Uint8Array.from([1, 2, 3, 4, 5, 6]) };
  const labels = { shape: [1], values: Uint8Array.of(1) };
  const { volume, train } = createDataset({ inputs, labels }, { inputs, labels }, 2);
  assert.deepEqual(volume, { height: 1, width: 3, channels: 2 });
  assert.deepEqual([...train.inputs], [1, 4, 2, 5, 3, 6]);
  const pair = { inputs, labels };
  assert.throws(() => createDataset(pair, pair, 1), /train labels: number 0 is 1, but there are 1 classes/);
  assert.throws(
    () => createDataset(pair, { inputs, labels: { shape: [2], values: Uint8Array.of(0, 0) } }, 2),
    /test labels: \[2\] for inputs \[1, 2, 1, 3\]/,
  );
  const other = { inputs: { shape: [1, 6], values: inputs.values }, labels };
  assert.throws(
    () => createDataset(pair, other, 2),
    /test inputs: \[1, 6\], but the training inputs are \[1, 2, 1, 3\]/,
  );
});

test('augmentation moves and mirrors whole images, and draws the same for the same keys', () => {
  const sample = Uint8Array.from({ length: 9 }, (_, i) => i + 1);
  const volume = { height: 3, width: 3, channels: 1 };
  const seen = new Set<string>();
  for (let key = 0; key < 200; key++) {
    const target = new Float32Array(9);
    augment(sample, volume, { shift: 1, flip: true }, Random.of(key), target);
    seen.add(target.join());
    const again = new Float32Array(9);
    augment(sample, volume, { shift: 1, flip: true }, Random.of(key), again);
    assert.deepEqual(again, target);
  }
  assert.equal(seen.size, 18);
  for (const expected of ['1,2,3,4,5,6,7,8,9', '3,2,1,6,5,4,9,8,7', '0,0,0,0,1,2,0,4,5', '0,0,0,3,2,1,6,5,4'])
    assert.ok(seen.has(expected), expected);
});
