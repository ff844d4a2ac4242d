// Dense sums of codes and counts: products of pairs of 16 bits, for 16 outputs at two positions at once.

import { Window } from './window';

@unmanaged
export class Image {
  kernel: i32;
  /** [channel][row][column]; `type` 0 u8, 1 i8, 2 i32. */
  from: usize;
  type: i32;
  zeroPoint: i32;
  /** i16 of the first element within its border of zeros; [row][column][channel], `pitch` bytes a row. */
  to: usize;
  channels: i32;
  height: i32;
  width: i32;
  pitch: i32;
}

export function image(r: Image): void {
  let at = r.from;
  const step = r.channels << 1,
    zero = r.zeroPoint;
  for (let c = 0; c < r.channels; c++)
    for (let y = 0; y < r.height; y++) {
      let to = r.to + y * r.pitch + (c << 1);
      if (r.type == 0) for (let x = 0; x < r.width; x++, to += step) store<i16>(to, <i16>(<i32>load<u8>(at++) - zero));
      else if (r.type == 1)
        for (let x = 0; x < r.width; x++, to += step) store<i16>(to, <i16>(<i32>load<i8>(at++) - zero));
      else for (let x = 0; x < r.width; x++, to += step, at += 4) store<i16>(to, <i16>(load<i32>(at) - zero));
    }
}

/** Inputs come from an image with its border: `height`, `width`, `top` and `left` of the window do not count. */
@unmanaged
export class Codes extends Window {
  /** Of the first channel. */
  image: usize;
  pitch: i32;
  /** Stretches of a kernel row that are contiguous, elements of one, and bytes from one to the next. */
  runs: i32;
  across: i32;
  runStep: i32;
  /** i16 [tile][kernel row][run][pair][16 outputs][2] */
  weights: usize;
  tiles: i32;
  /** 0: sums are wanted. i32 T − 1 [output] */
  thresholds: usize;
  /** u16 a tile */
  flips: usize;
  /** Bits of the outputs, `outPitch` bytes a position; or i32 [output][position] for `outputs` outputs. */
  out: usize;
  outPitch: i32;
  outputs: i32;
  /** i32 [64] */
  scratch: usize;
}

/** `Positions`: u16 computes two at once, u8 one. */
export function codes<Positions>(r: Codes): void {
  const pairs = (r.across + 1) >> 1,
    stepRight = (r.strideRight * r.channels) << 1;
  let weights = r.weights;
  for (let tile = 0; tile < r.tiles; tile++) {
    const thresholds = r.thresholds ? r.thresholds + (tile << 6) : 0;
    let position = 0;
    for (let oy = 0; oy < r.outHeight; oy++)
      for (let ox = 0; ox < r.outWidth; ox += <i32>sizeof<Positions>()) {
        let a0 = i32x4.splat(0),
          a1 = a0,
          a2 = a0,
          a3 = a0,
          b0 = a0,
          b1 = a0,
          b2 = a0,
          b3 = a0;
        let w = weights;
        for (let ky = 0; ky < r.kernelHeight; ky++) {
          let start = r.image + (oy * r.strideDown + ky * r.dilationDown) * r.pitch + ox * stepRight;
          for (let run = 0; run < r.runs; run++) {
            for (let p = start, end = start + (pairs << 2); p < end; p += 4) {
              const x = v128.load32_splat(p);
              const y = sizeof<Positions>() > 1 ? v128.load32_splat(p + stepRight) : x;
              let v = v128.load(w);
              a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, v));
              if (sizeof<Positions>() > 1) b0 = i32x4.add(b0, i32x4.dot_i16x8_s(y, v));
              v = v128.load(w, 16);
              a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, v));
              if (sizeof<Positions>() > 1) b1 = i32x4.add(b1, i32x4.dot_i16x8_s(y, v));
              v = v128.load(w, 32);
              a2 = i32x4.add(a2, i32x4.dot_i16x8_s(x, v));
              if (sizeof<Positions>() > 1) b2 = i32x4.add(b2, i32x4.dot_i16x8_s(y, v));
              v = v128.load(w, 48);
              a3 = i32x4.add(a3, i32x4.dot_i16x8_s(x, v));
              if (sizeof<Positions>() > 1) b3 = i32x4.add(b3, i32x4.dot_i16x8_s(y, v));
              w += 64;
            }
            start += r.runStep;
          }
        }
        if (thresholds) {
          const flips = load<u16>(r.flips + (tile << 1));
          const to = r.out + position * r.outPitch + (tile << 1);
          store<u16>(to, <u16>(above(a0, a1, a2, a3, thresholds) ^ flips));
          if (sizeof<Positions>() > 1 && ox + 1 < r.outWidth)
            store<u16>(to + r.outPitch, <u16>(above(b0, b1, b2, b3, thresholds) ^ flips));
        } else {
          keep(r, tile, position, a0, a1, a2, a3);
          if (sizeof<Positions>() > 1 && ox + 1 < r.outWidth) keep(r, tile, position + 1, b0, b1, b2, b3);
        }
        position += min(<i32>sizeof<Positions>(), r.outWidth - ox);
      }
    weights = weights + ((r.kernelHeight * r.runs * pairs) << 6);
  }
}

/** Bits of 16 outputs. */
export function above(a: v128, b: v128, c: v128, d: v128, thresholds: usize): i32 {
  const low = i16x8.narrow_i32x4_s(i32x4.gt_s(a, v128.load(thresholds)), i32x4.gt_s(b, v128.load(thresholds, 16)));
  const high = i16x8.narrow_i32x4_s(i32x4.gt_s(c, v128.load(thresholds, 32)), i32x4.gt_s(d, v128.load(thresholds, 48)));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

function keep(r: Codes, tile: i32, position: i32, a: v128, b: v128, c: v128, d: v128): void {
  const scratch = r.scratch;
  v128.store(scratch, a);
  v128.store(scratch, b, 16);
  v128.store(scratch, c, 32);
  v128.store(scratch, d, 48);
  const positions = r.outHeight * r.outWidth,
    first = tile << 4;
  for (let o = 0, count = min(16, r.outputs - first); o < count; o++)
    store<i32>(r.out + (((first + o) * positions + position) << 2), load<i32>(scratch + (o << 2)));
}
