import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../random.js';
import { bursts, smallNetwork } from './bursts.test.fixture.js';
import { initialiseSequence } from './initialise.js';
import { binaryCrossEntropy } from './loss.js';
import { SequencePass } from './pass.js';
import { planSequence } from './plan.js';

const window = 30;
const batch = 3;
const penalty = 0.7;

test('along random directions within each part of the parameters the loss changes as the gradient says', () => {
  const plan = planSequence(smallNetwork);
  const sequence = bursts(400, 1);
  const { parameters } = initialiseSequence(plan, [sequence], -1, 3);
  const random = Random.of(9);
  for (let i = 0; i < plan.parameters; i++) parameters[i] = (parameters[i] as number) + 0.3 * (random.uniform() - 0.5);
  const pass = new SequencePass(plan, parameters, window, batch, true);
  const features = pass.features.values();
  for (let i = 0; i < features.length; i++) features[i] = (sequence.codes[i] as number) / 16;
  const targets = sequence.targets.subarray(0, window * batch).map((target) => 0.9 * target);
  const weights = targets.map((_, i) => (i % 7 === 0 ? 0 : 0.5));
  const loss = (): number => {
    pass.forward({ dropout: { rate: 0.2, seed: 4 } });
    return (
      binaryCrossEntropy(pass.logits.values(), targets, weights, 2, pass.logitGradient.values()) + penalty * pass.firing
    );
  };
  loss();
  pass.backward(penalty);
  const gradient = pass.gradients.values.slice();

  const { channels } = smallNetwork;
  const parts: [string, number, number][] = [['encoder', plan.encoder, plan.lines]];
  for (const { name, weight, taps, inputs, outputs, gain, shift } of [plan.input, ...plan.blocks])
    parts.push(
      [`${name} weights`, weight, taps * inputs * outputs],
      [`${name} gain`, gain, outputs],
      [`${name} shift`, shift, outputs],
    );
  for (const { name, threshold } of plan.blocks) parts.push([`${name} threshold`, threshold, channels]);
  parts.push(['head weights', plan.head.weight, channels], ['head bias', plan.head.bias, 1]);
  for (const [name, start, length] of parts)
    for (let trial = 0; trial < 3; trial++) {
      const direction = Float64Array.from({ length }, () => random.uniform() - 0.5);
      const kept = parameters.slice(start, start + length);
      const step = 2e-3 / Math.sqrt(length);
      const move = (by: number): number => {
        for (let i = 0; i < length; i++) parameters[start + i] = (kept[i] as number) + by * (direction[i] as number);
        return loss();
      };
      const measured = (move(step) - move(-step)) / (2 * step);
      parameters.set(kept, start);
      const told = direction.reduce((sum, d, i) => sum + d * (gradient[start + i] as number), 0);
      assert.ok(
        Math.abs(measured - told) < 0.02 * Math.abs(told) + 2e-4,
        `${name}: the loss changes by ${measured}, the gradient says ${told}`,
      );
    }
});

test('cross-entropy and its gradient at a few logits', () => {
  // Against −y·log(p) − (1 − y)·log(1 − p), p = 1 ÷ (1 + e^−x), worked out with numpy.
  const gradient = new Float32Array(3);
  const loss = binaryCrossEntropy(
    Float32Array.of(0.5, -2, 3),
    Float32Array.of(1, 0.25, 0),
    Float32Array.of(1, 0.5, 0),
    2,
    gradient,
  );
  assert.ok(Math.abs(loss - 0.8933227) < 1e-6, String(loss));
  const expected = [-0.5033876, -0.0544991, 0];
  expected.forEach((value, i) => assert.ok(Math.abs((gradient[i] ?? NaN) - value) < 1e-6, `${gradient[i]}`));
});
