import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import type { ModelValues } from '../../runtime/contracts.js';
import type { GraphNode, Tensor } from '../format/graph.js';
import { codes, networkOf, real, spikes } from '../format/network.test.fixture.js';
import { elementsOf } from '../format/value.js';
import { BlockSmoothing } from './block-smoothing.js';
import { createReference } from './reference.js';

/** What numpy and scipy computed: second-opinion.py beside it. */
const expected = z
  .record(z.string(), z.object({ shape: z.array(z.number()), values: z.array(z.number()) }))
  .parse(JSON.parse(readFileSync('models/engine/fixtures/second-opinion.json', 'utf8')));

const pooling = { kernel: [2, 3], stride: [2, 2], padding: [1, 1, 0, 1] };

integer('conv1d', codes('in', [4, 13]), ramp(5, 4 * 13, 127), integerTensor(1, 6, 2, 3), {
  op: 'conv1d',
  name: 'conv1d',
  from: ['in'],
  weight: 'w',
  stride: 2,
  padding: [1, 2],
  dilation: 2,
  groups: 2,
});
const sparks = ramp(9, 4 * 6 * 7).map((value) => (value > 20 ? 1 : 0));
integer('conv2d', spikes('in', [4, 6, 7]), sparks, integerTensor(2, 4, 2, 3, 2), {
  op: 'conv2d',
  name: 'conv2d',
  from: ['in'],
  weight: 'w',
  stride: [2, 1],
  padding: [1, 0, 2, 1],
  dilation: [1, 2],
  groups: 2,
});
integer('depthwise', spikes('in', [4, 6, 7]), sparks, integerTensor(3, 8, 1, 3, 3), {
  op: 'conv2d',
  name: 'depthwise',
  from: ['in'],
  weight: 'w',
  stride: [1, 2],
  padding: [1, 1, 1, 1],
  dilation: [2, 1],
  groups: 4,
});
integer('dense', codes('in', [11], 'i8', -3), ramp(6, 11), integerTensor(4, 5, 11), {
  op: 'dense',
  name: 'dense',
  from: ['in'],
  weight: 'w',
});

float('real conv2d', { w: wave(2, 4, 3, 2, 3), b: wave(3, 4) }, 1e-5, {
  op: 'conv2d',
  name: 'node',
  from: ['in'],
  weight: 'w',
  bias: 'b',
  stride: [1, 2],
  padding: [0, 1, 1, 1],
  dilation: [2, 1],
  groups: 1,
});
float('maxpool', {}, 0, { op: 'maxpool', name: 'node', from: ['in'], ...pooling });
float('sumpool', {}, 1e-6, { op: 'sumpool', name: 'node', from: ['in'], ...pooling });
float('avgpool', {}, 1e-6, { op: 'avgpool', name: 'node', from: ['in'], ...pooling });
const variance = wave(7, 3).values.map((value) => Math.fround(value ** 2 + 0.25));
float(
  'batchnorm',
  { g: wave(4, 3), b: wave(5, 3), m: wave(6, 3), v: { type: 'F32', shape: [3], values: Float32Array.from(variance) } },
  1e-6,
  { op: 'batchnorm', name: 'node', from: ['in'], gain: 'g', bias: 'b', mean: 'm', variance: 'v', epsilon: 1e-3 },
);
for (const kind of ['sigmoid', 'tanh', 'softmax'] as const)
  float(
    kind,
    { s: { type: 'F32', shape: [1], values: Float32Array.of(9) } },
    1e-6,
    { op: 'scale', name: 'nine', from: ['in'], scale: 's' },
    { op: 'activation', name: 'node', from: ['nine'], function: kind },
  );
float('transpose', {}, 0, { op: 'transpose', name: 'node', from: ['in'], order: [2, 0, 1] });

const sections = Float64Array.from(expected['sections']!.values);
const series = Float32Array.from({ length: 40 }, (_, n) => Math.sin(n ** 2 * 0.01) + (n > 20 ? 1 : 0));

test('the low-pass of outputs equals scipy.signal.sosfilt, tick by tick', () => {
  const network = networkOf([real('in', [2])], [{ op: 'smooth', name: 'out', from: ['in'], sections: 's' }], {
    s: { type: 'F64', shape: [2, 6], values: sections },
  });
  const model = createReference(network);
  const out = new Float32Array(2);
  const found = [...series].map((value) => {
    model.step([Float32Array.of(value, -2 * value)], [out]);
    assert.ok(Math.abs((out[1] as number) + 2 * (out[0] as number)) < 1e-6);
    return out[0] as number;
  });
  near(found, expected['smooth']!.values, 1e-6);
});

test('smoothing by blocks runs forwards through all blocks and back through one, as sosfilt does with zi', () => {
  const smoothing = new BlockSmoothing(sections, 2, 10, 4);
  const run = (): number[] => {
    const found: number[] = [];
    const out = new Float32Array(8);
    for (const [n, value] of series.entries()) {
      const ticks = smoothing.push(Float32Array.of(0.5 * value, value), out);
      assert.equal(ticks, n >= 9 && (n - 9) % 4 === 0 ? 4 : 0);
      for (let tick = 0; tick < ticks; tick++) found.push(out[2 * tick + 1] as number);
    }
    return found;
  };
  const first = run();
  near(first, expected['block']!.values, 1e-6);
  smoothing.reset();
  assert.deepEqual(run(), first);
  assert.throws(() => new BlockSmoothing(sections, 1, 4, 5), /a hop of 5 in blocks of 4 ticks/);
});

test('a current-based neuron that resets in the tick after a spike has the membranes and spikes of a simulation', () => {
  const one = (value: number): Tensor => ({ type: 'F32', shape: [1], values: Float32Array.of(value) });
  const model = createReference(
    networkOf(
      [real('in', [1])],
      [
        {
          op: 'neuron',
          name: 'out',
          from: ['in'],
          synapseDecay: 'synapseDecay',
          synapseGain: 'synapseGain',
          current: 'old',
          decay: 'decay',
          gain: 'gain',
          drive: 'drive',
          threshold: 'threshold',
          strict: true,
          reset: 'subtract',
          resetAt: 'next',
        },
      ],
      {
        synapseDecay: one(0.8),
        synapseGain: one(0.5),
        decay: one(0.9),
        gain: one(0.4),
        drive: one(0.05),
        threshold: one(0.7),
      },
    ),
  );
  const state = new DataView(new ArrayBuffer(model.stateBytes));
  const spikes = new Uint8Array(1);
  const found = [...wave(8, 60).values].map((value) => {
    model.step([Float32Array.of(3 * value)], [spikes]);
    model.saveState(new Uint8Array(state.buffer));
    // After 8 bytes of layout: the membrane comes first.
    return { membrane: state.getFloat32(8, true), spike: spikes[0] as number };
  });
  near(
    found.map(({ membrane }) => membrane),
    expected['neuron membranes']!.values,
    1e-5,
  );
  assert.deepEqual(
    found.map(({ spike }) => spike),
    expected['neuron spikes']!.values,
  );
});

test("Loihi's neuron has every current, voltage and spike of a simulation in integers, wrapping and stopping", () => {
  const one = (value: number): Tensor => ({ type: 'I32', shape: [1], values: Int32Array.of(value) });
  const tensors = {
    w: { type: 'I8', shape: [1, 1], values: Int8Array.of(4) } as const,
    u: one(500),
    v: one(300),
    b: one(-77),
    t: one(30000),
  };
  const model = createReference(
    networkOf(
      [{ name: 'in', shape: [1], kind: { domain: 'codes', type: 'i16', scale: 1, zeroPoint: 0 } }],
      [
        { op: 'dense', name: 'sums', from: ['in'], weight: 'w' },
        {
          op: 'cubafixed',
          name: 'out',
          from: ['sums'],
          currentDecay: 'u',
          voltageDecay: 'v',
          bias: 'b',
          threshold: 't',
        },
      ],
      tensors,
    ),
  );
  const inputs = [
    300, -300, 1000, 0, 0, -1500, 8, 8, 0, 0, 40000, 110000, 131000, 131000, 131000, 0, 0, -131072, -131072, 0, 4,
  ];
  const state = new DataView(new ArrayBuffer(model.stateBytes));
  const spikes = new Uint8Array(1);
  const found = inputs.flatMap((n) => {
    model.step([Int32Array.of(n / 4)], [spikes]);
    model.saveState(new Uint8Array(state.buffer));
    return [state.getInt32(8, true), state.getInt32(12, true), spikes[0]];
  });
  assert.deepEqual(found, expected['loihi']!.values);
});

function integer(
  name: string,
  input: ReturnType<typeof spikes>,
  values: readonly number[],
  weight: Tensor,
  node: GraphNode,
): void {
  test(`${name}: integer sums equal scipy's`, () => {
    const model = createReference(networkOf([input], [node], { w: weight }));
    const type = model.inputs[0]?.type === 'i8' ? Int8Array : Uint8Array;
    const { shape, values: wanted } = expected[name]!;
    const out = new Int32Array(elementsOf(shape));
    model.step([type.from(values)], [out]);
    assert.equal(model.outputs[0]?.shape.join(), name === 'conv1d' ? `${shape[0]},${shape[2]}` : shape.join());
    assert.deepEqual([...out], wanted);
  });
}

function float(name: string, tensors: Record<string, Tensor>, tolerance: number, ...nodes: GraphNode[]): void {
  test(`${name}: within ${tolerance} of numpy in float64`, () => {
    const model = createReference(networkOf([real('in', [3, 5, 6])], nodes, tensors));
    const { shape, values } = expected[name]!;
    const out: ModelValues = new Float32Array(elementsOf(shape));
    model.step([Float32Array.from(wave(1, 3, 5, 6).values)], [out]);
    assert.equal(model.outputs[0]?.shape.join(), shape.join());
    near([...out], values, Math.max(tolerance, 1e-8));
  });
}

function near(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  assert.equal(found.length, wanted.length);
  found.forEach((value, at) => {
    const distance = Math.abs(value - (wanted[at] as number));
    assert.ok(distance <= tolerance * Math.max(1, Math.abs(value)), `element ${at}: ${value}, not ${wanted[at]}`);
  });
}

/** As in second-opinion.py. */
function ramp(k: number, length: number, offset = 0): number[] {
  return Array.from({ length }, (_, n) => ((n * 7919 + k) % 255) - 127 + offset);
}

function integerTensor(k: number, ...shape: number[]): Tensor {
  return { type: 'I8', shape, values: Int8Array.from(ramp(k, elementsOf(shape))) };
}

function wave(k: number, ...shape: number[]): Tensor {
  return {
    type: 'F32',
    shape,
    values: Float32Array.from({ length: elementsOf(shape) }, (_, n) => Math.sin(n * 0.7 + k)),
  };
}
