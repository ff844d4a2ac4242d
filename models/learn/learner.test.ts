import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network, Tensor } from '../format/graph.js';
import { keepBetter } from './learner.js';
import { Stdp, stdpDefaults } from './stdp.js';
import { Tess, tessDefaults } from './tess.js';

/** 6 inputs → 4 spiking units (or more) → 3 classes. */
function network(units = 4): Network {
  let state = 7;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * 61) - 30;
  };
  const tensors = new Map<string, Tensor>([
    ['w1', { type: 'I8', shape: [units, 6], values: Int8Array.from({ length: 6 * units }, draw) }],
    [
      't1',
      {
        type: 'I32',
        shape: [1, units],
        values: Int32Array.from({ length: units }, (_, i) => [20, 10, 30, 20][i % 4]!),
      },
    ],
    ['m1', { type: 'U8', shape: [units], values: new Uint8Array(units) }],
    ['w2', { type: 'I8', shape: [3, units], values: Int8Array.from({ length: 3 * units }, draw) }],
    ['s2', { type: 'F32', shape: [1], values: Float32Array.of(0.05) }],
  ]);
  return {
    graph: {
      version: 1,
      name: 'small',
      inputs: [{ name: 'x', shape: [6], kind: { domain: 'spikes', levels: 1 } }],
      nodes: [
        { op: 'dense', name: 'd1', from: ['x'], weight: 'w1' },
        { op: 'threshold', name: 'f1', from: ['d1'], threshold: 't1', mode: 'm1' },
        { op: 'dense', name: 'd2', from: ['f1'], weight: 'w2' },
        { op: 'readout', name: 'y', from: ['d2'], scale: 's2' },
      ],
      outputs: [{ name: 'logits', node: 'y' }],
      assumptions: [],
      provenance: {},
    },
    tensors,
  };
}

const values = (given: Network, name: string): number[] => [...given.tensors.get(name)!.values];

/** Spike trains of 6 inputs, 12 ticks. */
const trains = Array.from({ length: 12 }, (_, t) =>
  Uint8Array.from({ length: 6 }, (_, j) => ((t * 5 + j * 3) % 7) % 2),
);

test('one step of Tess follows its formula summed over the whole past', () => {
  const options = { ...tessDefaults, layers: ['d1', 'd2'], classes: 3, leak: 0.5, learningRate: 1, mostChange: 1000 };
  const given = network();
  const learner = new Tess(given, options);
  learner.startSequence();
  trains.forEach((spikes, t) => learner.observe(spikes, t % 3));
  learner.apply();
  // The first step of Adam has the size of its rate and the sign of −gradient: compare signs with those made here.
  const moved = values(learner.propose(), 'w1');
  const w = values(given, 'w1');
  const theta = values(given, 't1');
  const unit = 20;
  const sum = Array.from({ length: 24 }, () => 0);
  const v = [0, 0, 0, 0];
  const psiPast: number[][] = [];
  trains.forEach((x, t) => {
    const psi = theta.map((T, i) => {
      v[i] = 0.5 * v[i]! + [...x].reduce((s, each, j) => s + each * w[i * 6 + j]!, 0);
      return 0.3 * Math.max(0, 1 - Math.abs(v[i]! - T) / unit);
    });
    const y = theta.map((T, i): number => (v[i]! >= T ? 1 : 0));
    const feedback = (c: number, k: number): number => Math.sign(Math.sin((50 + c * 231) * (k + 1))) / 4;
    const logits = [0, 1, 2].map((c) => y.reduce((s, each, k) => s + feedback(c, k) * each, 0));
    const whole = logits.reduce((s, each) => s + Math.exp(each), 0);
    const m = y.map((_, k) =>
      logits.reduce((s, each, c) => s + feedback(c, k) * (Math.exp(each) / whole - (c === t % 3 ? 1 : 0)), 0),
    );
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 6; j++) {
        const q = psiPast.reduce((s, past, then) => s + 0.2 ** (t - 1 - then) * past[i]!, 0);
        const p = trains.slice(0, t + 1).reduce((s, past, then) => s + 0.5 ** (t - then) * past[j]!, 0);
        sum[i * 6 + j] = sum[i * 6 + j]! + m[i]! * (q * x[j]! + psi[i]! * p);
      }
    psiPast.push(psi);
    y.forEach((each, i) => (v[i] = v[i]! - each * theta[i]!));
  });
  assert.ok(sum.filter((each) => each !== 0).length > 12);
  sum.forEach((gradient, at) => {
    if (Math.abs(gradient) > 1e-6) assert.equal(Math.sign(moved[at]! - w[at]!), -Math.sign(gradient), `weight ${at}`);
    else assert.equal(moved[at], w[at]);
  });
});

test('Tess learns to tell patterns apart, stays within its bound and gives the factory weights back', () => {
  const given = network(8);
  const learner = new Tess(given, {
    ...tessDefaults,
    layers: ['d1', 'd2'],
    classes: 3,
    learningRate: 0.02,
    mostChange: 1,
  });
  const patterns = [Uint8Array.of(1, 1, 0, 0, 0, 0), Uint8Array.of(0, 0, 1, 1, 0, 0), Uint8Array.of(0, 0, 0, 0, 1, 1)];
  for (let round = 0; round < 300; round++) {
    patterns.forEach((pattern, label) => {
      learner.startSequence();
      learner.observe(pattern, label);
    });
    learner.apply();
  }
  const learned = learner.propose();
  assert.deepEqual(
    patterns.map((pattern) => classify(learned, pattern)),
    [0, 1, 2],
  );
  const unit = 20;
  values(learned, 'w1').forEach((weight, at) =>
    assert.ok(Math.abs(weight - values(given, 'w1')[at]!) <= 2 * unit + 0.5),
  );
  assert.match(learned.graph.assumptions.at(-1) ?? '', /TESS/);
  learner.restoreFactory();
  assert.deepEqual(values(learner.propose(), 'w1'), values(given, 'w1'));
  assert.notEqual(learned.tensors.get('w1'), given.tensors.get('w1'), 'the old network keeps its own weights');
});

test('the last layer learns from what its readout says, with a scale and a bias for each class', () => {
  const given = network();
  // Units 0 and 2 count ten times as much, and class 1 is far ahead: it must be pushed down, and hard.
  const tensors = new Map<string, Tensor>([
    ...given.tensors,
    ['s2', { type: 'F32', shape: [3], values: Float32Array.of(0.05, 0.005, 0.05) }],
    ['b2', { type: 'F32', shape: [3], values: Float32Array.of(0, 6, 0) }],
  ]);
  const nodes = given.graph.nodes.map((node) => (node.op === 'readout' ? { ...node, bias: 'b2' } : node));
  const biased = { tensors, graph: { ...given.graph, nodes } };
  const learner = new Tess(biased, { ...tessDefaults, layers: ['d2'], classes: 3, learningRate: 0.05, mostChange: 10 });
  const x = Uint8Array.of(1, 0, 1, 0);
  learner.observe(x, 0);
  learner.apply();
  // A first step of Adam: the rate in units of the layer, so 0.05 ÷ scale steps, against the sign of softmax − target.
  const moved = values(learner.propose(), 'w2').map((weight, at) => weight - values(given, 'w2')[at]!);
  assert.deepEqual(
    moved,
    [1, 0, 1, 0, -10, 0, -10, 0, -1, 0, -1, 0].map((step) => step + 0),
  );
});

test('a label that is no class is refused, and changes nothing', () => {
  const given = network();
  const learner = new Tess(given, { ...tessDefaults, layers: ['d2'], classes: 3 });
  for (const label of [3, -1, 0.5, NaN])
    assert.throws(() => learner.observe(Uint8Array.of(1, 1, 1, 1), label), /^RangeError: label: .* Give 0 to 2/);
  learner.apply();
  assert.deepEqual(values(learner.propose(), 'w2'), values(given, 'w2'));
});

test('without a label nothing is learned', () => {
  const given = network();
  const learner = new Tess(given, { ...tessDefaults, layers: ['d2'], classes: 3 });
  for (const pattern of [Uint8Array.of(1, 1, 0, 1), Uint8Array.of(0, 1, 1, 1)]) learner.observe(pattern);
  learner.apply();
  assert.deepEqual(values(learner.propose(), 'w2'), values(given, 'w2'));
});

test('Stdp: causal pairs grow, acausal ones shrink, by the traces', () => {
  const given = network();
  const options = { ...stdpDefaults, layer: 'd1', growth: 0.1, shrink: 0.05, homeostasis: 0 };
  const causal = new Stdp(given, options);
  // Input 0 alone does not fire unit 0 (weights are small); find a pattern that does.
  const firing = Uint8Array.from(values(given, 'w1').slice(0, 6), (weight) => (weight > 0 ? 1 : 0));
  causal.observe(firing);
  causal.apply();
  values(causal.propose(), 'w1')
    .slice(0, 6)
    .forEach((weight, j) => assert.equal(weight - values(given, 'w1')[j]!, firing[j] === 1 ? 2 : 0)); // 0.1 × 1 × unit 20
  const acausal = new Stdp(given, { ...options, growth: 0 });
  acausal.observe(firing);
  const late = firing.map((each) => 1 - each);
  acausal.observe(late);
  acausal.apply();
  values(acausal.propose(), 'w1')
    .slice(0, 6)
    .forEach((weight, j) => assert.equal(weight - values(given, 'w1')[j]!, late[j] === 1 ? -1 : 0)); // 0.05 × 1 × 20
});

test('Stdp holds each unit near its target rate', () => {
  const given = network();
  const learner = new Stdp(given, {
    ...stdpDefaults,
    layer: 'd1',
    growth: 0,
    shrink: 0,
    targetRate: 0.25,
    homeostasis: 0.05,
  });
  let state = 3;
  const draw = (): Uint8Array =>
    Uint8Array.from({ length: 6 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 < 0.5 ? 1 : 0;
    });
  for (let tick = 0; tick < 4000; tick++) {
    learner.observe(draw());
    learner.apply();
  }
  const settled = learner.propose();
  const rates = [0, 0, 0, 0];
  for (let tick = 0; tick < 2000; tick++) hidden(settled, draw()).forEach((y, i) => (rates[i] = rates[i]! + y / 2000));
  for (const rate of rates) assert.ok(Math.abs(rate - 0.25) < 0.12, `rates ${rates.join(', ')}`);
});

test('the old network stays unless the new one scores better', () => {
  const old = network();
  const proposed = network();
  assert.equal(keepBetter(old, proposed, () => 0.5).network, old);
  assert.equal(keepBetter(old, proposed, (each) => (each === old ? 0.5 : NaN)).kept, 'old');
  assert.equal(keepBetter(old, proposed, (each) => (each === old ? NaN : 0.1)).kept, 'new');
  assert.equal(keepBetter(old, proposed, () => NaN).kept, 'old');
  assert.equal(keepBetter(old, proposed, (each) => (each === old ? 0.5 : 0.52), 0.03).kept, 'old');
  assert.equal(keepBetter(old, proposed, (each) => (each === old ? 0.5 : 0.6), 0.03).network, proposed);
});

test('what cannot learn is refused by name', () => {
  assert.throws(() => new Tess(network(), { ...tessDefaults, layers: ['f1'], classes: 3 }), /f1: not a dense layer/);
  assert.throws(() => new Tess(network(), { ...tessDefaults, layers: ['d2'], classes: 4 }), /classes: 4, but d2 has 3/);
  assert.throws(() => new Stdp(network(), { ...stdpDefaults, layer: 'd2' }), /d2: has no threshold/);
});

function hidden(given: Network, x: Uint8Array): number[] {
  const w = values(given, 'w1');
  return values(given, 't1').map((T, i) => ([...x].reduce((s, each, j) => s + each * w[i * 6 + j]!, 0) >= T ? 1 : 0));
}

function classify(given: Network, x: Uint8Array): number {
  const w = values(given, 'w2');
  const y = hidden(given, x);
  const sums = [0, 1, 2].map((c) => y.reduce((s, each, k) => s + each * w[c * y.length + k]!, 0));
  return sums.indexOf(Math.max(...sums));
}
