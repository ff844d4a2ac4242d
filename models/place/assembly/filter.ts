// One step of the sequence filter, as ../emission.ts and ../reference-states.ts have it, to the last bit. Beliefs are
// i16 with eight binary places, eight places of the map a vector. Arrays have room for 16 places beyond each end, which
// hold `outside`; an address is that of place 0.

/**
 * Deviations from the mean of `scores`, f32 [count], to `emission`, i16 [count]; both have room for whole vectors. All 0
 * where the scores are alike.
 */
export function emit(scores: usize, count: i32, emission: usize): void {
  const end = scores + ((<usize>count) << 2);
  let sum: f64 = 0,
    squares: f64 = 0;
  for (let at = scores; at < end; at += 4) {
    const score = <f64>load<f32>(at);
    sum += score;
    squares += score * score;
  }
  const mean = sum / <f64>count;
  const variance = squares / <f64>count - mean * mean;
  const centre = f32x4.splat(<f32>mean);
  const scale = f32x4.splat(variance > 1e-12 * mean * mean ? <f32>(256 / sqrt<f64>(variance)) : 0);
  for (let at = scores; at < end; at += 32) {
    const whole = i16x8.narrow_i32x4_s(
      rounded(v128.load(at), centre, scale),
      rounded(v128.load(at, 16), centre, scale),
    );
    v128.store(emission, i16x8.max_s(i16x8.min_s(whole, i16x8.splat(1152)), i16x8.splat(-1152)));
    emission += 16;
  }
}

function rounded(score: v128, centre: v128, scale: v128): v128 {
  const deviation = f32x4.mul(f32x4.sub(score, centre), scale);
  return i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(deviation, f32x4.splat(0.5))));
}

/** `before`, `now`: belief, then the states of ../filter-states.ts, each `pitch` bytes after the one before it. */
export function move(emission: usize, before: usize, now: usize, pitch: usize, count: i32, outside: i32): void {
  const carried = i16x8.splat(<i16>(highest(before, count) - 7168));
  for (let at: usize = 0, end = (<usize>count) << 1; at < end; at += 16) {
    const frame = v128.load(emission + at);
    const belief = before + at;
    // From any state, so many places behind, at the price of a switch; or from anywhere.
    const still = switched(v128.load(belief), carried);
    const one = switched(v128.load(belief - 2), carried);
    const back = switched(v128.load(belief + 2), carried);
    let from = belief + pitch;
    let to = now + at + pitch;
    let best = put(to, moved(v128.load(from), still, frame, 77));
    from += pitch;
    to += pitch;
    best = i16x8.max_s(best, put(to, moved(v128.load(from - 2), one, frame, 0)));
    from += pitch;
    to += pitch;
    const two = switched(v128.load(belief - 4), carried);
    best = i16x8.max_s(best, put(to, moved(v128.load(from - 4), two, frame, 77)));
    from += pitch;
    to += pitch;
    const three = switched(v128.load(belief - 6), carried);
    best = i16x8.max_s(best, put(to, moved(v128.load(from - 6), three, frame, 102)));
    from += pitch;
    to += pitch;
    // Slow: each of the two comes from the other.
    best = i16x8.max_s(best, put(to, moved(v128.load(from + pitch), still, frame, 38)));
    best = i16x8.max_s(best, put(to + pitch, moved(v128.load(from - 2), one, frame, 38)));
    from += 2 * pitch;
    to += 2 * pitch;
    best = i16x8.max_s(best, put(to, moved(v128.load(from + 2), back, frame, 26)));
    from += pitch;
    to += pitch;
    const twoBack = switched(v128.load(belief + 4), carried);
    best = i16x8.max_s(best, put(to, moved(v128.load(from + 4), twoBack, frame, 103)));
    from += pitch;
    to += pitch;
    const threeBack = switched(v128.load(belief + 6), carried);
    best = i16x8.max_s(best, put(to, moved(v128.load(from + 6), threeBack, frame, 128)));
    from += pitch;
    to += pitch;
    best = i16x8.max_s(best, put(to, moved(v128.load(from + pitch), still, frame, 64)));
    best = i16x8.max_s(best, put(to + pitch, moved(v128.load(from + 2), back, frame, 64)));
    from += 2 * pitch;
    to += 2 * pitch;
    best = i16x8.max_s(best, put(to, moved(atAnyPace(from, -2), one, frame, 51)));
    from += pitch;
    to += pitch;
    best = i16x8.max_s(best, put(to, moved(atAnyPace(from, 2), back, frame, 77)));
    v128.store(now + at, best);
  }
  for (let array = 0; array <= 13; array++) {
    close(now, count, outside);
    now += pitch;
  }
}

/** The best of the places from 0 to 3 behind; `behind` bytes lie between a place and the next one behind. */
function atAnyPace(from: usize, behind: isize): v128 {
  const aside = i16x8.sub(i16x8.max_s(v128.load(from), v128.load(from + 2 * behind)), i16x8.splat(256));
  const far = i16x8.sub(v128.load(from + 3 * behind), i16x8.splat(384));
  return i16x8.max_s(v128.load(from + behind), i16x8.max_s(aside, far));
}

/** `before`, `now`: beliefs; `step` places, at most two more than there are, or one fewer or more at a price. */
export function moveBy(emission: usize, before: usize, now: usize, step: i32, count: i32, outside: i32): void {
  const carried = i16x8.splat(<i16>(highest(before, count) - 7168));
  for (let place = 0; place < count; place += 8) {
    // Vectors that lie off the map are all alike.
    const from = before + ((<isize>max(-9, min(count + 1, place - step))) << 1);
    const aside = i16x8.sub(i16x8.max_s(v128.load(from - 2), v128.load(from + 2)), i16x8.splat(256));
    const at = (<usize>place) << 1;
    const better = i16x8.max_s(i16x8.max_s(v128.load(from), aside), carried);
    v128.store(now + at, i16x8.add(v128.load(emission + at), decayed(better)));
  }
  close(now, count, outside);
}

/** The first of the largest. */
export function surest(belief: usize, count: i32): i32 {
  const wanted = i16x8.splat(<i16>highest(belief, count));
  for (let place = 0; place < count; place += 8) {
    const equal = i16x8.bitmask(i16x8.eq(v128.load(belief + ((<usize>place) << 1)), wanted));
    if (equal != 0) return place + ctz(equal);
  }
  return 0;
}

function highest(belief: usize, count: i32): i32 {
  let most = i16x8.splat(-32768);
  const whole = count & ~7;
  for (let place = 0; place < whole; place += 8) most = i16x8.max_s(most, v128.load(belief + ((<usize>place) << 1)));
  let best = largest(most);
  for (let place = whole; place < count; place++) best = max(best, <i32>load<i16>(belief + ((<usize>place) << 1)));
  return best;
}

function switched(belief: v128, carried: v128): v128 {
  return i16x8.max_s(i16x8.sub(belief, i16x8.splat(1280)), carried);
}

function moved(own: v128, other: v128, emission: v128, cost: i16): v128 {
  return i16x8.add(i16x8.sub(emission, i16x8.splat(cost)), decayed(i16x8.max_s(own, other)));
}

function put(to: usize, state: v128): v128 {
  v128.store(to, state);
  return state;
}

function decayed(value: v128): v128 {
  return i16x8.sub(value, i16x8.shr_s(value, 4));
}

/** What the last vector wrote beyond the end is taken back. */
function close(array: usize, count: i32, outside: i32): void {
  v128.store(array + ((<usize>count) << 1), i16x8.splat(<i16>outside));
}

function largest(a: v128): i32 {
  let b = i16x8.max_s(a, v128.shuffle<i16>(a, a, 4, 5, 6, 7, 0, 1, 2, 3));
  b = i16x8.max_s(b, v128.shuffle<i16>(b, b, 2, 3, 0, 1, 6, 7, 4, 5));
  return max(i16x8.extract_lane_s(b, 0), i16x8.extract_lane_s(b, 1));
}
