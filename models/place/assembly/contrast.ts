// Local contrast of a grey frame of 64 x 32, as ../gradients.ts has it: whole numbers, equal to the last bit.

const width = 64;
const height = 32;
const columns = 16;
const rows = 8;
/** Lines have room for what lies beside them, and for vectors that reach over: pixel 0 is the eighth of a line. */
const pitch = 160;
const left = 16;
/** Cells of a line of sums, with two zeros before and more behind. */
const sumPitch = 96;

/** Bytes of working memory: light, four half-waves, one line pooled downwards, sums of cells, the same across. */
const lightBytes = 34 * pitch;
export const halfWaveBytes = 32 * 128;
export const halfWavesAt = lightBytes;
const pooledAt = halfWavesAt + 4 * halfWaveBytes;
const sumsAt = pooledAt + pitch;
const acrossAt = sumsAt + rows * sumPitch;

/**
 * `frame`: u8 [32][64]; `grey` and `energy`: the tables of logarithms, u16; `work`: 24 KiB; `contrast`: i32
 * [part][row][column][half-wave].
 */
export function look(frame: usize, grey: usize, energy: usize, work: usize, contrast: usize): void {
  lighten(frame, grey, work);
  halfWaves(work);
  memory.fill(work + sumsAt, 0, rows * sumPitch);
  for (let wave = 0; wave < 4; wave++)
    for (let row = 0; row < rows; row++) {
      poolDown(work, wave, row);
      poolAcross(work, energy, wave, row, contrast);
    }
  removeLocalMean(work, contrast);
}

/** Logarithms of the light, with one pixel repeated on each side. */
function lighten(frame: usize, grey: usize, work: usize): void {
  for (let y = 0; y < height; y++) {
    const line = work + (y + 1) * pitch + left;
    for (let x = 0; x < width; x++)
      store<i16>(line + (x << 1), load<i16>(grey + ((<usize>load<u8>(frame + y * width + x)) << 1)));
    store<i16>(line - 2, load<i16>(line));
    store<i16>(line + 2 * width, load<i16>(line + 2 * width - 2));
  }
  memory.copy(work, work + pitch, pitch);
  memory.copy(work + (height + 1) * pitch, work + height * pitch, pitch);
}

/** Brighter and darker to the right, brighter and darker downwards. */
function halfWaves(work: usize): void {
  const zero = i16x8.splat(0);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x += 8) {
      const light = work + (y + 1) * pitch + left + (x << 1);
      const across = i16x8.sub(v128.load(light + 2), v128.load(light - 2));
      const down = i16x8.sub(v128.load(light + pitch), v128.load(light - pitch));
      const wave = work + halfWavesAt + (y << 7) + (x << 1);
      v128.store(wave, i16x8.max_s(across, zero));
      v128.store(wave + halfWaveBytes, i16x8.max_s(i16x8.neg(across), zero));
      v128.store(wave + 2 * halfWaveBytes, i16x8.max_s(down, zero));
      v128.store(wave + 3 * halfWaveBytes, i16x8.max_s(i16x8.neg(down), zero));
    }
}

/** Six lines weighted 1, 3, 4, 4, 3, 1: at most 46368, unsigned. */
function poolDown(work: usize, wave: i32, row: i32): void {
  const first = work + halfWavesAt + wave * halfWaveBytes;
  const line = row << 2;
  const a = first + (max(line - 1, 0) << 7);
  const b = first + (line << 7);
  const f = first + (min(line + 4, height - 1) << 7);
  const pooled = work + pooledAt + left;
  for (let x: usize = 0; x < 128; x += 16) {
    const outer = i16x8.add(v128.load(a + x), v128.load(f + x));
    const middle = i16x8.add(v128.load(b + x), v128.load(b + x, 3 * 128));
    const inner = i16x8.add(v128.load(b + x, 128), v128.load(b + x, 2 * 128));
    const thrice = i16x8.add(middle, i16x8.add(middle, middle));
    v128.store(pooled + x, i16x8.add(i16x8.add(outer, thrice), i16x8.shl(inner, 2)));
  }
  store<u16>(pooled - 2, load<u16>(pooled));
  store<u16>(pooled + 128, load<u16>(pooled + 126));
}

/** The same across, of four cells at a time; then logarithms. */
function poolAcross(work: usize, energy: usize, wave: i32, row: i32, contrast: usize): void {
  const weights = i16x8(1, 3, 4, 4, 3, 1, 0, 0);
  const pooled = work + pooledAt + left - 2;
  const sums = work + sumsAt + row * sumPitch + 8;
  const out = contrast + (((((wave >> 1) * rows + row) * columns) << 3) + ((wave & 1) << 2));
  for (let column = 0; column < columns; column += 4) {
    const at = pooled + (column << 3);
    const sum = i32x4.add(
      quarters(
        i32x4.dot_i16x8_s(signed(v128.load(at)), weights),
        i32x4.dot_i16x8_s(signed(v128.load(at, 8)), weights),
        i32x4.dot_i16x8_s(signed(v128.load(at, 16)), weights),
        i32x4.dot_i16x8_s(signed(v128.load(at, 24)), weights),
      ),
      // 16 weights of 32768.
      i32x4.splat(524288),
    );
    const pooledEnergy = i32x4.shr_u(sum, 8);
    const to = out + (column << 3);
    const total = sums + (column << 2);
    put(to, total, energy, i32x4.extract_lane(pooledEnergy, 0));
    put(to + 8, total + 4, energy, i32x4.extract_lane(pooledEnergy, 1));
    put(to + 16, total + 8, energy, i32x4.extract_lane(pooledEnergy, 2));
    put(to + 24, total + 12, energy, i32x4.extract_lane(pooledEnergy, 3));
  }
}

function put(to: usize, total: usize, energy: usize, at: i32): void {
  const value = <i32>load<u16>(energy + ((<usize>at) << 1));
  store<i32>(to, value);
  store<i32>(total, load<i32>(total) + value);
}

/** Less 32768, from unsigned to signed. */
function signed(a: v128): v128 {
  return v128.xor(a, i16x8.splat(-32768));
}

/** The sums of the lanes of four vectors, one after the other. */
export function quarters(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

function removeLocalMean(work: usize, contrast: usize): void {
  for (let row = 0; row < rows; row++) {
    const from = work + sumsAt + row * sumPitch;
    const to = work + acrossAt + (row << 6);
    for (let x: usize = 0; x < 64; x += 16) {
      const at = from + x;
      const two = i32x4.add(v128.load(at), v128.load(at, 4));
      const four = i32x4.add(i32x4.add(v128.load(at, 8), v128.load(at, 12)), v128.load(at, 16));
      v128.store(to + x, i32x4.add(two, four));
    }
  }
  for (let row = 0; row < rows; row++) {
    const first = max(row - 2, 0);
    const last = min(row + 2, rows - 1);
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = first; y <= last; y++) sum += load<i32>(work + acrossAt + (y << 6) + (column << 2));
      const count = (last - first + 1) * (min(column + 2, columns - 1) - max(column - 2, 0) + 1) * 4;
      const mean = i32x4.splat((sum + (count >> 1)) / count);
      const at = contrast + ((row * columns + column) << 3);
      const other = at + ((rows * columns) << 3);
      const cell = i32x4.sub(v128.load64_zero(at), mean);
      v128.store64_lane(at, cell, 0);
      v128.store64_lane(other, i32x4.sub(v128.load64_zero(other), mean), 0);
    }
  }
}
