// Dense sums of codes for kernels of width 3 and stride 1, by Winograd's minimal filtering F(4, 3) along the row: six
// products for four positions instead of twelve. Scaled by 24 all its coefficients are whole, so the sums are exact.

import { above, Codes } from './codes';

@unmanaged
export class Columns {
  kernel: i32;
  /** [channel][row][column]; `signed` for i8, otherwise u8. */
  from: usize;
  signed: i32;
  zeroPoint: i32;
  channels: i32;
  height: i32;
  width: i32;
  top: i32;
  left: i32;
  /** i16 [column][row][channel] within a border of zeros; `pitch` bytes a column, whole vectors. */
  columns: usize;
  pitch: i32;
  /** i16 [four positions][6][row][channel], `pitch` bytes each. */
  to: usize;
  fours: i32;
}

/** What the products take: B of the literature, over columns 4n … 4n + 5. */
export function columns(r: Columns): void {
  const step = r.pitch,
    zero = r.zeroPoint;
  let at = r.from;
  for (let c = 0; c < r.channels; c++)
    for (let y = 0; y < r.height; y++) {
      let to = r.columns + r.left * step + (((r.top + y) * r.channels + c) << 1);
      for (let x = 0; x < r.width; x++, to += step) {
        const code: i32 = r.signed ? load<i8>(at) : load<u8>(at);
        store<i16>(to, <i16>(code - zero));
        at++;
      }
    }
  for (let four = 0; four < r.fours; four++) {
    const from = r.columns + four * 4 * step,
      to = r.to + four * 6 * step;
    for (let i = 0; i < step; i += 16) {
      let p = from + i;
      const d0 = v128.load(p);
      const d1 = v128.load((p += step));
      const d2 = v128.load((p += step));
      const d3 = v128.load((p += step));
      const d4 = v128.load((p += step));
      const d5 = v128.load((p += step));
      const even = i16x8.sub(d4, i16x8.shl(d2, 2)),
        odd = i16x8.sub(d3, i16x8.shl(d1, 2));
      const near = i16x8.sub(d4, d2),
        twice = i16x8.shl(i16x8.sub(d3, d1), 1);
      p = to + i;
      v128.store(p, i16x8.add(i16x8.sub(even, d2), i16x8.shl(d0, 2)));
      v128.store((p += step), i16x8.add(even, odd));
      v128.store((p += step), i16x8.sub(even, odd));
      v128.store((p += step), i16x8.add(near, twice));
      v128.store((p += step), i16x8.sub(near, twice));
      v128.store((p += step), i16x8.add(i16x8.sub(i16x8.shl(d1, 2), i16x8.add(i16x8.shl(d3, 2), d3)), d5));
    }
  }
}

/**
 * `image` is what `columns` made, `pitch` its column, `across` the rows of the kernel × channels. Weights are i16
 * [tile][6][pair][16 outputs][2], thresholds 24 × (T − 1).
 */
export function winograd(r: Codes): void {
  const pairs = (r.across + 1) >> 1,
    down = (r.strideDown * r.channels) << 1,
    pitch = r.pitch,
    scratch = r.scratch;
  for (let tile = 0; tile < r.tiles; tile++) {
    const flips = load<u16>(r.flips + (tile << 1)),
      thresholds = r.thresholds + (tile << 6);
    const weights = r.weights + tile * 6 * (pairs << 6);
    for (let oy = 0; oy < r.outHeight; oy += 2) {
      const next = oy + 1 < r.outHeight ? down : 0;
      for (let ox = 0; ox < r.outWidth; ox += 4) {
        let start = r.image + (ox >> 2) * 6 * pitch + oy * down;
        let w = weights;
        for (let to = scratch, end = scratch + 768; to < end; to += 128) {
          let a0 = i32x4.splat(0),
            a1 = a0,
            a2 = a0,
            a3 = a0,
            b0 = a0,
            b1 = a0,
            b2 = a0,
            b3 = a0;
          for (let p = start, last = start + (pairs << 2); p < last; p += 4) {
            const x = v128.load32_splat(p),
              y = v128.load32_splat(p + next);
            let v = v128.load(w);
            a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, v));
            b0 = i32x4.add(b0, i32x4.dot_i16x8_s(y, v));
            v = v128.load(w, 16);
            a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, v));
            b1 = i32x4.add(b1, i32x4.dot_i16x8_s(y, v));
            v = v128.load(w, 32);
            a2 = i32x4.add(a2, i32x4.dot_i16x8_s(x, v));
            b2 = i32x4.add(b2, i32x4.dot_i16x8_s(y, v));
            v = v128.load(w, 48);
            a3 = i32x4.add(a3, i32x4.dot_i16x8_s(x, v));
            b3 = i32x4.add(b3, i32x4.dot_i16x8_s(y, v));
            w += 64;
          }
          v128.store(to, a0);
          v128.store(to, a1, 16);
          v128.store(to, a2, 32);
          v128.store(to, a3, 48);
          v128.store(to, b0, 64);
          v128.store(to, b1, 80);
          v128.store(to, b2, 96);
          v128.store(to, b3, 112);
          start += pitch;
        }
        combine(scratch, scratch + 768);
        const rows = min(2, r.outHeight - oy),
          columns = min(4, r.outWidth - ox);
        for (let row = 0; row < rows; row++) {
          let to = r.out + ((oy + row) * r.outWidth + ox) * r.outPitch + (tile << 1);
          for (let column = 0; column < columns; column++, to += r.outPitch) {
            const sums = scratch + 768 + (column << 7) + (row << 6);
            const bits = above(
              v128.load(sums),
              v128.load(sums, 16),
              v128.load(sums, 32),
              v128.load(sums, 48),
              thresholds,
            );
            store<u16>(to, <u16>(bits ^ flips));
          }
        }
      }
    }
  }
}

/** From six products to 24 × the sums of four positions, 128 bytes each. */
function combine(products: usize, sums: usize): void {
  for (let i: usize = 0; i < 128; i += 16) {
    const from = products + i,
      to = sums + i;
    const m1 = v128.load(from, 128),
      m2 = v128.load(from, 256),
      m3 = v128.load(from, 384),
      m4 = v128.load(from, 512);
    const s = i32x4.add(m1, m2),
      d = i32x4.sub(m1, m2),
      p = i32x4.add(m3, m4),
      q = i32x4.sub(m3, m4);
    v128.store(to, i32x4.add(i32x4.add(v128.load(from), s), p));
    v128.store(to, i32x4.add(d, i32x4.shl(q, 1)), 128);
    v128.store(to, i32x4.add(s, i32x4.shl(p, 2)), 256);
    v128.store(to, i32x4.add(i32x4.add(d, i32x4.shl(q, 3)), v128.load(from, 640)), 384);
  }
}
