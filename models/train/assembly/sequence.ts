// Rows of float32 of networks for sequences: what is done to each number apart from the products. Pointers are in bytes.

const ONE: v128 = f32x4.splat(1);
const ZERO: v128 = f32x4.splat(0);

/** mean and variance [columns] of values [rows][columns]. */
export function moments(rows: i32, columns: i32, values: usize, mean: usize, variance: usize): void {
  const pitch = (<usize>columns) << 2;
  const share: f32 = 1 / <f32>rows;
  memory.fill(mean, 0, pitch);
  memory.fill(variance, 0, pitch);
  for (let row = 0, at = values; row < rows; row++, at += pitch) {
    let c: usize = 0;
    for (; c + 16 <= pitch; c += 16) v128.store(mean + c, f32x4.add(v128.load(mean + c), v128.load(at + c)));
    for (; c < pitch; c += 4) store<f32>(mean + c, load<f32>(mean + c) + load<f32>(at + c));
  }
  for (let c: usize = 0; c < pitch; c += 4) store<f32>(mean + c, load<f32>(mean + c) * share);
  for (let row = 0, at = values; row < rows; row++, at += pitch) {
    let c: usize = 0;
    for (; c + 16 <= pitch; c += 16) {
      const away = f32x4.sub(v128.load(at + c), v128.load(mean + c));
      v128.store(variance + c, f32x4.add(v128.load(variance + c), f32x4.mul(away, away)));
    }
    for (; c < pitch; c += 4) {
      const away = load<f32>(at + c) - load<f32>(mean + c);
      store<f32>(variance + c, load<f32>(variance + c) + away * away);
    }
  }
  for (let c: usize = 0; c < pitch; c += 4) store<f32>(variance + c, load<f32>(variance + c) * share);
}

/** after = before (0 if there is none) + values × factor[column] + offset[column]. */
export function normalise(
  rows: i32,
  columns: i32,
  values: usize,
  factor: usize,
  offset: usize,
  before: usize,
  after: usize,
): void {
  const pitch = (<usize>columns) << 2;
  const end = <usize>rows * pitch;
  for (let row: usize = 0; row < end; row += pitch) {
    let c: usize = 0;
    for (; c + 16 <= pitch; c += 16) {
      const y = f32x4.add(f32x4.mul(v128.load(values + row + c), v128.load(factor + c)), v128.load(offset + c));
      v128.store(after + row + c, before ? f32x4.add(v128.load(before + row + c), y) : y);
    }
    for (; c < pitch; c += 4) {
      const y = load<f32>(values + row + c) * load<f32>(factor + c) + load<f32>(offset + c);
      store<f32>(after + row + c, before ? load<f32>(before + row + c) + y : y);
    }
  }
}

/** level [columns] = Σ gradient, along [columns] = Σ gradient × (values − mean). */
export function normaliseSums(
  rows: i32,
  columns: i32,
  values: usize,
  mean: usize,
  gradient: usize,
  level: usize,
  along: usize,
): void {
  const pitch = (<usize>columns) << 2;
  const end = <usize>rows * pitch;
  memory.fill(level, 0, pitch);
  memory.fill(along, 0, pitch);
  for (let row: usize = 0; row < end; row += pitch) {
    let c: usize = 0;
    for (; c + 16 <= pitch; c += 16) {
      const g = v128.load(gradient + row + c);
      const away = f32x4.sub(v128.load(values + row + c), v128.load(mean + c));
      v128.store(level + c, f32x4.add(v128.load(level + c), g));
      v128.store(along + c, f32x4.add(v128.load(along + c), f32x4.mul(g, away)));
    }
    for (; c < pitch; c += 4) {
      const g = load<f32>(gradient + row + c);
      store<f32>(level + c, load<f32>(level + c) + g);
      store<f32>(along + c, load<f32>(along + c) + g * (load<f32>(values + row + c) - load<f32>(mean + c)));
    }
  }
}

/** target = (gradient − level[column] − along[column] × (values − mean[column])) × factor[column]. */
export function normaliseBack(
  rows: i32,
  columns: i32,
  values: usize,
  mean: usize,
  gradient: usize,
  level: usize,
  along: usize,
  factor: usize,
  target: usize,
): void {
  const pitch = (<usize>columns) << 2;
  const end = <usize>rows * pitch;
  for (let row: usize = 0; row < end; row += pitch) {
    let c: usize = 0;
    for (; c + 16 <= pitch; c += 16) {
      const away = f32x4.sub(v128.load(values + row + c), v128.load(mean + c));
      const g = f32x4.sub(v128.load(gradient + row + c), v128.load(level + c));
      const rest = f32x4.sub(g, f32x4.mul(v128.load(along + c), away));
      v128.store(target + row + c, f32x4.mul(rest, v128.load(factor + c)));
    }
    for (; c < pitch; c += 4) {
      const away = load<f32>(values + row + c) - load<f32>(mean + c);
      const rest = load<f32>(gradient + row + c) - load<f32>(level + c) - load<f32>(along + c) * away;
      store<f32>(target + row + c, rest * load<f32>(factor + c));
    }
  }
}

/**
 * spikes [rows][columns × levels] = fires(values[column] − threshold[column][level]) × kept (1 if there is none); returns
 * their sum before `kept`. With `smooth`, what fires is the integral of the surrogate, for checks of gradients.
 */
export function fire(
  rows: i32,
  columns: i32,
  levels: i32,
  values: usize,
  thresholds: usize,
  kept: usize,
  smooth: bool,
  spikes: usize,
): f64 {
  const pitch = (<usize>(columns * levels)) << 2;
  let total: f64 = 0;
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    let sum = ZERO;
    if (levels == 1 && !smooth) {
      for (; at + 16 <= pitch; at += 16) {
        const some = v128.and(f32x4.ge(v128.load(values + at), v128.load(thresholds + at)), ONE);
        sum = f32x4.add(sum, some);
        v128.store(spikes + at, kept ? f32x4.mul(some, v128.load(kept + at)) : some);
      }
      total += <f64>(
        (f32x4.extract_lane(sum, 0) +
          f32x4.extract_lane(sum, 1) +
          f32x4.extract_lane(sum, 2) +
          f32x4.extract_lane(sum, 3))
      );
    }
    for (let i = <i32>(at >> 2), level = i % levels; at < pitch; at += 4, i++) {
      const x = load<f32>(values + ((<usize>(i / levels)) << 2)) - load<f32>(thresholds + at);
      const spike: f32 = smooth ? integral(x) : x >= 0 ? 1 : 0;
      total += <f64>spike;
      store<f32>(spikes + at, kept ? spike * load<f32>(kept + at) : spike);
    }
    values += (<usize>columns) << 2;
    spikes += pitch;
    if (kept) kept += pitch;
  }
  return total;
}

/** Of max(0, 1 − |x|), from 0 to 1. */
function integral(x: f32): f32 {
  if (x <= -1) return 0;
  if (x >= 1) return 1;
  return x < 0 ? 0.5 * (1 + x) * (1 + x) : 1 - 0.5 * (1 - x) * (1 - x);
}

/**
 * The way back through `fire`: (given × kept + each) × max(0, 1 − |values − threshold|) is added to gradient [rows][columns]
 * (where there is one) and taken from ofThresholds [columns × levels].
 */
export function fireBack(
  rows: i32,
  columns: i32,
  levels: i32,
  values: usize,
  thresholds: usize,
  kept: usize,
  each: f32,
  given: usize,
  gradient: usize,
  ofThresholds: usize,
): void {
  const pitch = (<usize>(columns * levels)) << 2;
  const added = f32x4.splat(each);
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    if (levels == 1) {
      for (; at + 16 <= pitch; at += 16) {
        const x = f32x4.sub(v128.load(values + at), v128.load(thresholds + at));
        const slope = f32x4.max(ZERO, f32x4.sub(ONE, f32x4.abs(x)));
        let g = v128.load(given + at);
        if (kept) g = f32x4.mul(g, v128.load(kept + at));
        g = f32x4.mul(f32x4.add(g, added), slope);
        if (gradient) v128.store(gradient + at, f32x4.add(v128.load(gradient + at), g));
        v128.store(ofThresholds + at, f32x4.sub(v128.load(ofThresholds + at), g));
      }
    }
    for (let i = <i32>(at >> 2); at < pitch; at += 4, i++) {
      const column = (<usize>(i / levels)) << 2;
      const x = load<f32>(values + column) - load<f32>(thresholds + at);
      const slope: f32 = max(<f32>0, <f32>1 - abs(x));
      const passed = kept ? load<f32>(given + at) * load<f32>(kept + at) : load<f32>(given + at);
      const g = (passed + each) * slope;
      if (gradient) store<f32>(gradient + column, load<f32>(gradient + column) + g);
      store<f32>(ofThresholds + at, load<f32>(ofThresholds + at) - g);
    }
    values += (<usize>columns) << 2;
    given += pitch;
    if (kept) kept += pitch;
    if (gradient) gradient += (<usize>columns) << 2;
  }
}

/** Numbers 0 with probability `least` ÷ 2³², else `factor`: element i by a permutation of seed + i (MurmurHash3's). */
export function dropOut(count: i32, seed: i32, least: u32, factor: f32, kept: usize): void {
  for (let i = 0; i < count; i++) {
    let x: u32 = <u32>(seed + i * 0x6d2b79f5);
    x = (x ^ (x >>> 16)) * 0x85ebca6b;
    x = (x ^ (x >>> 13)) * 0xc2b2ae35;
    x ^= x >>> 16;
    store<f32>(kept + ((<usize>i) << 2), x < least ? 0 : factor);
  }
}
