// Event-driven sums: the rows of the inputs that spiked, added up in registers for a tile of outputs.

import { Window } from './window';

/**
 * Weights lie by tile, tap and input: a row has the weights of all outputs of a tile, a byte each. Of 16 outputs those of
 * 0 … 7 are the lower bytes of eight 16-bit words, with 128 added, and those of 8 … 15 the upper ones. Words are added
 * as they are, and once more shifted right by eight, which are the upper bytes with their sign. After n rows, modulo 2¹⁶,
 *     sum of words = 256 × (sum of upper) + (sum of lower) + 128 × n
 * which gives both sums exactly while they fit in 16 bits, with three operations for 16 weights and without widening.
 */
@unmanaged
export class Axonal extends Window {
  /** u16 places of a row of inputs: x × channels + channel, ascending by x. */
  events: usize;
  /** i32 bytes from `events` to those of each position, and to the end. */
  starts: usize;
  weights: usize;
  tiles: i32;
  /** Rows that surely fit in 16 bits; more go on in 32. */
  most: i32;
  /** 0: sums are wanted. Otherwise T − 1, in the order of outputs: i16 where all rows fit, i32 where they do not. */
  thresholds: usize;
  /** A bit an output, set where the spike is a sum below the threshold; 8 bytes a tile. */
  flips: usize;
  /** Bits of the outputs, `outPitch` bytes a position; or i32 [output][position] for `outputs` outputs. */
  out: usize;
  outPitch: i32;
  outputs: i32;
  /** i32 [64] */
  scratch: usize;
}

/** `Bits` has a bit for each output of a tile: u64, u32 or u16. */
export function axonal<Bits>(r: Axonal): void {
  const rowShift: i32 = sizeof<Bits>() == 8 ? 6 : sizeof<Bits>() == 4 ? 5 : 4;
  const height = r.height,
    width = r.width,
    channels = r.channels;
  const run = r.dilationRight == 1 ? r.kernelWidth : 1;
  const events = r.events,
    starts = r.starts,
    most = r.most << 1,
    scratch = r.scratch;
  const tileBytes = (r.kernelHeight * r.kernelWidth * channels) << rowShift;
  const fits = r.most > 256;
  const positions = r.outHeight * r.outWidth;
  let weights = r.weights;
  for (let tile = 0; tile < r.tiles; tile++) {
    const thresholds = r.thresholds + ((tile * sizeof<Bits>()) << (fits ? 4 : 5));
    const flips = r.thresholds ? load<Bits>(r.flips + tile * sizeof<Bits>()) : <Bits>0;
    let position = 0;
    for (let oy = 0; oy < r.outHeight; oy++) {
      for (let ox = 0; ox < r.outWidth; ox++) {
        let w0 = i16x8.splat(0),
          w1 = w0,
          w2 = w0,
          w3 = w0,
          u0 = w0,
          u1 = w0,
          u2 = w0,
          u3 = w0;
        // Bytes of events since the lanes were last emptied.
        let taken = 0;
        let widened = false;
        for (let ky = 0; ky < r.kernelHeight; ky++) {
          const y = oy * r.strideDown - r.top + ky * r.dilationDown;
          if (<u32>y >= <u32>height) continue;
          for (let tap = 0; tap < r.kernelWidth; tap += run) {
            const left = ox * r.strideRight - r.left + tap * r.dilationRight;
            const fromX = max(left, 0),
              toX = min(left + run, width);
            if (fromX >= toX) continue;
            const base: usize = weights + (((ky * r.kernelWidth + tap - left) * channels) << rowShift);
            let p: usize = events + load<i32>(starts + ((y * width + fromX) << 2));
            const end: usize = events + load<i32>(starts + ((y * width + toX) << 2));
            while (p < end) {
              if (taken == most) {
                widen<Bits>(scratch, taken, widened, w0, w1, w2, w3, u0, u1, u2, u3);
                widened = true;
                taken = 0;
                w0 = i16x8.splat(0);
                w1 = w0;
                w2 = w0;
                w3 = w0;
                u0 = w0;
                u1 = w0;
                u2 = w0;
                u3 = w0;
              }
              const stop = min(end, p + (most - taken));
              taken += <i32>(stop - p);
              for (; p < stop; p += 2) {
                const row = base + ((<u32>load<u16>(p)) << rowShift);
                let a = v128.load(row);
                w0 = i16x8.add(w0, a);
                u0 = i16x8.add(u0, i16x8.shr_s(a, 8));
                if (sizeof<Bits>() > 2) {
                  a = v128.load(row, 16);
                  w1 = i16x8.add(w1, a);
                  u1 = i16x8.add(u1, i16x8.shr_s(a, 8));
                }
                if (sizeof<Bits>() > 4) {
                  a = v128.load(row, 32);
                  w2 = i16x8.add(w2, a);
                  u2 = i16x8.add(u2, i16x8.shr_s(a, 8));
                }
                if (sizeof<Bits>() > 4) {
                  a = v128.load(row, 48);
                  w3 = i16x8.add(w3, a);
                  u3 = i16x8.add(u3, i16x8.shr_s(a, 8));
                }
              }
            }
          }
        }
        if (r.thresholds && fits) {
          const bias = i16x8.splat(<i16>(taken << 6));
          let low = fired(w0, u0, bias, thresholds);
          if (sizeof<Bits>() > 2) low |= fired(w1, u1, bias, thresholds + 32) << 16;
          let bits: u64 = <u32>low;
          if (sizeof<Bits>() > 4)
            bits |= (<u64>(fired(w2, u2, bias, thresholds + 64) | (fired(w3, u3, bias, thresholds + 96) << 16))) << 32;
          store<Bits>(r.out + position * r.outPitch + tile * sizeof<Bits>(), (<Bits>bits) ^ flips);
        } else {
          widen<Bits>(scratch, taken, widened, w0, w1, w2, w3, u0, u1, u2, u3);
          if (r.thresholds) {
            let bits: u64 = 0;
            for (let part = 0; part < (<i32>sizeof<Bits>()) >> 1; part++)
              bits |= (<u64>firedWide(scratch + (part << 6), thresholds + (part << 6))) << (part << 4);
            store<Bits>(r.out + position * r.outPitch + tile * sizeof<Bits>(), (<Bits>bits) ^ flips);
          } else {
            const first = tile * (sizeof<Bits>() << 3);
            const count = min((<i32>sizeof<Bits>()) << 3, r.outputs - first);
            for (let o = 0; o < count; o++)
              store<i32>(r.out + (((first + o) * positions + position) << 2), load<i32>(scratch + (o << 2)));
          }
        }
        position++;
      }
    }
    weights += tileBytes;
  }
}

/** Bits of 16 outputs. */
function fired(words: v128, upper: v128, bias: v128, thresholds: usize): i32 {
  const lower = i16x8.sub(i16x8.sub(words, i16x8.shl(upper, 8)), bias);
  return i8x16.bitmask(
    i8x16.narrow_i16x8_s(i16x8.gt_s(lower, v128.load(thresholds)), i16x8.gt_s(upper, v128.load(thresholds, 16))),
  );
}

/** Bits of the 16 outputs whose sums are at `sums`. */
export function firedWide(sums: usize, thresholds: usize): i32 {
  const a = i32x4.gt_s(v128.load(sums), v128.load(thresholds));
  const b = i32x4.gt_s(v128.load(sums, 16), v128.load(thresholds, 16));
  const c = i32x4.gt_s(v128.load(sums, 32), v128.load(thresholds, 32));
  const d = i32x4.gt_s(v128.load(sums, 48), v128.load(thresholds, 48));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

function widen<Bits>(
  scratch: usize,
  taken: i32,
  add: boolean,
  w0: v128,
  w1: v128,
  w2: v128,
  w3: v128,
  u0: v128,
  u1: v128,
  u2: v128,
  u3: v128,
): void {
  const bias = i16x8.splat(<i16>(taken << 6));
  const keep = i32x4.splat(add ? -1 : 0);
  widen16(scratch, bias, keep, w0, u0);
  if (sizeof<Bits>() > 2) widen16(scratch + 64, bias, keep, w1, u1);
  if (sizeof<Bits>() > 4) {
    widen16(scratch + 128, bias, keep, w2, u2);
    widen16(scratch + 192, bias, keep, w3, u3);
  }
}

/** Adds the lanes of 16 outputs to their sums of 32 bits, or to 0 if `keep` is 0. */
function widen16(to: usize, bias: v128, keep: v128, words: v128, upper: v128): void {
  const lower = i16x8.sub(i16x8.sub(words, i16x8.shl(upper, 8)), bias);
  v128.store(to, i32x4.add(v128.and(v128.load(to), keep), i32x4.extend_low_i16x8_s(lower)));
  v128.store(to, i32x4.add(v128.and(v128.load(to, 16), keep), i32x4.extend_high_i16x8_s(lower)), 16);
  v128.store(to, i32x4.add(v128.and(v128.load(to, 32), keep), i32x4.extend_low_i16x8_s(upper)), 32);
  v128.store(to, i32x4.add(v128.and(v128.load(to, 48), keep), i32x4.extend_high_i16x8_s(upper)), 48);
}
