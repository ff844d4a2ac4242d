import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '../format/graph.js';
import { ReadoutLearner, readoutDefaults } from './readout-learner.js';

/** Two sums to a logit. */
function network(weights: readonly [number, number], scale: number, bias: number): Network {
  const kind = { domain: 'codes', type: 'i8', scale: 1, zeroPoint: 0 } as const;
  return {
    graph: {
      version: 1,
      name: 'head',
      inputs: [{ name: 'x', shape: [2], kind }],
      nodes: [
        { op: 'dense', name: 'head', from: ['x'], weight: 'w' },
        { op: 'readout', name: 'logit', from: ['head'], scale: 's', bias: 'b' },
      ],
      outputs: [{ name: 'logit', node: 'logit' }],
      assumptions: [],
      provenance: {},
    },
    tensors: new Map([
      ['w', { type: 'I8' as const, shape: [1, 2], values: Int8Array.from(weights) }],
      ['s', { type: 'F32' as const, shape: [1], values: Float32Array.of(scale) }],
      ['b', { type: 'F32' as const, shape: [1], values: Float32Array.of(bias) }],
    ]),
  };
}

const logit = ({ tensors }: Network, x: readonly [number, number]): number => {
  const [w, s, b] = ['w', 's', 'b'].map((name) => tensors.get(name)!.values);
  return (w![0]! * x[0] + w![1]! * x[1]) * s![0]! + b![0]!;
};

/** x is a step from −10 to 10; the second input is noise. */
function draw(n: number): { x: Int32Array; label: number } {
  const noise = ((n * 7919) % 21) - 10;
  const label = (n * 31) % 5 === 0 ? 1 : 0;
  return { x: Int32Array.of(label === 1 ? 8 : -2, noise), label };
}

test('what tells the classes apart gains weight, what does not loses it, within the bounds', () => {
  const given = network([20, 100], 0.01, -1);
  const learner = new ReadoutLearner(given, { ...readoutDefaults, layer: 'head', learningRate: 0.2, mostChange: 10 });
  for (let n = 0; n < 20_000; n++) {
    const { x, label } = draw(n);
    learner.observe(x, label);
    if (n % 20 === 19) learner.apply();
  }
  const learned = learner.propose();
  assert.ok(logit(learned, [8, 0]) > 1, `${logit(learned, [8, 0])}`);
  assert.ok(logit(learned, [-2, 0]) < -1);
  const swing = (of: Network): number => Math.abs(logit(of, [0, 10]) - logit(of, [0, -10]));
  assert.ok(swing(learned) < swing(given) / 4);
  assert.equal(Math.max(...[...learned.tensors.get('w')!.values].map(Math.abs)), 127);
  learner.restoreFactory();
  assert.ok(Math.abs(logit(learner.propose(), [8, 3]) - logit(given, [8, 3])) < 0.05);
  const bounded = new ReadoutLearner(given, {
    ...readoutDefaults,
    layer: 'head',
    learningRate: 5,
    mostChange: 0.1,
    mostBias: 0.5,
  });
  for (let n = 0; n < 20_000; n++) {
    const { x, label } = draw(n);
    bounded.observe(x, label);
    if (n % 20 === 19) bounded.apply();
  }
  const near = bounded.propose();
  // No weight more than 10 steps of 100 from home, the bias no more than a half.
  assert.ok(logit(near, [8, 0]) <= (20 + 10) * 8 * 0.01 - 1 + 0.5 + 0.02);
});

test('the first step is the error times what came in, worked out by hand', () => {
  const given = network([20, 100], 0.01, -1);
  const learner = new ReadoutLearner(given, { ...readoutDefaults, layer: 'head', learningRate: 0.1, mostChange: 10 });
  // Without labels only means and spreads are learned: of 2 and 4 in turn 3 and nearly 1.
  for (let n = 0; n < 10_000; n++) learner.observe(Int32Array.of(n % 2 === 0 ? 2 : 4, 0));
  learner.apply();
  assert.ok(Math.abs(logit(learner.propose(), [4, 0]) - logit(given, [4, 0])) < 0.02);
  learner.observe(Int32Array.of(4, 0), 1);
  learner.apply();
  // u = 20·4·0.01 − 1 = −0.2; m = 2·(0.450166 − 1) = −1.099668; w·scale·s and the bias each grow by 0.1·1.099668.
  const after = learner.propose();
  const grown = (x: readonly [number, number]) => logit(after, x) - logit(given, x);
  assert.ok(Math.abs(grown([4, 0]) - 0.1 * 1.099668 * 2) < 0.02, `${grown([4, 0])}`);
  assert.ok(Math.abs(grown([3, 0]) - 0.1 * 1.099668) < 0.02, `${grown([3, 0])}`);
});

test('labels are 0, 1 or none; a layer of several units is refused', () => {
  const learner = new ReadoutLearner(network([1, 2], 1, 0), { ...readoutDefaults, layer: 'head' });
  assert.throws(() => learner.observe(Int32Array.of(1, 1), 2), /^RangeError: label: 2 is neither 0 nor 1/);
  const two = network([1, 2], 1, 0);
  const wide = new Map(two.tensors).set('w', { type: 'I8', shape: [2, 1], values: Int8Array.of(1, 2) });
  assert.throws(
    () => new ReadoutLearner({ ...two, tensors: wide }, { ...readoutDefaults, layer: 'head' }),
    /head: learning by its error needs one unit/,
  );
});
