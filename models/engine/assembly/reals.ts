// Sums and neurons in float32, each operation rounded in the order of the node schemas.

import { Window } from './window';

@unmanaged
export class Reals extends Window {
  /** [channel][row][column], of the first channel: f32, or bytes that count. */
  from: usize;
  counts: i32;
  /** f32 [tile][channel][kernel row][kernel column][16 outputs] */
  weights: usize;
  /** f32 [output] */
  bias: usize;
  tiles: i32;
  /** f32 [output][position] for `outputs` outputs. */
  out: usize;
  outputs: i32;
  /** f32 [16] */
  scratch: usize;
}

export function reals(r: Reals): void {
  const height = r.height,
    width = r.width,
    scratch = r.scratch;
  const positions = r.outHeight * r.outWidth;
  const tileBytes = (r.channels * r.kernelHeight * r.kernelWidth) << 6;
  for (let tile = 0; tile < r.tiles; tile++) {
    const bias = r.bias + (tile << 6),
      first = tile << 4;
    const count = min(16, r.outputs - first);
    let position = 0;
    for (let oy = 0; oy < r.outHeight; oy++)
      for (let ox = 0; ox < r.outWidth; ox++) {
        let s0 = v128.load(bias),
          s1 = v128.load(bias, 16),
          s2 = v128.load(bias, 32),
          s3 = v128.load(bias, 48);
        let w: usize = r.weights + tile * tileBytes;
        for (let c = 0; c < r.channels; c++)
          for (let ky = 0; ky < r.kernelHeight; ky++) {
            const y = oy * r.strideDown - r.top + ky * r.dilationDown;
            const row = (c * height + y) * width;
            for (let kx = 0; kx < r.kernelWidth; kx++, w += 64) {
              const x = ox * r.strideRight - r.left + kx * r.dilationRight;
              if (<u32>y >= <u32>height || <u32>x >= <u32>width) continue;
              const value: f32 = r.counts ? <f32>load<u8>(r.from + row + x) : load<f32>(r.from + ((row + x) << 2));
              if (value == 0) continue;
              const four = f32x4.splat(value);
              s0 = f32x4.add(s0, f32x4.mul(four, v128.load(w)));
              s1 = f32x4.add(s1, f32x4.mul(four, v128.load(w, 16)));
              s2 = f32x4.add(s2, f32x4.mul(four, v128.load(w, 32)));
              s3 = f32x4.add(s3, f32x4.mul(four, v128.load(w, 48)));
            }
          }
        v128.store(scratch, s0);
        v128.store(scratch, s1, 16);
        v128.store(scratch, s2, 32);
        v128.store(scratch, s3, 48);
        for (let o = 0; o < count; o++)
          store<f32>(r.out + (((first + o) * positions + position) << 2), load<f32>(scratch + (o << 2)));
        position++;
      }
  }
}

/** Parameters are f32 of each element, or four times the one for all; 0 where the node has none. */
@unmanaged
export class Neurons {
  kernel: i32;
  count: i32;
  from: usize;
  /** 0 f32, 1 u8, 2 i32 */
  type: i32;
  membrane: usize;
  current: usize;
  /** u8, 1 where it spiked in the tick before. */
  spiked: usize;
  /** u8 spikes where there is a threshold, otherwise f32. */
  out: usize;
  synapseDecay: usize;
  synapseGain: usize;
  decay: usize;
  gain: usize;
  drive: usize;
  threshold: usize;
  resetValue: usize;
  /** A bit for each of these parameters, in their order, that has an element for each neuron. */
  whole: i32;
  old: i32;
  strict: i32;
  /** 0 none, 1 set, 2 subtract */
  reset: i32;
  /** Before the next update, not after the spike. */
  next: i32;
}

export function neurons(r: Neurons): void {
  const whole = r.whole,
    type = r.type,
    reset = r.reset;
  for (let n: usize = 0, count: usize = r.count; n < count; n += 4) {
    const at = n << 2;
    let x: v128;
    if (type == 0) x = v128.load(r.from + at);
    else if (type == 1) x = f32x4.convert_i32x4_u(bytesToWords(r.from + n));
    else x = f32x4.convert_i32x4_s(v128.load(r.from + at));
    const before = v128.load(r.current + at);
    if (r.synapseDecay) {
      if (r.synapseGain) x = f32x4.mul(v128.load(r.synapseGain + (whole & 2 ? at : 0)), x);
      x = f32x4.add(f32x4.mul(v128.load(r.synapseDecay + (whole & 1 ? at : 0)), before), x);
    }
    v128.store(r.current + at, x);
    const value = r.resetValue ? v128.load(r.resetValue + (whole & 64 ? at : 0)) : f32x4.splat(0);
    const resets = r.next ? i32x4.ne(bytesToWords(r.spiked + n), i32x4.splat(0)) : i32x4.splat(0);
    let v = v128.load(r.membrane + at);
    if (reset == 1) v = v128.bitselect(value, v, resets);
    v = f32x4.mul(v128.load(r.decay + (whole & 4 ? at : 0)), v);
    v = f32x4.add(v, f32x4.mul(v128.load(r.gain + (whole & 8 ? at : 0)), r.old ? before : x));
    if (r.drive) v = f32x4.add(v, v128.load(r.drive + (whole & 16 ? at : 0)));
    if (r.threshold) {
      const threshold = v128.load(r.threshold + (whole & 32 ? at : 0));
      if (reset == 2) v = v128.bitselect(f32x4.sub(v, threshold), v, resets);
      const spikes = r.strict ? f32x4.gt(v, threshold) : f32x4.ge(v, threshold);
      if (reset == 1 && !r.next) v = v128.bitselect(value, v, spikes);
      if (reset == 2 && !r.next) v = v128.bitselect(f32x4.sub(v, threshold), v, spikes);
      const half = i16x8.narrow_i32x4_s(spikes, spikes);
      const ones = v128.and(i8x16.narrow_i16x8_s(half, half), i8x16.splat(1));
      v128.store32_lane(r.spiked + n, ones, 0);
      v128.store32_lane(r.out + n, ones, 0);
    } else v128.store(r.out + at, v);
    v128.store(r.membrane + at, v);
  }
}

function bytesToWords(at: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
}
