import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../test/shared-data.js';
import { checkDetector } from './detector.laws.js';
import { createDetectionList } from './detection-list.js';
import { burstySignal, detect } from './plain-rule.test.fixture.js';
import { ThreeFeatureDetector, type ThreeFeatureOptions } from './three-feature.js';

function prepared(options: Partial<ThreeFeatureOptions> = {}, rate = 250): ThreeFeatureDetector {
  const detector = new ThreeFeatureDetector(options);
  detector.prepare({ rate, unit: 'uV' });
  return detector;
}

/** Half a minute of slow waves and noise with spindles at 6, 12.5 and 19 s and alpha rhythm at 25 s. */
function madeSignal(): Float64Array {
  let state = 12345;
  const bursts = [
    [6, 13.2, 25],
    [12.5, 12.4, 18],
    [19, 14.1, 30],
    [25, 10, 25],
  ] as const;
  return Float64Array.from({ length: 7500 }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const t = n / 250;
    let x =
      20 * Math.sin(2 * Math.PI * 0.8 * t) + 8 * Math.sin(2 * Math.PI * 3.1 * t + 0.4) + 30 * (state / 2 ** 32 - 0.5);
    for (const [on, hertz, amplitude] of bursts)
      if (t >= on && t < on + 1)
        x += amplitude * Math.sin(Math.PI * (t - on)) * Math.sin(2 * Math.PI * hertz * (t - on));
    return Math.round(x * 1e4) / 1e4;
  });
}

/** Features after each of these samples, computed with SciPy 1.17 (butter, sosfilt) from the formulas. */
const golden = [
  [0, 0.001975070408783, 0.998006402344, -86.59325068733],
  [1, 0.002615774000063, 0.9994373863815, -51.11111771911],
  [749, 0.0336732179184, 0.1774752621215, 1.831160672353],
  [1500, 0.07577047749165, 0.3955131172807, 2.252276639123],
  [1608, 0.4183094282937, 0.7435904802063, 8.987797848116],
  [2500, 0.06856313531228, -0.05255039437362, 0.5897663205375],
  [3259, 0.4632094171433, 0.5013057661836, 3.803012479184],
  [4000, 0.03560814447894, -0.02691342263395, -0.1210462902805],
  [4842, 0.4034627922095, 0.880086019688, 3.453066918658],
  [6400, 0.1698190109101, -0.4732147191955, 2.539152589078],
  [7499, 0.05264691708318, 0.2020909137929, 0.2607125912059],
] as const;

/** Largest error of each feature against rows of sample, relative power, correlation and z-score. */
function errors(signal: Float64Array, rows: readonly (readonly number[])[]): number[] {
  const detector = prepared();
  const list = createDetectionList(10);
  const expected = new Map(rows.map(([sample, ...features]) => [sample, features]));
  const most = [0, 0, 0];
  for (let n = 0; n < signal.length; n++) {
    list.length = 0;
    detector.process(signal.subarray(n, n + 1), 1, n, list);
    const { relativePower, correlation, zScore } = detector;
    expected.get(n)?.forEach((value, place) => {
      most[place] = Math.max(most[place]!, Math.abs([relativePower, correlation, zScore][place]![0]! - value));
    });
  }
  return most;
}

test('the features are those of the formulas, and the three spindles are found, alpha rhythm is not', () => {
  const signal = madeSignal();
  for (const error of errors(signal, golden)) assert.ok(error < 1e-10, `${error}`);
  assert.deepEqual(
    detect(prepared(), signal).map(([onset]) => onset / 250),
    [6.432, 13.036, 19.368],
  );
});

test('equals the reference vectors', (t) => {
  const path = sharedData('portiloop', 'synth_causal_features_30s.csv.gz');
  if (path === undefined) {
    t.skip('the vectors are not here');
    return;
  }
  const rows = gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
  assert.equal(rows.length, 7500);
  // They are printed with twelve digits.
  const features = rows.map((row) => row.slice(0, 4));
  for (const error of errors(madeSignal(), features)) assert.ok(error < 2e-10, `${error}`);
});

test('each threshold must be reached', () => {
  const signal = madeSignal();
  const onsets = (options: Partial<ThreeFeatureOptions>) => detect(prepared(options), signal).length;
  assert.equal(onsets({}), 3);
  assert.equal(onsets({ zScore: 100 }), 0);
  assert.equal(onsets({ correlation: 1 }), 0);
  assert.equal(onsets({ relativePower: 2 }), 0);
});

test('finds the same at other rates', () => {
  for (const rate of [100, 200, 500]) {
    const times = (at: number) => detect(prepared({}, at), burstySignal(at, 90, 3)).length;
    assert.ok(times(rate) > 3, `${times(rate)} at ${rate} Hz`);
    assert.ok(Math.abs(prepared({}, rate).delaySamples / rate - 0.237) < 0.005);
  }
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [100, 250]) {
    const signal = burstySignal(rate, 60, 11);
    assert.deepEqual(
      checkDetector(() => new ThreeFeatureDetector(), { rate, unit: 'uV' }, { signal, heapUsed }),
      [],
    );
  }
});

test('what cannot work is refused with option, value and fix', () => {
  const refused = (options: Partial<ThreeFeatureOptions>, message: RegExp) =>
    assert.throws(() => new ThreeFeatureDetector(options), message);
  refused({ zScore: NaN }, /^RangeError: zScore: NaN .* Use/);
  refused({ correlation: 2 }, /^RangeError: correlation: 2 .* Use/);
  refused({ relativePower: -1 }, /^RangeError: relativePower: -1 .* Use/);
  assert.throws(() => prepared({}, 50), /^RangeError: rate: 50 Hz .* Use/);
  assert.throws(() => new ThreeFeatureDetector().prepare({ rate: 250, unit: 'SD' }), /^RangeError: unit: .*"SD".* Use/);
});
