import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { DetectionPhase, type Detection, type Estimate } from '../../contracts.js';
import { createDetectionList } from '../detection-list.js';
import { checkDetector } from '../detector.laws.js';
import { SlowOscillation, type SlowOscillationOptions } from './slow-oscillation.js';

function detect(x: Float64Array, rate: number, options: Partial<SlowOscillationOptions> = {}): Detection[] {
  const detector = new SlowOscillation(options);
  detector.prepare({ rate, unit: 'uV' });
  const found = createDetectionList(1000);
  detector.process(x, x.length, 0, found);
  return found.items.slice(0, found.length);
}

/** Single waves every 4 s, the first at 5 s: down to −depth and up to `peak`, a second each way round. */
function waves(rate: number, depth: number, peak: number): Float64Array {
  return Float64Array.from({ length: 60 * rate }, (_, n) => {
    const since = (n / rate - 5) % 4;
    if (n < 5 * rate || since > 1) return 0;
    const y = -Math.sin(2 * Math.PI * since);
    return (y < 0 ? depth : peak) * y;
  });
}

test('a wave is confirmed on the way up, with its zero crossings and its depth', () => {
  for (const rate of [100, 250, 1000]) {
    const found = detect(waves(rate, 90, 90), rate);
    const confirmed = found.filter(({ phase }) => phase === DetectionPhase.confirmed);
    assert.equal(confirmed.length, 14);
    for (const { onset, confirmed: at, score } of confirmed) {
      const since = (onset / rate - 5) % 4;
      assert.ok(Math.min(since, 4 - since) < 0.12, `onset ${onset / rate}`);
      assert.ok(at - onset > 0.45 * rate && at - onset < 0.95 * rate, `${(at - onset) / rate} s after its onset`);
      assert.ok(Math.abs(score - 90) < 30, `${score}`);
    }
    const ended = found.filter(({ phase }) => phase === DetectionPhase.ended);
    assert.ok(ended.length >= 13);
    for (const { onset, end } of ended) assert.ok(Math.abs((end - onset) / rate - 1) < 0.25, `${end - onset}`);
  }
});

test('a shallow trough, a small peak after it, and a step are none', () => {
  assert.equal(detect(waves(250, 30, 90), 250).length, 0);
  assert.equal(detect(waves(250, 50, 10), 250, { peakToPeak: 90 }).length, 0);
  const ramp = Float64Array.from({ length: 60 * 250 }, (_, n) => n / 100);
  assert.equal(detect(ramp, 250).length, 0);
});

test('its estimates say where the oscillation is at the newest sample, whatever the block sizes', () => {
  const rate = 250;
  const x = Float64Array.from({ length: 20 * rate }, (_, n) => 60 * Math.cos((2 * Math.PI * n) / rate));
  for (const length of [1, 7, 250]) {
    const detector = new SlowOscillation();
    detector.prepare({ rate, unit: 'uV' });
    const [phase, amplitude] = detector.estimates as [Estimate, Estimate];
    assert.ok(Number.isNaN(phase.value));
    const found = createDetectionList(1000);
    for (let first = 0; first < x.length; first += length) {
      const block = x.slice(first, first + length);
      detector.process(block, block.length, first, found);
      const newest = first + block.length - 1;
      if (newest < 10 * rate) continue;
      const turn = (phase.value - (360 * newest) / rate) / 360;
      assert.ok(Math.abs(360 * (turn - Math.round(turn))) < 6, `${phase.value} at ${newest}`);
      assert.ok(Math.abs(amplitude.value - 60) < 6 && phase.state === 'clear');
    }
    detector.reset();
    assert.ok(Number.isNaN(phase.value));
  }
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [100, 250]) {
    const create = (): SlowOscillation => new SlowOscillation({ trough: 20, peakToPeak: 30 });
    assert.deepEqual(checkDetector(create, { rate, unit: 'uV' }, { heapUsed }), []);
  }
});

test('what cannot work is refused with option, value and fix', () => {
  assert.throws(() => new SlowOscillation({ trough: 0 }), /^RangeError: trough: 0 uV .* Use/);
  assert.throws(() => new SlowOscillation({ trough: 50, peakToPeak: 40 }), /^RangeError: peakToPeak: 40 uV .* Use/);
});
