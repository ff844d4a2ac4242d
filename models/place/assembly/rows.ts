// Similarities of one query to all rows of a map, as ../place-rows.ts has them, to the last bit.

import { quarters } from './contrast';

/**
 * `spikes`, i8 [lines][line], as they lie when seen `by` spikes to the side, to `query`, 16 times, i16 [lines][line, filled
 * up with zeros to whole blocks of 32].
 */
export function aside(spikes: usize, lines: i32, line: i32, by: i32, query: usize): void {
  const pitch = (<usize>((line + 31) & ~31)) << 1;
  const first = max(by, 0);
  const last = min(line, line + by);
  memory.fill(query, 0, <usize>lines * pitch);
  for (let number = 0; number < lines; number++) {
    const from = spikes - by;
    let at = first;
    for (; at + 8 <= last; at += 8)
      v128.store(query + ((<usize>at) << 1), i16x8.shl(v128.load_ext<i8>(from + <usize>at), 4));
    for (; at < last; at++) store<i16>(query + ((<usize>at) << 1), (<i16>load<i8>(from + <usize>at)) << 4);
    spikes += <usize>line;
    query += pitch;
  }
}

/** Keeps sums of products of even rows positive, or they would borrow from those of odd ones. */
const bias = 16384;

/**
 * `query`: i16 [blocks][32], 16 times a spike; `rows`: i16 [rows ÷ 2][blocks][32], a spike of an even row and 4096 times
 * that of the next one in each: one product serves two rows, 16 times the one in its lower half, the other in its upper.
 * All spikes are within ±7. `weights`: i16 [blocks][16], weight and 0 in turns, then 0 and weight in turns. `inverse`,
 * `thresholds`, `scores`: f32 [rows], rows a multiple of 8. score = weighted dot × scale × inverse − threshold; the
 * larger of its largest and `best` goes there. `scale` and `best` lie in memory, as all real numbers do that pass between here and the caller:
 * as parameters they would be objects there.
 */
export function compare(
  query: usize,
  rows: usize,
  blocks: i32,
  count: i32,
  weights: usize,
  inverse: usize,
  thresholds: usize,
  scale: usize,
  scores: usize,
  best: usize,
): void {
  const by = (<usize>blocks) << 6;
  const end = weights + ((<usize>blocks) << 5);
  const factor = f32x4.splat(load<f32>(scale));
  const none = i32x4.splat(bias);
  let surplus = i32x4.splat(0);
  for (let weight = weights; weight < end; weight += 32)
    surplus = i32x4.sub(surplus, i32x4.dot_i16x8_s(none, v128.load(weight)));
  let most = f32x4.splat(-Infinity);
  for (let row: usize = 0, last = (<usize>count) << 2; row < last; row += 32) {
    let evenA = surplus,
      evenB = surplus,
      evenC = surplus,
      evenD = surplus,
      oddA = i32x4.splat(0),
      oddB = oddA,
      oddC = oddA,
      oddD = oddA;
    let one = rows,
      two = rows + by,
      three = rows + 2 * by,
      four = rows + 3 * by;
    for (let weight = weights, at = query; weight < end; weight += 32, at += 64) {
      let spikes = v128.load(at);
      let a = i32x4.add(none, i32x4.dot_i16x8_s(spikes, v128.load(one)));
      let b = i32x4.add(none, i32x4.dot_i16x8_s(spikes, v128.load(two)));
      let c = i32x4.add(none, i32x4.dot_i16x8_s(spikes, v128.load(three)));
      let d = i32x4.add(none, i32x4.dot_i16x8_s(spikes, v128.load(four)));
      spikes = v128.load(at, 16);
      a = i32x4.add(a, i32x4.dot_i16x8_s(spikes, v128.load(one, 16)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(spikes, v128.load(two, 16)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(spikes, v128.load(three, 16)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(spikes, v128.load(four, 16)));
      spikes = v128.load(at, 32);
      a = i32x4.add(a, i32x4.dot_i16x8_s(spikes, v128.load(one, 32)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(spikes, v128.load(two, 32)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(spikes, v128.load(three, 32)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(spikes, v128.load(four, 32)));
      spikes = v128.load(at, 48);
      a = i32x4.add(a, i32x4.dot_i16x8_s(spikes, v128.load(one, 48)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(spikes, v128.load(two, 48)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(spikes, v128.load(three, 48)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(spikes, v128.load(four, 48)));
      const lower = v128.load(weight);
      evenA = i32x4.add(evenA, i32x4.dot_i16x8_s(a, lower));
      evenB = i32x4.add(evenB, i32x4.dot_i16x8_s(b, lower));
      evenC = i32x4.add(evenC, i32x4.dot_i16x8_s(c, lower));
      evenD = i32x4.add(evenD, i32x4.dot_i16x8_s(d, lower));
      const upper = v128.load(weight, 16);
      oddA = i32x4.add(oddA, i32x4.dot_i16x8_s(a, upper));
      oddB = i32x4.add(oddB, i32x4.dot_i16x8_s(b, upper));
      oddC = i32x4.add(oddC, i32x4.dot_i16x8_s(c, upper));
      oddD = i32x4.add(oddD, i32x4.dot_i16x8_s(d, upper));
      one += 64;
      two += 64;
      three += 64;
      four += 64;
    }
    rows += 4 * by;
    const even = i32x4.shr_s(quarters(evenA, evenB, evenC, evenD), 4);
    const odd = quarters(oddA, oddB, oddC, oddD);
    const first = scored(v128.shuffle<i32>(even, odd, 0, 4, 1, 5), factor, inverse + row, thresholds + row);
    const second = scored(v128.shuffle<i32>(even, odd, 2, 6, 3, 7), factor, inverse + row + 16, thresholds + row + 16);
    v128.store(scores + row, first);
    v128.store(scores + row, second, 16);
    most = f32x4.pmax(most, f32x4.pmax(first, second));
  }
  store<f32>(best, max(load<f32>(best), largest(most)));
}

function scored(dot: v128, factor: v128, inverse: usize, threshold: usize): v128 {
  const cosine = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(dot), factor), v128.load(inverse));
  return f32x4.sub(cosine, v128.load(threshold));
}

/** `into` = the larger of itself and `scores` + `bias`; of the first shift, this alone. */
export function combine(scores: usize, bias: usize, first: bool, into: usize, count: i32): void {
  const add = f32x4.splat(load<f32>(bias));
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    let score = f32x4.add(v128.load(scores + at), add);
    if (!first) score = f32x4.max(score, v128.load(into + at));
    v128.store(into + at, score);
  }
}

/** Takes `fatigue` from the scores. The largest that is left goes to `best`. */
export function relieve(scores: usize, fatigue: usize, count: i32, best: usize): void {
  let most = f32x4.splat(-Infinity);
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const score = f32x4.sub(v128.load(scores + at), v128.load(fatigue + at));
    v128.store(scores + at, score);
    most = f32x4.pmax(most, score);
  }
  store<f32>(best, largest(most));
}

/**
 * `inverse`, f32 [rows], of the norms by the weights of the lines: `energies`, i16 [rows][lines], and `weights`, i16
 * [lines], lines a multiple of 8. 0 where there is nothing.
 */
export function weigh(energies: usize, weights: usize, lines: i32, inverse: usize, count: i32): void {
  for (let row = 0; row < count; row++) {
    let sum = i32x4.splat(0);
    for (let line: usize = 0, end = (<usize>lines) << 1; line < end; line += 16)
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(energies + line), v128.load(weights + line)));
    energies += (<usize>lines) << 1;
    const squares =
      i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
    store<f32>(inverse + ((<usize>row) << 2), squares == 0 ? 0 : <f32>1 / sqrt<f32>(<f32>squares));
  }
}

/**
 * Rows that answered, those within `reach` of the best, tire: together by `rate`, shared by how far they came within
 * reach; as much is taken from the rows within `neighbours` of each. `fatigue`, f32 [rows], then fades by `keep`. `best`
 * is an address; `reach`, `rate` and `keep` lie one behind the other at `law`.
 */
export function tire(scores: usize, best: usize, count: i32, fatigue: usize, law: usize, neighbours: i32): void {
  const within = load<f32>(best) - load<f32>(law);
  const rate = load<f32>(law, 4);
  const keep = load<f32>(law, 8);
  const least = f32x4.splat(within);
  const bytes: usize = (<usize>count) << 2;
  let total: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 16) {
    if (!v128.any_true(f32x4.gt(v128.load(scores + at), least))) continue;
    for (let one = at; one < min(at + 16, bytes); one += 4) {
      const over = load<f32>(scores + one) - within;
      if (over > 0) total += <f64>over;
    }
  }
  const share = <f32>(<f64>rate / total);
  for (let at: usize = 0; at < bytes; at += 16) {
    if (!v128.any_true(f32x4.gt(v128.load(scores + at), least))) continue;
    for (let one = at; one < min(at + 16, bytes); one += 4) {
      const over = load<f32>(scores + one) - within;
      if (!(over > 0)) continue;
      const amount = over * share;
      const row = <i32>(one >> 2);
      const from = max(row - neighbours, 0);
      const to = min(row + neighbours + 1, count);
      const each = amount / <f32>(to - from);
      for (let near = from; near < to; near++)
        store<f32>(fatigue + (near << 2), load<f32>(fatigue + (near << 2)) - each);
      store<f32>(fatigue + one, load<f32>(fatigue + one) + amount);
    }
  }
  const left = f32x4.splat(keep);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(fatigue + at, f32x4.mul(v128.load(fatigue + at), left));
}

function largest(a: v128): f32 {
  return max(
    max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
}
