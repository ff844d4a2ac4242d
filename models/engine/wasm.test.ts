import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelValues } from '../../runtime/contracts.js';
import type { GraphNode, Network, Tensor } from '../format/graph.js';
import { codes, networkOf, spikes, tensor } from '../format/network.test.fixture.js';
import { kernels } from './kernels.test.fixture.js';
import { createReference } from './reference.js';
import { warmUp } from './warm-up.js';
import { createWasm } from './wasm.js';

/** Weights of all magnitudes, the same each time. */
function weights(...shape: number[]): Tensor {
  const length = shape.reduce((product, axis) => product * axis, 1);
  return tensor('I8', shape, ...Array.from({ length }, (_, at) => ((at * 7919 + 13) % 255) - 127));
}

const threshold = (name: string, from: string): GraphNode => ({
  op: 'threshold',
  name,
  from: [from],
  threshold: `${name}.t`,
  mode: `${name}.m`,
});

function convolutional(): Network {
  return networkOf(
    [codes('in', [3, 8, 8])],
    [
      {
        op: 'conv2d',
        name: 'a',
        from: ['in'],
        weight: 'a.w',
        stride: [1, 1],
        padding: [1, 1, 1, 1],
        dilation: [1, 1],
        groups: 1,
      },
      { op: 'maxpool', name: 'p', from: ['a'], kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
      threshold('s', 'p'),
      { op: 'flatten', name: 'f', from: ['s'] },
      { op: 'dense', name: 'd', from: ['f'], weight: 'd.w' },
      threshold('t', 'd'),
      { op: 'dense', name: 'e', from: ['t'], weight: 'e.w' },
    ],
    {
      'a.w': weights(20, 3, 3, 3),
      's.t': tensor('I32', [1, 20], 800, -800, 0, 1),
      's.m': tensor('U8', [20], 0, 1, 0, 2),
      'd.w': weights(100, 320),
      't.t': tensor('I32', [1, 100], 100, -300, 0),
      't.m': tensor('U8', [100], 0, 1),
      'e.w': weights(10, 100),
    },
  );
}

function step(model: ReturnType<typeof createWasm>, input: ModelValues): ModelValues {
  const out = new Int32Array(10);
  model.step([input], [out]);
  return out;
}

test('a network of codes, a pool under three modes and dense layers gives the sums of the reference', () => {
  const network = convolutional();
  const [wasm, reference] = [createWasm(network, kernels), createReference(network)];
  for (let seed = 1; seed < 20; seed++) {
    const input = Uint8Array.from({ length: 192 }, (_, at) => (at * at * seed * 31) % 256);
    assert.deepEqual(step(wasm, input), step(reference, input));
  }
});

test('more rows than 16 bits can hold go on in 32', () => {
  const network = networkOf([spikes('in', [1000])], [{ op: 'dense', name: 'd', from: ['in'], weight: 'd.w' }], {
    'd.w': tensor('I8', [10, 1000], ...Array.from({ length: 10 }, (_, at) => (at % 2 ? 127 : -128))),
  });
  const all = new Uint8Array(1000).fill(1);
  assert.deepEqual([...step(createWasm(network, kernels), all)], [...step(createReference(network), all)]);
  assert.equal(step(createWasm(network, kernels), all)[0], -128 * 500 + 127 * 500);
});

test('an input of another length is refused', () => {
  const model = createWasm(convolutional(), kernels);
  assert.throws(() => step(model, new Uint8Array(5)), /input of 5 values, but the network takes 192/);
});

test('one value read under several shapes has its own events and image under each', () => {
  const conv2d = (name: string, from: string): GraphNode => ({
    op: 'conv2d',
    name,
    from: [from],
    weight: `${name}.w`,
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    dilation: [1, 1],
    groups: 1,
  });
  for (const input of [spikes('in', [8, 4, 4]), codes('in', [8, 4, 4])]) {
    const { graph, tensors } = networkOf(
      [input],
      [
        { op: 'flatten', name: 'flat', from: ['in'] },
        { op: 'reshape', name: 'row', from: ['in'], shape: [8, 16] },
        { op: 'reshape', name: 'wide', from: ['in'], shape: [8, 2, 8] },
        { op: 'dense', name: 'd', from: ['flat'], weight: 'd.w' },
        { op: 'conv1d', name: 'r', from: ['row'], weight: 'r.w', stride: 1, padding: [1, 1], dilation: 1, groups: 1 },
        conv2d('w', 'wide'),
        conv2d('s', 'in'),
      ],
      {
        'd.w': weights(5, 128),
        'r.w': weights(7, 8, 3),
        'w.w': weights(6, 8, 3, 3),
        's.w': weights(9, 8, 3, 3),
      },
    );
    const outputs = ['d', 'r', 'w', 's'].map((node) => ({ name: node, node }));
    const network = { graph: { ...graph, outputs }, tensors };
    const values = Uint8Array.from(
      { length: 128 },
      (_, at) => (at * 37 + 11) % (input.kind.domain === 'spikes' ? 2 : 256),
    );
    const [wasm, reference] = [createWasm(network, kernels), createReference(network)].map((model) => {
      const sums = model.outputs.map(({ shape }) => new Int32Array(shape.reduce((product, axis) => product * axis, 1)));
      model.step([values], sums);
      return sums;
    });
    assert.deepEqual(wasm, reference);
  }
});

test('a network that would need more memory than any board has is refused', () => {
  const network = networkOf(
    [codes('in', [64, 1, 1])],
    [
      {
        op: 'conv2d',
        name: 'c',
        from: ['in'],
        weight: 'w',
        stride: [4096, 4096],
        padding: [4096, 4096, 4096, 4096],
        dilation: [1, 1],
        groups: 1,
      },
    ],
    { w: weights(16, 64, 1, 1) },
  );
  assert.throws(() => createWasm(network, kernels), /memory: the network would need more than 512 MiB/);
});

test('a step allocates nothing', () => {
  const network = networkOf(
    [spikes('in', [4, 32])],
    [
      {
        op: 'conv1d',
        name: 'a',
        from: ['in'],
        weight: 'a.w',
        stride: 1,
        padding: [0, 0],
        dilation: 1,
        groups: 1,
      },
      threshold('s', 'a'),
      { op: 'flatten', name: 'f', from: ['s'] },
      { op: 'dense', name: 'd', from: ['f'], weight: 'd.w' },
    ],
    {
      'a.w': weights(16, 4, 5),
      's.t': tensor('I32', [1, 16], 60),
      's.m': tensor('U8', [16], 0),
      'd.w': weights(10, 16 * 28),
    },
  );
  const model = createWasm(network, kernels);
  const inputs = [Uint8Array.from({ length: 128 }, (_, at) => Number(at % 7 === 0))];
  const outputs = [new Int32Array(10)];
  const growth = new Float64Array(7);
  let bytes = Infinity;
  // The compiler works beside the steps for a while: a step that allocates does so in every attempt.
  for (let attempt = 0; attempt < 50 && bytes > 8; attempt++) {
    for (let round = 0; round < growth.length; round++) {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 2000; i++) model.step(inputs, outputs);
      growth[round] = (process.memoryUsage().heapUsed - before) / 2000;
    }
    bytes = growth.sort()[3] ?? Infinity;
  }
  assert.ok(bytes <= 8, `${bytes} bytes a step`);
});

test('warming up leaves the state as it was', () => {
  const network = networkOf(
    [spikes('in', [4])],
    [
      { op: 'dense', name: 'd', from: ['in'], weight: 'd.w' },
      { op: 'integrate', name: 'total', from: ['d'] },
    ],
    { 'd.w': weights(10, 4) },
  );
  const model = createWasm(network, kernels);
  const before = step(model, Uint8Array.of(1, 0, 1, 1)).slice();
  let now = 0;
  warmUp(model, { now: () => now++, steps: 5, forMs: 10 });
  assert.deepEqual(step(model, Uint8Array.of(0, 0, 0, 0)), before);
});

test('a state that the reference saved goes on in WASM memory', () => {
  const network = networkOf(
    [spikes('in', [5])],
    [
      { op: 'dense', name: 'd', from: ['in'], weight: 'd.w' },
      {
        op: 'neuron',
        name: 'n',
        from: ['d'],
        decay: 'decay',
        gain: 'gain',
        threshold: 'threshold',
        current: 'new',
        strict: true,
        reset: 'subtract',
        resetAt: 'next',
      },
    ],
    {
      'd.w': tensor('F32', [6, 5], 0.5, -0.25, 1, 0.125, 0.75, -1, 0.3),
      decay: tensor('F32', [1], 0.9),
      gain: tensor('F32', [6], 1, 0.5, 0.25),
      threshold: tensor('F32', [1], 1),
    },
  );
  const [reference, wasm] = [createReference(network), createWasm(network, kernels)];
  const [expected, found] = [new Uint8Array(6), new Uint8Array(6)];
  const tick = (n: number): Uint8Array => Uint8Array.from({ length: 5 }, (_, at) => Number((at + n) % 3 === 0));
  for (let n = 0; n < 7; n++) reference.step([tick(n)], [expected]);
  const state = new Uint8Array(reference.stateBytes);
  reference.saveState(state);
  wasm.loadState(state);
  for (let n = 7; n < 30; n++) {
    reference.step([tick(n)], [expected]);
    wasm.step([tick(n)], [found]);
    assert.deepEqual(found, expected);
  }
});
