import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialise } from './initialise.js';
import { crossEntropy } from './loss.js';
import { Pass, type PassOptions } from './pass.js';
import { planNetwork, type Plan } from './plan.js';
import { quantise } from './quantise.js';
import { Random } from './random.js';
import { recipeSchema, type Recipe } from './recipe.js';
import { box, triangle, type Surrogate } from './surrogate.js';
import { elementsOf, type Volume } from './volume.js';

/** A smooth function in the place of the step, whose slope is what training takes for the step's. */
const smoothTriangle: Surrogate = {
  fire: (m) => (m < -1 ? 0 : m < 0 ? 0.15 * (1 + m) ** 2 : m < 1 ? 0.3 - 0.15 * (1 - m) ** 2 : 0.3),
  slope: (m) => triangle.slope(m),
};
const smoothBox: Surrogate = {
  fire: (z) => Math.min(1, Math.max(0, z / 2)),
  slope: (z) => box.slope(z),
};

const images = 6;
const classes = 3;

class Problem {
  readonly plan: Plan;
  readonly parameters: Float32Array;
  readonly pass: Pass;
  readonly #labels = Uint8Array.from({ length: images }, (_, i) => i % classes);

  constructor(layers: unknown, batchNorm: boolean, input: Volume, options: Omit<PassOptions, 'images'>) {
    const recipe = { layers: recipeSchema.shape.layers.parse(layers), batchNorm } satisfies Partial<Recipe>;
    this.plan = planNetwork(recipe, input, classes);
    this.parameters = new Float32Array(this.plan.parameters);
    const running = new Float32Array(this.plan.running);
    initialise(this.plan, 5, this.parameters, running);
    const random = Random.of(11);
    for (const { at, batchNorm: norm, sums, last } of this.plan.blocks) {
      if (!last) this.parameters[at.threshold] = 0.4 + random.uniform() / 2;
      if (!last) this.parameters[at.leak] = 0.8;
      for (let c = 0; norm && c < sums.channels; c++) {
        this.parameters[at.gain + c] = 1.5 * random.uniform() - 0.5;
        this.parameters[at.shift + c] = random.uniform();
      }
    }
    this.pass = new Pass(this.plan, this.parameters, running, { ...options, images });
    this.pass.input.values.values.set(
      Float32Array.from({ length: images * elementsOf(input) }, () => random.below(256)),
    );
  }

  loss(): number {
    const tally = { loss: 0, correct: 0 };
    this.pass.load();
    this.pass.forward(images, 'train');
    crossEntropy(this.pass.logits, this.#labels, images, images, tally);
    return tally.loss / images + this.pass.penalty;
  }

  gradient(): Float32Array {
    this.loss();
    this.pass.backward(images);
    return this.pass.gradients.values.slice();
  }

  /** Parts of the parameters by name. */
  parts(): [string, number, number][] {
    return this.plan.blocks.flatMap(({ name, at, depth, sums: { channels }, batchNorm, last }) => {
      const parts: [string, number, number][] = [[`${name} weights`, at.weight, depth * channels]];
      if (last) parts.push([`${name} bias`, at.bias, channels]);
      else parts.push([`${name} V`, at.threshold, 1], [`${name} leak`, at.leak, 1]);
      if (batchNorm) parts.push([`${name} gain`, at.gain, channels], [`${name} shift`, at.shift, channels]);
      return parts;
    });
  }
}

/** Along random directions within each part of the parameters, the loss changes as the gradient says. */
function checkGradient(problem: Problem, without: RegExp): void {
  const gradient = problem.gradient();
  const random = Random.of(3);
  for (const [name, at, length] of problem.parts()) {
    if (without.test(name)) continue;
    const direction = Float64Array.from({ length }, () => 2 * random.uniform() - 1);
    const size = Math.sqrt(direction.reduce((sum, d) => sum + d * d, 0));
    const start = problem.parameters.slice(at, at + length);
    const lossAt = (distance: number): number => {
      for (let i = 0; i < length; i++) problem.parameters[at + i] = start[i]! + (distance * direction[i]!) / size;
      return problem.loss();
    };
    const step = 2e-3;
    const measured = (lossAt(step) - lossAt(-step)) / (2 * step);
    problem.parameters.set(start, at);
    const claimed = direction.reduce((sum, d, i) => sum + (d / size) * gradient[at + i]!, 0);
    assert.ok(
      Math.abs(measured - claimed) < 3e-4 + 0.02 * Math.abs(measured),
      `${name}: the loss changes by ${measured}, the gradient says ${claimed}`,
    );
  }
}

const image: Volume = { height: 9, width: 8, channels: 2 };
const convolutions = [
  { layer: 'conv2d', channels: 5, kernel: 3, padding: 1, maxpool: 2 },
  { layer: 'conv2d', channels: 9, kernel: 2, stride: 1, avgpool: 2 },
  { layer: 'dense', units: 7 },
  { layer: 'dense', units: classes },
];
const sequence: Volume = { height: 1, width: 20, channels: 3 };
const alongTime = [
  { layer: 'conv1d', channels: 6, kernel: 5, stride: 2, padding: 2, avgpool: 2 },
  { layer: 'conv1d', channels: 4, kernel: 3 },
  { layer: 'dense', units: classes },
];
const plain = { steps: 1, quantised: false, regulariser: 0 };

test('gradients of a network of ReLUs are the finite differences', () => {
  checkGradient(new Problem(convolutions, true, image, { ...plain, activation: 'relu' }), /V|leak/);
  checkGradient(new Problem(alongTime, false, sequence, { ...plain, activation: 'relu' }), /V|leak/);
});

test('gradients through Hoyer spikes and their regulariser are the finite differences of a smooth spike', () => {
  const options = { ...plain, activation: 'hoyer', regulariser: 1e-2, surrogate: smoothBox } as const;
  checkGradient(new Problem(convolutions, true, image, options), /leak/);
  checkGradient(new Problem(alongTime, false, sequence, options), /leak/);
});

test('gradients through three steps with leak and reset are the finite differences of a smooth spike', () => {
  const options = { ...plain, activation: 'threshold', steps: 3, surrogate: smoothTriangle } as const;
  checkGradient(new Problem(convolutions, true, image, options), /^$/);
  checkGradient(new Problem(alongTime, false, sequence, options), /^$/);
});

test('quantised weights get the gradient that the rounded weights would get', () => {
  const options = { ...plain, activation: 'threshold' } as const;
  const quantised = new Problem(convolutions, true, image, { ...options, quantised: true });
  const rounded = new Problem(convolutions, true, image, options);
  for (const { at, depth, sums } of rounded.plan.blocks) {
    const weights = rounded.parameters.subarray(at.weight, at.weight + depth * sums.channels);
    const codes = new Float32Array(weights.length);
    const scales = new Float32Array(sums.channels);
    quantise(weights, sums.channels, codes, scales);
    weights.set(codes.map((code, i) => code * scales[i % sums.channels]!));
  }
  const expected = rounded.gradient();
  const scale = Math.max(...expected.map(Math.abs));
  quantised.gradient().forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < 1e-4 * scale, `parameter ${i}: ${value} for ${expected[i]}`);
  });
});

test('the surrogates are the published ones', () => {
  assert.deepEqual([-1.5, -0.5, 0, 0.5, 1].map(triangle.slope), [0, 0.15, 0.3, 0.15, 0]);
  assert.deepEqual(
    [0, 1e-9].map((m) => triangle.fire(m, 0)),
    [0, 1],
  );
  assert.deepEqual([-0.1, 0, 0.1, 1.9, 2].map(box.slope), [0, 0, 0.5, 0.5, 0]);
  assert.deepEqual(
    [0.7, 0.69].map((z) => box.fire(z, 0.7)),
    [1, 0],
  );
});
