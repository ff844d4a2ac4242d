import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOptimiserState, descend } from './optimiser.js';
import { planNetwork } from './plan.js';
import { applyMask, maskSmallest } from './prune.js';
import { cosine, sparsityAt } from './schedule.js';

const plan = planNetwork(
  { layers: [{ layer: 'dense', units: 2 }], batchNorm: false },
  { height: 1, width: 1, channels: 4 },
  2,
);

/** Distance of each value from what is expected, at most. */
function near(values: Iterable<number>, expected: readonly number[], distance = 1e-6): void {
  [...values].forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < distance, `${i}: ${value}`));
}

test('Adam takes the steps that the formulas of Kingma and Ba give', () => {
  const parameters = new Float32Array(plan.parameters);
  const state = createOptimiserState(parameters.length);
  const gradients = [1, -2, 0.5, 0, 0, 0, 0, 0, 0, 0];
  const step = (factor: number): void => {
    const slices = [0.25, 0.75].map((share) => Float32Array.from(gradients, (g) => g * factor * share));
    descend(plan, { use: 'adam', weightDecay: 0 }, 0.1, parameters, slices, state);
  };
  // First step: rate × sign. Second, with −½ of the gradient: m̂ = (0.09 − 0.05)/0.19 g, v̂ = (0.000999 + 0.00025)/0.001999 g².
  step(1);
  near(parameters, [-0.1, 0.1, -0.1, 0, 0, 0, 0, 0, 0, 0]);
  step(-0.5);
  const second = (0.1 * (0.04 / 0.19)) / Math.sqrt(0.001249 / 0.001999);
  near(parameters, [-0.1 - second, 0.1 + second, -0.1 - second, 0, 0, 0, 0, 0, 0, 0]);
});

test('SGD keeps its momentum, and decay takes from the weights alone', () => {
  const parameters = new Float32Array(plan.parameters).fill(1);
  const state = createOptimiserState(parameters.length);
  const gradient = new Float32Array(parameters.length).fill(1);
  const optimiser = { use: 'sgd', momentum: 0.5, weightDecay: 0.2 } as const;
  descend(plan, optimiser, 0.1, parameters, [gradient], state);
  descend(plan, optimiser, 0.1, parameters, [gradient], state);
  const weight = (1 * 0.98 - 0.1) * 0.98 - 0.15;
  near(parameters, [...new Array<number>(8).fill(weight), 0.75, 0.75]);
});

test('the rate falls along half a cosine, the sparsity rises along a cubic', () => {
  near(
    [0, 1 / 3, 0.5, 1].map((part) => cosine(0.4, part)),
    [0.4, 0.3, 0.2, 0],
    1e-12,
  );
  const prune = { sparsity: 0.8, from: 2, to: 5 };
  near(
    [0, 1, 2, 3, 5, 9].map((epoch) => sparsityAt(prune, epoch)),
    [0, 0, 0.4625, 0.7, 0.8, 0.8],
    1e-12,
  );
  assert.equal(sparsityAt({ sparsity: 0.5, from: 3, to: 3 }, 3), 0.5);
});

test('the smallest weights go, of equals the earlier, and nothing but weights', () => {
  const parameters = Float32Array.from([3, -1, 2, 1, -4, 0.5, 1, 5, 0.1, 0.2]);
  const mask = maskSmallest(plan, parameters, 0.4);
  applyMask(parameters, mask);
  near(parameters, [3, 0, 2, 0, -4, 0, 1, 5, 0.1, 0.2], 1e-7);
});
