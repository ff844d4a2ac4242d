import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, type Floats } from './arena.js';
import { Random } from './random.js';

const arena = new Arena();
const { kernels } = arena;
const random = Random.of(1);

/** Whole numbers, whose sums float32 holds exactly. */
function integers(length: number): Floats {
  const floats = arena.floats(length);
  for (let i = 0; i < length; i++) floats.values[i] = random.below(255) - 127;
  return floats;
}

test('products of matrices of all sizes are exact sums, with a as it lies and transposed', () => {
  for (const [rows, columns, depth] of [
    [1, 1, 1],
    [4, 8, 5],
    [7, 13, 300],
    [9, 32, 600],
    [5, 3, 256],
  ] as const) {
    const a = integers(rows * depth);
    const b = integers(depth * columns);
    const packed = arena.floats(Math.ceil(columns / 8) * 8 * depth);
    const c = integers(rows * columns);
    const before = c.values.slice();
    for (const transposed of [false, true]) {
      const at = (i: number, k: number): number => a.values[transposed ? k * rows + i : i * depth + k]!;
      const [aRow, aStep] = transposed ? [4, rows * 4] : [depth * 4, 4];
      const sums = before.map((_, place) => {
        let sum = 0;
        for (let k = 0; k < depth; k++)
          sum += at(Math.floor(place / columns), k) * b.values[k * columns + (place % columns)]!;
        return sum;
      });
      kernels.packPanels(depth, columns, b.pointer, packed.pointer);
      c.values.set(before);
      kernels.multiply(rows, columns, depth, a.pointer, aRow, aStep, packed.pointer, c.pointer, 1);
      assert.deepEqual(
        c.values,
        sums.map((sum, i) => sum + before[i]!),
      );
      kernels.multiply(rows, columns, depth, a.pointer, aRow, aStep, packed.pointer, c.pointer, 0);
      assert.deepEqual(c.values, sums);
    }
  }
});

test('rows of a convolution hold the window of each place, and going back is the transpose', () => {
  const [height, width, channels, kernelY, kernelX, strideY, strideX, top, left] = [5, 6, 5, 3, 2, 2, 1, 1, 0] as const;
  const [outHeight, outWidth] = [3, 5];
  const geometry = [height, width, channels, kernelY, kernelX, strideY, strideX, top, left, outHeight, outWidth];
  const image = integers(height * width * channels);
  const length = outHeight * outWidth * kernelY * kernelX * channels;
  const rows = arena.floats(length);
  kernels.imageToRows(image.pointer, ...geometry, rows.pointer);
  let place = 0;
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++)
      for (let ky = 0; ky < kernelY; ky++)
        for (let kx = 0; kx < kernelX; kx++)
          for (let c = 0; c < channels; c++) {
            const [iy, ix] = [y * strideY - top + ky, x * strideX - left + kx];
            const inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
            assert.equal(rows.values[place++], inside ? image.values[(iy * width + ix) * channels + c] : 0);
          }
  // <rows(image), other> = <image, back(other)> for any other.
  const other = integers(length);
  const back = arena.floats(height * width * channels);
  kernels.rowsToImage(back.pointer, ...geometry, other.pointer);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  assert.equal(dot(rows.values, other.values), dot(image.values, back.values));
});

test('the largest of each window is found with its place, of equals the first', () => {
  const [images, height, width, channels] = [2, 5, 7, 6];
  const source = arena.floats(images * height * width * channels);
  for (let i = 0; i < source.length; i++) source.values[i] = random.below(5) - 2;
  const count = images * 2 * 2 * channels;
  const target = arena.floats(count);
  const winners = arena.floats(count);
  kernels.maxPool(images, height, width, channels, 2, 3, source.pointer, target.pointer, winners.pointer);
  const expected: number[] = [];
  for (let image = 0; image < images; image++)
    for (let y = 0; y < 2; y++)
      for (let x = 0; x < 2; x++)
        for (let c = 0; c < channels; c++) {
          const places = [0, 1, 2, 3, 4, 5].map(
            (i) => ((image * height + y * 2 + Math.floor(i / 3)) * width + x * 3 + (i % 3)) * channels + c,
          );
          const most = Math.max(...places.map((at) => source.values[at]!));
          expected.push(places.find((at) => source.values[at] === most)!);
        }
  assert.deepEqual(
    [...target.values],
    expected.map((at) => source.values[at]!),
  );
  for (let i = 0; i < count; i++) target.values[i] = i + 1;
  kernels.scatter(count, target.pointer, winners.pointer, source.pointer, source.length * 4);
  const scattered = new Float32Array(source.length);
  expected.forEach((at, i) => (scattered[at] = i + 1));
  assert.deepEqual(source.values, scattered);
});
