import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { checkDetector } from '../detector.laws.js';
import { detect } from '../plain-rule.test.fixture.js';
import { A7Detector } from './a7.js';
import type { A7Thresholds } from './thresholds.js';

function prepared(rate: number, thresholds: Partial<A7Thresholds> = {}): A7Detector {
  const detector = new A7Detector(thresholds);
  detector.prepare({ rate, unit: 'uV' });
  return detector;
}

/** Ninety seconds of a slow wave and noise, with spindles of several sizes every 3.7 s and one of 3.5 s at 40 s. */
function madeSignal(rate: number): Float64Array {
  let state = 7;
  const x = Float64Array.from({ length: 90 * rate }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const slow = 20 * Math.sin((2 * Math.PI * 0.8 * n) / rate);
    const long = n >= 40 * rate && n < 43.5 * rate ? 30 * Math.sin((2 * Math.PI * 13 * n) / rate) : 0;
    return slow + 25 * (state / 2 ** 32) * Math.sqrt(rate / 100) + long;
  });
  for (let k = 0; k < 23; k++) {
    const onset = 3 + 3.7 * k;
    const hertz = 12 + 0.5 * ((k * 7) % 5);
    const duration = 0.5 + 0.4 * ((k * 5) % 4);
    for (let n = Math.ceil(onset * rate - 1e-6); n < (onset + duration) * rate - 1e-6; n++) {
      const t = n / rate - onset;
      x[n]! += (10 + 3 * ((k * 11) % 7)) * Math.sin((Math.PI * t) / duration) * Math.sin(2 * Math.PI * hertz * t);
    }
  }
  return x;
}

/** Onset, end and confirmation at 100 Hz, computed with NumPy and SciPy 1.17 from the description of the detector. */
const golden = [
  [2990, 3040, 2999],
  [3290, 3340, 3309],
  [3680, 3730, 3689],
  [4010, 4260, 4039],
  [7380, 7520, 7389],
  [8480, 8590, 8509],
];

test('equals a second implementation, in the half minute too after which it begins, and at the longest spindle', () => {
  assert.deepEqual(detect(prepared(100), madeSignal(100)), golden);
});

test('finds the same at other rates', () => {
  for (const rate of [128, 200, 250, 1000]) {
    const detector = prepared(rate);
    const found = detect(detector, madeSignal(rate)).map(([onset]) => (onset - detector.delaySamples) / rate);
    for (const onset of [40, 73.3]) {
      assert.ok(
        found.some((at) => Math.abs(at - onset) < 0.45),
        `${onset} s at ${rate} Hz: ${found.join(', ')}`,
      );
    }
    assert.equal(detector.settleSamples, 30 * rate);
  }
});

test('each threshold must be exceeded', () => {
  const signal = madeSignal(100);
  for (const [name, tooMuch] of [
    ['power', 4],
    ['relativePower', 50],
    ['covariance', 50],
    ['correlation', 1],
  ] as const)
    assert.deepEqual(detect(prepared(100, { [name]: tooMuch }), signal), [], name);
});

test('a flat stretch is no spindle, and leaves nothing behind in the half minute that follows', () => {
  const signal = madeSignal(100);
  const flat = signal.slice();
  flat.fill(0, 1000, 2000);
  const behind = (x: Float64Array): number => detect(prepared(100), x).filter(([onset]) => onset > 6000).length;
  assert.ok(detect(prepared(100), flat).length > 0);
  assert.equal(behind(flat), behind(signal));
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [100, 250]) {
    const options = { signal: madeSignal(rate), heapUsed };
    assert.deepEqual(
      checkDetector(() => new A7Detector(), { rate, unit: 'uV' }, options),
      [],
    );
  }
});

test('what cannot work is refused with option, value and fix', () => {
  assert.throws(() => new A7Detector({ power: NaN }), /^RangeError: power: NaN is no threshold\. Use about 1\.25/);
  assert.throws(() => prepared(20), /^RangeError: rate: 20 Hz/);
  assert.throws(() => new A7Detector().prepare({ rate: 100, unit: 'g' }), /^RangeError: unit: .*"g".* Use/);
});
