import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../../test/shared-data.js';
import { designFir } from '../../signal/design.js';
import { Fir } from '../../signal/fir.js';
import { SectionFilter } from '../../signal/section-filter.js';

/**
 * The Portiloop's own slow-oscillation chain, from our filters where they are the same: a reference, not a part of
 * axond. Both of its "band-passes" let 0 Hz through (gain 1.03 and 1.01); only the step in between takes the offset out.
 */
function portiloopChain(raw: Float64Array): { fir: Float64Array; dc: Float64Array; slow: Float64Array } {
  const shape = { rate: 250, unit: 'uV' };
  const filter = (taps: number, from: number, to: number, x: Float64Array): Float64Array => {
    const stage = new Fir((rate) => designFir(taps, { type: 'bandpass', from, to }, rate));
    stage.prepare(shape);
    const y = new Float64Array(x.length);
    stage.process(x, x.length, y);
    return y;
  };
  const fir = filter(20, 0.5, 30, raw);
  const [gain, a1, a2] = [0.9936459339823651, -0.12478308884588535, 0.9872918679647302];
  const notch = new SectionFilter(
    () => [[gain, a1, gain, 1, a1, a2]],
    () => 0,
  );
  notch.prepare(shape);
  const dc = Float64Array.from(fir);
  notch.process(dc, dc.length, dc);
  let mean = 0;
  for (let n = 0; n < dc.length; n++) {
    mean = 0.995 * mean + 0.005 * dc[n]!;
    dc[n] = dc[n]! - mean;
  }
  // Theirs starts as if 1 uV had always been there.
  const before = 16;
  const slow = filter(17, 0.16, 4, Float64Array.from([...new Float64Array(before).fill(1), ...dc])).slice(before);
  return { fir, dc, slow };
}

/** Its rule: 1 for each sample at which the wave since the last falling zero crossing is a slow oscillation. */
function portiloopRule(slow: Float64Array): number[] {
  const found: number[] = [];
  let [highest, lowest, positive, negative, last] = [-1, 1000, 0, 0, 0];
  for (const y of slow) {
    if (y >= 0) positive++;
    else negative++;
    highest = Math.max(highest, y);
    lowest = Math.min(lowest, y);
    const isSlow =
      highest - lowest > 75 &&
      Math.abs(lowest) > 40 &&
      4 * negative > 125 &&
      4 * negative < 1500 &&
      4 * positive < 1000;
    found.push(isSlow ? 1 : 0);
    if (last >= 0 && y < 0) [highest, lowest, positive, negative] = [-1, 1000, 0, 0];
    last = y;
  }
  return found;
}

test("the Portiloop's slow-oscillation chain from our filters gives its vectors and its detections", (t) => {
  const path = sharedData('portiloop', 'so_vectors_10s.csv.gz');
  if (path === undefined) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const [, ...rows] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  const columns = rows.map((row) => row.split(',').map(Number));
  const column = (place: number): Float64Array => Float64Array.from(columns, (row) => row[place]!);
  const { fir, dc, slow } = portiloopChain(column(1));
  for (const [values, place] of [
    [fir, 2],
    [dc, 4],
    [slow, 5],
  ] as const) {
    const expected = column(place);
    values.forEach((value, n) => assert.ok(Math.abs(value - expected[n]!) < 1e-9, `row ${n}: ${value}`));
  }
  assert.deepEqual(portiloopRule(slow), [...column(6)]);
});

test('its low-pass is one: a constant of 1 uV comes through both of its band-passes', () => {
  const gainAtZero = (taps: number, from: number, to: number): number =>
    designFir(taps, { type: 'bandpass', from, to }, 250).reduce((sum, tap) => sum + tap, 0);
  assert.ok(Math.abs(gainAtZero(20, 0.5, 30) - 1.033) < 0.001);
  assert.ok(Math.abs(gainAtZero(17, 0.16, 4) - 1.014) < 0.001);
});
