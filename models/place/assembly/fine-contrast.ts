// Local contrast of the same frame on the fine grid of ../gradients.ts, in the order of ../picture-front-end.ts.

import { halfWaveBytes, halfWavesAt } from './contrast';

const height = 32;
const columns = 32;
const rows = 16;
const radius = 4;
/** Cells of a line of sums, with four zeros on each side. */
const sumPitch = 160;
const sumsAt = 160;
const acrossAt = sumsAt + rows * sumPitch;

/**
 * After `look`, whose `work` holds the half-waves. `energy`: the table of logarithms, u16; `contrast`: i32 [second
 * row][second column][row][column][half-wave]: the parts hold every second row and column.
 */
export function lookFine(energy: usize, work: usize, contrast: usize): void {
  const across = work + halfWavesAt;
  // The vertical half-waves are of no use any more.
  const own = across + 2 * halfWaveBytes;
  memory.fill(own + sumsAt, 0, rows * sumPitch);
  for (let half: usize = 0; half < 2; half++)
    for (let row = 0; row < rows; row++) {
      poolDown(across + half * halfWaveBytes, row, own + 16);
      poolAcross(own + 16, energy, partOf(contrast, row) + (half << 2), own + sumsAt + row * sumPitch + 16);
    }
  removeLocalMean(own, contrast);
}

/** Where the cells of even columns of a line begin; those of odd ones lie `oddColumns` behind. */
function partOf(contrast: usize, row: i32): usize {
  return contrast + ((row & 1) << 11) + ((row >> 1) << 7);
}
const oddColumns = 1024;

/** Four lines weighted 1, 3, 3, 1: at most 23184. */
function poolDown(wave: usize, row: i32, pooled: usize): void {
  const line = row << 1;
  const a = wave + (max(line - 1, 0) << 7);
  const b = wave + (line << 7);
  const d = wave + (min(line + 2, height - 1) << 7);
  for (let x: usize = 0; x < 128; x += 16) {
    const outer = i16x8.add(v128.load(a + x), v128.load(d + x));
    const inner = i16x8.add(v128.load(b + x), v128.load(b + x, 128));
    v128.store(pooled + x, i16x8.add(outer, i16x8.add(inner, i16x8.add(inner, inner))));
  }
  store<i16>(pooled - 2, load<i16>(pooled));
  store<i16>(pooled + 128, load<i16>(pooled + 126));
}

/** The same across, of four cells at a time; then logarithms. */
function poolAcross(pooled: usize, energy: usize, out: usize, sums: usize): void {
  const before = i16x8(1, 0, 1, 0, 1, 0, 1, 0);
  const here = i16x8.splat(3);
  const behind = i16x8(0, 1, 0, 1, 0, 1, 0, 1);
  for (let column = 0; column < columns; column += 4) {
    const at = pooled + (column << 2);
    const outer = i32x4.add(i32x4.dot_i16x8_s(v128.load(at - 2), before), i32x4.dot_i16x8_s(v128.load(at + 2), behind));
    const pooledEnergy = i32x4.shr_u(i32x4.add(outer, i32x4.dot_i16x8_s(v128.load(at), here)), 6);
    const to = out + (column << 2);
    const total = sums + (column << 2);
    put(to, total, energy, i32x4.extract_lane(pooledEnergy, 0));
    put(to + oddColumns, total + 4, energy, i32x4.extract_lane(pooledEnergy, 1));
    put(to + 8, total + 8, energy, i32x4.extract_lane(pooledEnergy, 2));
    put(to + oddColumns + 8, total + 12, energy, i32x4.extract_lane(pooledEnergy, 3));
  }
}

function put(to: usize, total: usize, energy: usize, at: i32): void {
  const value = <i32>load<u16>(energy + ((<usize>at) << 1));
  store<i32>(to, value);
  store<i32>(total, load<i32>(total) + value);
}

function removeLocalMean(own: usize, contrast: usize): void {
  for (let row = 0; row < rows; row++) {
    const from = own + sumsAt + row * sumPitch;
    const to = own + acrossAt + (row << 7);
    for (let x: usize = 0; x < 128; x += 16) {
      let sum = v128.load(from + x);
      for (let near: usize = 4; near <= 8 * radius; near += 4) sum = i32x4.add(sum, v128.load(from + x + near));
      v128.store(to + x, sum);
    }
  }
  for (let row = 0; row < rows; row++) {
    const first = max(row - radius, 0);
    const last = min(row + radius, rows - 1);
    const even = partOf(contrast, row);
    for (let column = 0; column < columns; column += 4) {
      let sum = i32x4.splat(0);
      for (let y = first; y <= last; y++) sum = i32x4.add(sum, v128.load(own + acrossAt + (y << 7) + (column << 2)));
      const at = even + (column << 2);
      subtract(at, i32x4.extract_lane(sum, 0), column, last - first + 1);
      subtract(at + oddColumns, i32x4.extract_lane(sum, 1), column + 1, last - first + 1);
      subtract(at + 8, i32x4.extract_lane(sum, 2), column + 2, last - first + 1);
      subtract(at + oddColumns + 8, i32x4.extract_lane(sum, 3), column + 3, last - first + 1);
    }
  }
}

function subtract(at: usize, sum: i32, column: i32, lines: i32): void {
  const count = 2 * lines * (min(column + radius, columns - 1) - max(column - radius, 0) + 1);
  const mean = (sum + (count >> 1)) / count;
  store<i32>(at, load<i32>(at) - mean);
  store<i32>(at + 4, load<i32>(at + 4) - mean);
}
