import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdamW, clipNorm } from './adam-w.js';
import { oneCycle } from './one-cycle.js';

test('two steps of AdamW, worked out by hand', () => {
  // Step 1: m ÷ (1 − β₁) = g and √v̂ = |g|, so each moves by the rate against its sign; the first also decays by 0.1 · 0.5.
  const parameters = Float32Array.of(1, 1);
  const optimiser = new AdamW(2, 0.5, [{ start: 0, end: 1 }]);
  optimiser.step(parameters, Float32Array.of(2, -0.1), 0.1, 0.9);
  close(parameters, [0.85, 1.1]);
  // Step 2, gradient 0: m̂ = 0.9 · 0.1 g ÷ 0.19, v̂ = 0.999 · 0.001 g² ÷ 0.001999; their ratio is 0.473684 ÷ 0.706930 = 0.670058.
  optimiser.step(parameters, Float32Array.of(0, 0), 0.1, 0.9);
  close(parameters, [0.85 * 0.95 - 0.0670058, 1.1 + 0.0670058]);
});

test('a gradient that is too long is shortened, another stays', () => {
  const long = Float32Array.of(3, 4);
  assert.equal(clipNorm(long, 1), 5);
  close(long, [0.6, 0.8]);
  const short = Float32Array.of(0.3, 0.4);
  clipNorm(short, 1);
  close(short, [0.3, 0.4]);
});

test('one cycle: a 25th, the peak at 15 %, nearly 0; the momentum goes the other way', () => {
  const at = (part: number): number[] => Object.values(oneCycle(1, part));
  close(at(0), [0.04, 0.95]);
  close(at(0.075), [0.52, 0.9]);
  close(at(0.15), [1, 0.85]);
  close(at(0.575), [0.500002, 0.9]);
  close(at(1), [4e-6, 0.95]);
});

function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  expected.forEach((value, i) => assert.ok(Math.abs((actual[i] ?? NaN) - value) < 1e-6, `${actual[i]}, not ${value}`));
}
