// The running mean and the grading of ../running-mean.ts and ../spikes.ts. Arrays are of i32, `count` a multiple of 4
// with zeros at the end, unless said.

/**
 * Whether `values` differ from `last`, the frame that moved the mean last, by a fifth of its magnitude.
 */
export function novelty(values: usize, last: usize, count: i32): bool {
  let change = i32x4.splat(0);
  let magnitude = change;
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const before = v128.load(last + at);
    change = i32x4.add(change, i32x4.abs(i32x4.sub(v128.load(values + at), before)));
    magnitude = i32x4.add(magnitude, i32x4.abs(before));
  }
  return 5 * <i64>sum(change) >= <i64>sum(magnitude);
}

/**
 * Moves `mean` by 1/`frames` of the way to `values`, unless `frames` is 0, and keeps them as `last`; then `spikes` (i8)
 * are what differs from the mean, graded, the second half weighted. `rest` is room for as many. Returns whether anything
 * differs.
 */
export function grade(
  values: usize,
  mean: usize,
  last: usize,
  rest: usize,
  spikes: usize,
  count: i32,
  weight: f32,
  frames: i32,
): bool {
  const bytes: usize = (<usize>count) << 2;
  if (frames > 0) {
    memory.copy(last, values, bytes);
    if (frames == 16)
      for (let at: usize = 0; at < bytes; at += 16) {
        const before = v128.load(mean + at);
        const way = i32x4.sub(i32x4.shl(v128.load(values + at), 8), before);
        v128.store(mean + at, i32x4.add(before, i32x4.shr_s(way, 4)));
      }
    else
      for (let at: usize = 0; at < bytes; at += 4) {
        const before = load<i32>(mean + at);
        store<i32>(mean + at, before + floorDivide((load<i32>(values + at) << 8) - before, frames));
      }
  }
  let magnitude = i32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const left = i32x4.sub(v128.load(values + at), i32x4.shr_s(v128.load(mean + at), 8));
    v128.store(rest + at, left);
    magnitude = i32x4.add(magnitude, i32x4.abs(left));
  }
  const total = sum(magnitude);
  const scale: f32 = total == 0 ? 0 : <f32>(<f64>(2 * count) / <f64>total);
  const first = f32x4.splat(scale);
  const second = f32x4.splat(scale * weight);
  for (let at: usize = 0; at < bytes; at += 16) {
    const factor = at < bytes >> 1 ? first : second;
    const graded = f32x4.nearest(f32x4.mul(f32x4.convert_i32x4_s(v128.load(rest + at)), factor));
    const whole = i32x4.max_s(i32x4.min_s(i32x4.trunc_sat_f32x4_s(graded), i32x4.splat(7)), i32x4.splat(-7));
    const narrow = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(whole, whole), whole);
    v128.store32_lane(spikes + (at >> 2), narrow, 0);
  }
  return total > 0;
}

function floorDivide(a: i32, b: i32): i32 {
  const quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

function sum(a: v128): i32 {
  return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1) + i32x4.extract_lane(a, 2) + i32x4.extract_lane(a, 3);
}
