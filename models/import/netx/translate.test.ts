import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sharedData } from '../../../test/shared-data.js';
import { createReference } from '../../engine/reference.js';
import type { Network } from '../../format/graph.js';
import { tree, type Plain } from '../hdf5/hdf5-file.test.fixture.js';
import { importHdf5 } from '../import-hdf5.js';
import { translateNetx } from './translate.js';

interface Layer {
  readonly weight: number[][];
  readonly iDecay: number;
  readonly vDecay: number;
  readonly vThMant: number;
  readonly delay?: number[];
}

function file(layers: readonly Layer[], more: Plain = {}): Plain {
  const groups = layers.map(({ weight, delay, ...neuron }, number) => [
    String(number),
    {
      type: 'dense',
      weight: { shape: [weight.length, weight[0]!.length], values: weight.flat() },
      neuron: { type: 'CUBA', refDelay: 1, gradedSpike: 0, ...neuron },
      ...(delay && { delay }),
      ...more,
    },
  ]);
  return { layer: Object.fromEntries(groups) as Plain };
}

/** Loihi's rule written out with BigInt: u and v of each layer, cut towards zero. */
function expected(layers: readonly Layer[], ticks: readonly (readonly number[])[]): number[][] {
  const state = layers.map(({ weight }) => ({
    u: weight.map(() => 0n),
    v: weight.map(() => 0n),
    past: [] as number[][],
  }));
  return ticks.map((input) => {
    let spikes = [...input];
    layers.forEach(({ weight, iDecay, vDecay, vThMant, delay }, at) => {
      const { u, v, past } = state[at]!;
      const now = weight.map((row, n) => {
        const sum = row.reduce((total, w, j) => total + w * spikes[j]!, 0);
        u[n] = (u[n]! * BigInt(4096 - iDecay)) / 4096n + BigInt(sum) * 64n;
        v[n] = (v[n]! * BigInt(4096 - vDecay)) / 4096n + u[n]!;
        if (v[n]! <= BigInt(vThMant * 64)) return 0;
        v[n] = 0n;
        return 1;
      });
      past.push(now);
      spikes = now.map((_, n) => past[past.length - 1 - (delay?.[n] ?? 0)]?.[n] ?? 0);
    });
    return spikes;
  });
}

function run(network: Network, ticks: readonly (readonly number[])[]): number[][] {
  const model = createReference(network);
  const out = new Uint8Array(model.outputs[0]!.shape[0]!);
  return ticks.map((input) => {
    model.step([Uint8Array.from(input)], [out]);
    return [...out];
  });
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const random = randomNumbers(5);
const weights = (outputs: number, inputs: number, step: number) =>
  Array.from({ length: outputs }, () =>
    Array.from({ length: inputs }, () => step * Math.trunc((random() - 0.45) * (440 / step))),
  );
const layers: readonly Layer[] = [
  { weight: weights(6, 5, 2), iDecay: 1024, vDecay: 409, vThMant: 200 },
  { weight: weights(4, 6, 1), iDecay: 4096, vDecay: 128, vThMant: 90, delay: [0, 2, 1, 5] },
];
const ticks = Array.from({ length: 120 }, () => Array.from({ length: 5 }, () => (random() < 0.3 ? 1 : 0)));

describe('lava-dl', () => {
  it("layers give the spikes of Loihi's rule: weights past int8, two decays, delays of axons", () => {
    const spikes = run(translateNetx(tree(file(layers)), 1000, {}), ticks);
    assert.deepEqual(spikes, expected(layers, ticks));
    const rate = spikes.flat().filter(Boolean).length / spikes.flat().length;
    assert.ok(rate > 0.05 && rate < 0.95, `rate ${rate}`);
  });

  const [first] = layers as readonly [Layer];
  const refused: readonly (readonly [string, Plain, RegExp])[] = [
    ['a weight that is not whole', file([{ ...first, weight: [[0.5]] }]), /layer\/0\/weight: element 0 is 0.5/],
    [
      'layers that do not fit',
      file([first, { ...first, weight: [[1]] }]),
      /layer\/1: weight has the shape \[1, 1\], but the layer before gives 6/,
    ],
    ['convolutions', file([first], { type: 'conv' }), /layer\/0: its type is "conv"/],
    ['biases', file([first], { bias: [1] }), /layer\/0\/bias/],
    [
      'numbers with a gap',
      { layer: { ...(file([first])['layer'] as Plain), '2': {} } },
      /has 2 layers, but none is called 1/,
    ],
    ['graded spikes', file([first], { neuron: { type: 'CUBA', gradedSpike: 1 } }), /spikes that carry a size/],
    ['other neurons', file([first], { neuron: { type: 'SDNN' } }), /layer\/0\/neuron: its type is "SDNN"/],
    ['nothing', { layer: {} }, /has no layers/],
  ];
  for (const [name, plain, message] of refused)
    it(`refuses ${name}`, () => {
      assert.throws(() => translateNetx(tree(plain), 1000, {}), { name: 'ModelError', message });
    });

  const oxford = sharedData('nir', 'lavadl_oxford_network.net');
  it('the Oxford network of the NIR examples', { skip: oxford === undefined && 'shared data absent' }, async () => {
    const network = await importHdf5(readFileSync(oxford ?? ''), {});
    const stored: Layer[] = [414, 409].map((vDecay, n) => ({
      weight: sumOf(network, n),
      iDecay: 4096,
      vDecay,
      vThMant: 6,
    }));
    const input = Array.from({ length: 60 }, () => Array.from({ length: 200 }, () => (random() < 0.05 ? 1 : 0)));
    const spikes = run(network, input);
    assert.deepEqual(spikes, expected(stored, input));
    assert.ok(spikes.flat().includes(1));
  });
});

/** Weights as stored: halves added again. */
function sumOf(network: Network, layer: number): number[][] {
  const tensor = network.tensors.get(`layer/${layer}.weight`)!;
  const rest = network.tensors.get(`layer/${layer}.rest`)?.values;
  const halved = network.graph.nodes.some(({ name }) => name === `layer/${layer}.sum`);
  const [outputs = 0, inputs = 0] = tensor.shape;
  return Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: inputs }, (_, i) => {
      const at = o * inputs + i;
      return tensor.values[at]! + (halved ? (rest ?? tensor.values)[at]! : 0);
    }),
  );
}
