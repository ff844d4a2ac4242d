import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupDelayAt } from './group-delay.js';
import type { StagePlan } from './stage-plan.js';

const shape = { rate: 250, unit: 'uV' };
const butter = (order: number) => ({ order, family: 'butterworth', norm: 'phase' }) as const;

/** At 13.5 Hz and 250 Hz, the sum of SciPy 1.10's `group_delay` over the sections of each design. */
const expected: readonly (readonly [StagePlan, milliseconds: number])[] = [
  [{ use: 'bandpass', fromHz: 0.3, toHz: 35, ...butter(2) }, 7.297229889713201],
  [{ use: 'bandpass', fromHz: 11, toHz: 16, ...butter(2) }, 89.1819310758269],
  [{ use: 'lowpass', atHz: 30, ...butter(4) }, 14.908698930810608],
  [{ use: 'highpass', atHz: 0.5, ...butter(2) }, 0.6243049713773665],
  [{ use: 'lowpass', atHz: 20, order: 3, family: 'bessel', norm: 'phase' }, 18.818881469650965],
  [{ use: 'bandstop', fromHz: 45, toHz: 55, ...butter(2) }, 1.2711597332068276],
  [{ use: 'notch', atHz: 50, quality: 30 }, 0.14770269433673988],
  [{ use: 'fir', taps: [0.5, 0.3, -0.1, 0.05] }, 1.1734494589923266],
  [{ use: 'fir', count: 21, toHz: 30 }, 40],
  [{ use: 'decimate', factor: 2 }, 14.818759217887846],
];

test('group delays of filters are those that SciPy computes', () => {
  for (const [plan, milliseconds] of expected) {
    const { seconds } = groupDelayAt(plan, shape, 13.5);
    assert.ok(Math.abs(1000 * seconds - milliseconds) < 1e-6, `${JSON.stringify(plan)}: ${1000 * seconds} ms`);
  }
});

test('what has no coefficients at the rate of its input has the delay that it declares, and the rate goes on', () => {
  // The mean of 51 squares, 200 ms at 250 Hz, stands at the 26th.
  assert.equal(groupDelayAt({ use: 'rms', windowSeconds: 0.204 }, shape, 13.5).seconds, 25 / 250);
  const { shape: half } = groupDelayAt({ use: 'decimate', factor: 2 }, shape, 13.5);
  assert.equal(half.rate, 125);
  // SciPy at 125 Hz.
  const behind = groupDelayAt({ use: 'bandpass', fromHz: 11, toHz: 16, ...butter(2) }, half, 13.5);
  assert.ok(Math.abs(1000 * behind.seconds - 88.99768723083446) < 1e-6, String(behind.seconds));
});
