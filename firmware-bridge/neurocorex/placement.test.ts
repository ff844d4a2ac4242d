import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arrayFor } from '../../models/engine/ports.js';
import { createReference } from '../../models/engine/reference.js';
import type { GraphNode, Network, Tensor } from '../../models/format/graph.js';
import { ModelError } from '../../models/format/model-error.js';
import { codes, networkOf, real, spikes, tensor } from '../../models/format/network.test.fixture.js';
import { placeNetwork } from './placement.js';
import { fromInput, fromNeuron, parameterSlot } from './protocol.js';
import { createTwin } from './twin.js';

type Neuron = Extract<GraphNode, { op: 'neuron' }>;

const neuron = (name: string, from: string, more: Partial<Neuron> = {}): GraphNode => ({
  op: 'neuron',
  name,
  from: [from],
  decay: 'one',
  gain: 'one',
  threshold: 'threshold',
  strict: false,
  reset: 'set',
  resetAt: 'spike',
  current: 'new',
  ...more,
});
const dense = (name: string, from: string): GraphNode => ({ op: 'dense', name, from: [from], weight: `${name}.w` });

/** Two inputs, three neurons. */
function small(more: Partial<Neuron> = {}, tensors: Record<string, Tensor> = {}): Network {
  return networkOf([spikes('in', [2])], [dense('d', 'in'), neuron('n', 'd', more)], {
    'd.w': tensor('F32', [3, 2], 1, 2, -3, 4, 0, 127),
    one: tensor('F32', [1], 1),
    threshold: tensor('F32', [3], 1, 5.5, 0.0001),
    leak: tensor('F32', [1], -0.25),
    ...tensors,
  });
}
const options = { ticks: 20, round: false };

test('weights, thresholds and leak stand where the chip looks for them', () => {
  const { tables, step, outputs } = placeNetwork(small({ drive: 'leak' }), options);
  assert.equal(step, 1);
  assert.deepEqual(outputs, [{ name: 'out', neurons: [0, 1, 2] }]);
  const weights = [0, 1, 2].map((n) => [0, 1].map((input) => tables.feedForward[fromInput(n, input)]));
  assert.deepEqual(weights, [
    [1, 2],
    [-3, 4],
    [0, 127],
  ]);
  assert.equal(
    tables.feedForward.reduce((sum, weight) => sum + Math.abs(weight), 0),
    137,
  );
  assert.deepEqual(
    [0, 1, 2].map((n) => tables.thresholds[parameterSlot(n)]),
    [1024, 5632, 1],
  );
  assert.deepEqual([tables.leaks[8], tables.refractory[0], tables.refractory[4]], [256, 1, 1]);
  const above = placeNetwork(small({ strict: true }), options).tables;
  assert.deepEqual(
    [0, 1, 2].map((n) => above.thresholds[parameterSlot(n)]),
    [1025, 5633, 1],
  );
});

test('a layer that feeds the neuron before it has every second place', () => {
  const looped = (weights: number[]) =>
    networkOf(
      [spikes('in', [2])],
      [
        dense('d', 'in'),
        { op: 'previous', name: 'p', of: 'n' },
        dense('r', 'p'),
        { op: 'add', name: 'a', from: ['d', 'r'], multipliers: [1, 1] },
        neuron('n', 'a'),
      ],
      {
        'd.w': tensor('F32', [3, 2], 1),
        'r.w': tensor('F32', [3, 3], ...weights),
        one: tensor('F32', [1], 1),
        threshold: tensor('F32', [1], 9),
      },
    );
  const onward = placeNetwork(looped([0, 0, 0, 5, 0, 0, 0, 6, 0]), options);
  assert.deepEqual(onward.outputs[0]?.neurons, [0, 1, 2]);
  assert.deepEqual([onward.tables.recurrent[fromNeuron(1, 0)], onward.tables.recurrent[fromNeuron(2, 1)]], [5, 6]);
  const back = placeNetwork(looped([0, 7, 0, 0, 0, 0, 0, 0, 0]), options);
  assert.deepEqual(back.outputs[0]?.neurons, [0, 2, 4]);
  assert.equal(back.tables.recurrent[fromNeuron(0, 2)], 7);
  assert.ok(back.recurrent && onward.recurrent);
  assert.throws(
    () => placeNetwork(looped([0, 0, 0, 0, 3, 0, 0, 0, 0]), options),
    /^ModelError: n: neuron 1 feeds itself/,
  );
});

/** One or two layers without a leak; spikes come so seldom that nothing of one meets the next. */
const seldom = fc.record({
  inputs: fc.integer({ min: 1, max: 20 }),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 2 }),
  weights: fc.array(fc.integer({ min: -3, max: 60 }), { minLength: 30, maxLength: 60 }),
  thresholds: fc.array(fc.integer({ min: 1, max: 66 * 8 }), { minLength: 5, maxLength: 20 }),
  spikes: fc.array(fc.nat(19), { minLength: 10, maxLength: 20 }),
});

test('where spikes come one by one, the engine gives the same ones, two ticks a layer sooner', () => {
  let count = 0;
  fc.assert(
    fc.property(seldom, ({ inputs, sizes, weights, thresholds, spikes: given }) => {
      const nodes: GraphNode[] = [];
      const tensors: Record<string, Tensor> = { one: tensor('F32', [1], 1) };
      for (const [layer, size] of sizes.entries()) {
        const from = layer === 0 ? 'in' : `n${layer - 1}`;
        tensors[`d${layer}.w`] = tensor(
          'F32',
          [size, layer === 0 ? inputs : (sizes[0] as number)],
          // Of the second layer many may spike together.
          ...weights.map((w) => (layer === 0 ? w / 2 : Number(w > 40) / 2)),
        );
        tensors[`t${layer}`] = tensor('F32', [size], ...thresholds.map((threshold) => threshold / 16));
        nodes.push(dense(`d${layer}`, from), neuron(`n${layer}`, `d${layer}`, { threshold: `t${layer}` }));
      }
      const outputs = sizes.map((_, layer) => ({ name: `n${layer}`, node: `n${layer}` }));
      const network = networkOf([spikes('in', [inputs])], nodes, tensors, { outputs });
      const ticks = given.length * 6 + 6;
      const input = new Uint8Array(ticks * inputs);
      for (const [at, which] of given.entries()) input[6 * at * inputs + (which % inputs)] = 1;

      const twin = createTwin(placeNetwork(network, { ticks, round: false }), ticks);
      const answers = twin.outputs.map(arrayFor);
      twin.step([input], answers);
      const engine = createReference(network);
      const now = engine.outputs.map(arrayFor);
      for (let tick = 0; tick + 4 < ticks; tick++) {
        engine.step([input.subarray(tick * inputs, (tick + 1) * inputs)], now);
        for (const [layer, size] of sizes.entries()) {
          const later = (tick + 2 * (layer + 1)) * size;
          assert.deepEqual(answers[layer]?.slice(later, later + size), now[layer], `layer ${layer}, tick ${tick}`);
          count += (now[layer] as Uint8Array).reduce((sum, spike) => sum + spike, 0);
        }
      }
    }),
    { numRuns: 40, seed: 1 },
  );
  assert.ok(count > 3000, `${count} spikes`);
});

test('what does not fit is refused with the reason', () => {
  const full = (size: number): Network =>
    networkOf([spikes('in', [1])], [dense('d', 'in'), neuron('n', 'd')], {
      'd.w': tensor('F32', [size, 1], 1),
      one: tensor('F32', [1], 1),
      threshold: tensor('F32', [1], 1),
    });
  const withNodes = (inputs: Network['graph']['inputs'], nodes: GraphNode[]): Network =>
    networkOf(inputs, nodes, { ...Object.fromEntries(small().tensors) });
  const refused: [Network, RegExp][] = [
    [small({ decay: 'tau' }, { tau: tensor('F32', [1], 0.9) }), /^n: decays by 0\.8999.* Use a decay of 1 and a drive/],
    [small({ synapseDecay: 'one', synapseGain: 'one' }), /^n: has a current that decays/],
    [small({ current: 'old' }), /^n: takes the current of the tick before/],
    [small({ reset: 'subtract' }), /^n: is not set to 0 at a spike/],
    [small({ resetValue: 'one' }), /^n: is not set to 0 at a spike/],
    [small({ initial: 'one' }), /^n: does not begin at 0/],
    [
      small({ drive: 'drives' }, { drives: tensor('F32', [3], 0, 0, -1) }),
      /^n: a drive of -1, where another neuron has 0/,
    ],
    [small({ drive: 'drives' }, { drives: tensor('F32', [1], -7) }), /^a leak of 7 a tick .* within 18 ticks/],
    [small({}, { 'd.w': tensor('F32', [3, 2], 1, 0.3141, 0.7) }), /^weights from 0 to 1 are no whole multiples/],
    [small({}, { 'd.w': tensor('F32', [3, 2], 1, -129) }), /^weights from -129 to 1 are no whole multiples/],
    [small({}, { threshold: tensor('F32', [3], 1, 125, 1) }), /^n: neuron 1 has a threshold of 125 and a weight of 4/],
    [small({}, { threshold: tensor('F32', [3], 1, 0, 1) }), /^n: neuron 1 has a threshold of 0 /],
    [full(91), /^91 neurons: the chip has 90\. Use fewer/],
    [withNodes([spikes('in', [91])], small().graph.nodes.slice()), /./],
    [
      withNodes([spikes('in', [2], 3)], small().graph.nodes.slice()),
      /^input in: the chip takes up to 90 spikes of one level/,
    ],
    [withNodes([real('in', [3])], [neuron('n', 'in')]), /^input in: the chip takes up to 90 spikes/],
    [withNodes([codes('in', [2])], small().graph.nodes.slice()), /./],
    [withNodes([spikes('in', [2]), spikes('too', [2])], small().graph.nodes.slice()), /^2 inputs: the chip has one/],
    [withNodes([spikes('in', [2])], [dense('d', 'in')]), /^there is no neuron node/],
    [
      withNodes([spikes('in', [2])], [{ ...dense('d', 'in'), bias: 'threshold' } as GraphNode, neuron('n', 'd')]),
      /^d: has a bias; the chip has none/,
    ],
    [
      withNodes(
        [spikes('in', [2])],
        [
          dense('d', 'in'),
          { op: 'compare', name: 'c', from: ['d'], threshold: 'one', strict: true },
          { op: 'scale', name: 's', from: ['c'], scale: 'one' },
          neuron('n', 's'),
        ],
      ),
      /^c: is a compare node\. On the chip only inputs and neurons give spikes/,
    ],
  ];
  for (const [network, reason] of refused)
    assert.throws(
      () => placeNetwork(network, options),
      (error: unknown) => {
        assert.ok(error instanceof ModelError, String(error));
        assert.match(error.message, reason);
        return true;
      },
    );
  assert.equal(placeNetwork(full(90), options).outputs[0]?.neurons.length, 90);
});

test('rounded on request, as far as there is room for membranes, and the rounding is told', () => {
  const rounded = (tensors: Record<string, Tensor>) => placeNetwork(small({}, tensors), { ticks: 20, round: true });
  const { step, tables, notes } = rounded({ 'd.w': tensor('F32', [3, 2], 1, 0.3141, 0.7) });
  assert.ok(step > 1 / 127 && Math.abs((tables.feedForward[fromInput(0, 1)] as number) * step - 0.3141) <= step / 2);
  assert.ok(notes.some((note) => /^weights are rounded, by up to \d\.?\d* % of the largest$/.test(note)));
  // A threshold of 1000 and the weight of 4 on top of it have to fit.
  const high = rounded({ threshold: tensor('F32', [3], 1, 1000, 1) });
  assert.ok((high.tables.thresholds[parameterSlot(1)] as number) + (4 * 1024) / high.step <= 0x1ffff);
  assert.equal(rounded({}).step, 1);
  assert.equal(rounded({}).notes.length, 3);
});
