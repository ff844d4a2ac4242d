import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stage } from '../contracts.js';
import { createStage } from './stage-plan.js';
import { checkStageTiming } from './stage-timing.laws.js';

const shape = { rate: 250, unit: 'uV' };

/** A pure delay of 30 samples that declares `declared`. */
function delay(declared: number): Stage {
  let past = new Float64Array(30);
  return {
    delaySamples: declared,
    settleSamples: 30,
    prepare: (given) => given,
    process(input, length, output) {
      for (let n = 0; n < length; n++) {
        const value = input[n]!;
        output[n] = past[0]!;
        past.copyWithin(0, 1);
        past[29] = value;
      }
      return length;
    },
    reset() {
      past = new Float64Array(30);
    },
    coefficients: () => [],
  };
}

test('a delay that is declared as it is passes, another is named with both numbers', () => {
  const { measured, faults } = checkStageTiming(() => delay(30), shape);
  assert.ok(Math.abs(measured! - 30) < 0.2, String(measured));
  assert.deepEqual(faults, []);
  assert.match(
    checkStageTiming(() => delay(0), shape).faults.join(),
    /^delaySamples: 0\.0 is declared, but a burst of .* comes out (?:29\.9|30\.\d) samples late/,
  );
});

test('what needs hours to settle, or lets nothing through, is told', () => {
  const slow = checkStageTiming(() => Object.defineProperty(delay(30), 'settleSamples', { value: Infinity }), shape);
  assert.match(slow.faults.join(), /^settleSamples: Infinity are more than 600 s/);
  const silent = checkStageTiming(
    () => ({ ...delay(0), process: (_, length, output) => (output.fill(0, 0, length), length) }),
    shape,
  );
  assert.deepEqual([silent.measured, silent.faults], [null, []]);
});

test('the packaged stages declare their time', () => {
  const plans = [
    { use: 'bandpass', fromHz: 11, toHz: 16, order: 2, family: 'butterworth', norm: 'phase' },
    { use: 'lowpass', atHz: 35, order: 4, family: 'bessel', norm: 'phase' },
    { use: 'highpass', atHz: 0.5, order: 2, family: 'butterworth', norm: 'phase' },
    { use: 'notch', atHz: 50, quality: 30 },
    { use: 'fir', count: 101, toHz: 35 },
    { use: 'rms', windowSeconds: 0.2 },
    { use: 'resample', toHz: 100 },
    { use: 'decimate', factor: 2 },
    { use: 'portiloop', mainsHz: 50 },
  ] as const;
  for (const plan of plans) assert.deepEqual(checkStageTiming(() => createStage(plan), shape).faults, [], plan.use);
});
