import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../test/shared-data.js';
import { a7Features, a7Spindles, type A7Features } from './a7.js';

const names = ['power', 'relativePower', 'covariance', 'correlation'] as const;

/** Forty seconds at 100 Hz of slow waves and noise with spindles at 6, 12.5, 19 and 33 s and alpha rhythm at 25 s. */
function madeSignal(): Float64Array {
  let state = 12345;
  const bursts = [
    [6, 13.2, 25],
    [12.5, 12.4, 18],
    [19, 14.1, 30],
    [25, 10, 25],
    [33, 13, 22],
  ] as const;
  return Float64Array.from({ length: 4000 }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const t = n / 100;
    let x = 20 * Math.sin(2 * Math.PI * 0.8 * t) + 8 * Math.sin(2 * Math.PI * 3.1 * t + 0.4);
    x += 20 * (state / 2 ** 32 - 0.5);
    for (const [on, hertz, amplitude] of bursts)
      if (t >= on && t < on + 1)
        x += amplitude * Math.sin(Math.PI * (t - on)) * Math.sin(2 * Math.PI * hertz * (t - on));
    return x;
  });
}

function mostError(features: A7Features, name: (typeof names)[number], rows: readonly (readonly number[])[]): number {
  const column = 1 + names.indexOf(name);
  return Math.max(...rows.map((row) => Math.abs(features[name][row[0]!]! - row[column]!)));
}

test('features and spindles are those of the formulas', () => {
  const features = a7Features(madeSignal());
  // Sample and its four features, computed with NumPy and SciPy 1.17 (butter, lfilter, rfft) from the formulas.
  const golden = [
    [0, 0.559343229, 0.928173654, -2.66926354, 0.00699798511],
    [5, 0.559343229, 0.928173654, -2.66926354, 0.00699798511],
    [333, 0.284716675, 0.419368621, -0.840677439, 0.187059305],
    [625, 2.20838827, 2.45844322, 6.76945336, 0.772545484],
    [1300, 2.13583247, 2.4610492, 6.63863929, 0.740847744],
    [1944, 2.60847033, 2.66671899, 8.36177091, 0.898777907],
    [2550, 0.668369827, 1.38753242, 2.62734523, 0.396415942],
    [3342, 2.26734734, 2.69011417, 7.06765562, 0.807455154],
    [3961, 0.383865592, 0.637197616, -0.0225100111, 0.262542835],
    [3975, 0.437672103, 0.849790597, 0.604582899, 0.381802012],
  ];
  for (const name of names) {
    const error = mostError(features, name, golden);
    assert.ok(error < 1e-8, `${name}: ${error}`);
  }
  assert.deepEqual(a7Spindles(features), [
    { onset: 600, end: 700 },
    { onset: 1250, end: 1350 },
    { onset: 1900, end: 2010 },
    { onset: 3300, end: 3400 },
  ]);
});

test('a spindle lasts 0.3 to 2.5 s, has a core, and is as long as power and covariance stay above', () => {
  const features = (spans: readonly (readonly [first: number, end: number, hasCore: boolean])[]): A7Features => {
    const above = (level: number, needsCore = false) =>
      Float64Array.from({ length: 1500 }, (_, n) =>
        spans.some(([first, end, hasCore]) => n >= first && n < end && (!needsCore || (hasCore && n === first + 9)))
          ? level
          : 0,
      );
    return { power: above(2), covariance: above(2), relativePower: above(2, true), correlation: above(0.9, true) };
  };
  const spans = [
    [10, 39, true],
    [50, 80, true],
    [100, 200, false],
    [300, 550, true],
    [600, 851, true],
    [1400, 1500, true],
  ] as const;
  assert.deepEqual(
    a7Spindles(features(spans)).map(({ onset, end }) => [onset, end]),
    [
      [50, 80],
      [300, 550],
      [1400, 1500],
    ],
  );
});

test('less than half a minute is refused', () => {
  assert.throws(() => a7Features(new Float64Array(2990)), /^RangeError: signal: 2990 samples at 100 Hz/);
});

test('equals the example that comes with the published detector', (t) => {
  const folder = sharedData('eeg', 'a7_example');
  if (folder === undefined) {
    t.skip('the example is not here');
    return;
  }
  const lines = (text: string): string[] => text.trim().split('\n');
  const signal = Float64Array.from(lines(readFileSync(`${folder}/eeg_100Hz.txt`, 'utf8')), Number);
  const rows = lines(gunzipSync(readFileSync(`${folder}/features_100Hz.csv.gz`)).toString())
    .slice(1)
    .map((line, n) => [n, ...line.split(',').map(Number)]);
  const features = a7Features(signal);
  assert.equal(rows.length, signal.length);
  // They are printed with seven digits.
  for (const name of names) {
    const error = mostError(features, name, rows);
    assert.ok(error < 6e-7, `${name}: ${error}`);
  }
  const events = lines(readFileSync(`${folder}/EventDetection_example.txt`, 'utf8'))
    .slice(1)
    .map((line) => line.split('\t').slice(0, 2).map(Number));
  assert.equal(events.length, 9);
  assert.deepEqual(
    a7Spindles(features).map(({ onset, end }) => [onset + 1, end]),
    events,
  );
});
