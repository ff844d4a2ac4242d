import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { sharedData } from '../../test/shared-data.js';
import { createReference } from '../engine/reference.js';
import type { Network } from '../format/graph.js';
import { fixture } from './fixtures.test.fixture.js';
import { importHdf5 } from './import-hdf5.js';
import { importSafetensors, importTorch } from './import-weights.js';
import { storedZip, stateDict, type TorchTensor } from './torch/torch-file.test.fixture.js';

const t1miniLayers = `
layers:
  - { conv1d: conv, stride: 2, padding: 2 }
  - { batchnorm: bn1, epsilon: 1e-5 }
  - { spike: 0.4 }
  - { maxpool: 2 }
  - flatten
  - { linear: fc1 }
  - { batchnorm: bn2 }
  - { spike: 0.3, strict: false }
  - { linear: fc2 }
`;
const t1mini = `input: [8, 24]\n${t1miniLayers}`;
const t1miniInt8 = `
name: t1mini
input: { shape: [8, 24], codes: u8, scale: 0.015625, zeroPoint: 128 }
layers:
  - { conv1d: conv, stride: 2, padding: 2 }
  - { threshold: conv, rawCodes: true }
  - { maxpool: 2 }
  - flatten
  - { linear: fc1 }
  - { threshold: fc1 }
  - { linear: fc2 }
  - { readout: fc2 }
`;
const json = (name: string): unknown => JSON.parse(fixture(name).toString());

/** Outputs of named nodes beside the network's own. */
function observed(network: Network, ...names: string[]) {
  const outputs = [...network.graph.outputs, ...names.map((name) => ({ name, node: name }))];
  return createReference({ ...network, graph: { ...network.graph, outputs } });
}

describe('safetensors with a description', () => {
  it('t1mini.f32: the logits of onnxruntime within 1e-5', () => {
    const expected = z
      .object({ cases: z.array(z.object({ codes: z.array(z.number()), logits: z.array(z.number()) })) })
      .parse(json('t1mini-f32.onnxruntime.json'));
    const model = observed(importSafetensors(fixture('t1mini.f32.safetensors'), { architecture: t1mini }));
    const logits = new Float32Array(4);
    assert.ok(expected.cases.length > 0);
    for (const each of expected.cases) {
      model.step([Float32Array.from(each.codes, (code) => (code - 128) / 64)], [logits]);
      logits.forEach((logit, at) => assert.ok(Math.abs(logit - each.logits[at]!) < 1e-5));
    }
  });

  it('t1mini.int8: every sum, spike and logit of the golden', () => {
    const golden = z
      .object({
        cases: z.array(
          z.object({
            x: z.array(z.number()),
            spike1: z.string(),
            pool: z.string(),
            acc2: z.array(z.number()),
            spike2: z.string(),
            acc3: z.array(z.number()),
            logits: z.array(z.number()),
          }),
        ),
      })
      .parse(json('t1mini.golden.json'));
    const network = importSafetensors(fixture('t1mini.int8.safetensors'), { architecture: t1miniInt8 });
    const model = observed(network, 'conv.spikes', 'maxpool3', 'fc1', 'fc1.spikes', 'fc2');
    const [logits, spike1, pool] = [new Float32Array(4), new Uint8Array(192), new Uint8Array(96)];
    const [acc2, spike2, acc3] = [new Int32Array(32), new Uint8Array(32), new Int32Array(4)];
    assert.equal(golden.cases.length, 32);
    for (const each of golden.cases) {
      model.step([Uint8Array.from(each.x)], [logits, spike1, pool, acc2, spike2, acc3]);
      assert.equal(spike1.join(''), each.spike1);
      assert.equal(pool.join(''), each.pool);
      assert.deepEqual([...acc2], each.acc2);
      assert.equal(spike2.join(''), each.spike2);
      assert.deepEqual([...acc3], each.acc3);
      assert.deepEqual([...logits], each.logits.map(Math.fround));
    }
  });

  it('without a description is refused with a list of what is there', () => {
    assert.throws(() => importSafetensors(fixture('t1mini.int8.safetensors'), {}), {
      name: 'ModelError',
      message: /conv.weight Int8 \[16, 8, 5\].*--architecture FILE/,
    });
  });
});

/** snnTorch's RSynaptic, then Synaptic, written out in float64: spikes of the last layer. */
function snnTorch(tensors: ReadonlyMap<string, TorchTensor>, ticks: readonly (readonly number[])[], subtract: boolean) {
  const at = (name: string) => {
    const { shape, values } = tensors.get(name)!;
    return { shape, values: Array.from(values, Number) };
  };
  const affine = (prefix: string, x: readonly number[]) => {
    const [rows = 0, columns = 0] = at(`${prefix}.weight`).shape;
    return Array.from({ length: rows }, (_, row) =>
      x.reduce(
        (sum, value, column) => sum + value * at(`${prefix}.weight`).values[row * columns + column]!,
        tensors.has(`${prefix}.bias`) ? at(`${prefix}.bias`).values[row]! : 0,
      ),
    );
  };
  const layer = (prefix: string, size: number) => {
    const [alpha, beta] = [at(`${prefix}.alpha`).values[0]!, at(`${prefix}.beta`).values[0]!];
    let [i, v, z] = [new Array<number>(size).fill(0), new Array<number>(size).fill(0), new Array<number>(size).fill(0)];
    const recurrent = tensors.has(`${prefix}.recurrent.weight`);
    return (x: readonly number[]) => {
      const back = recurrent ? affine(`${prefix}.recurrent`, z) : z.map(() => 0);
      i = i.map((each, n) => alpha * each + x[n]! + back[n]!);
      v = v.map((each, n) => beta * each + i[n]! - (subtract ? z[n]! : 0));
      z = v.map((each) => (each > 1 ? 1 : 0));
      if (!subtract) v = v.map((each, n) => (z[n] ? 0 : each));
      return z;
    };
  };
  const [first, second] = [layer('lif1', at('fc1.weight').shape[0]!), layer('lif2', at('fc2.weight').shape[0]!)];
  return ticks.map((x) => second(affine('fc2', first(affine('fc1', x)))));
}

function run(network: Network, ticks: readonly (readonly number[])[]): number[][] {
  const model = createReference(network);
  const out = new Uint8Array(model.outputs[0]!.shape[0]!);
  return ticks.map((x) => {
    model.step([Float32Array.from(x)], [out]);
    return [...out];
  });
}

let seed = 11;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const ticksOf = (size: number) =>
  Array.from({ length: 100 }, () => Array.from({ length: size }, () => (random() < 0.4 ? 1 : 0)));
const recurrent = (size: number) => `
input: [${size}]
layers:
  - { linear: fc1 }
  - { snntorch: lif1 }
  - { linear: fc2 }
  - { snntorch: lif2 }
`;

describe('a PyTorch state_dict with a description', () => {
  const uniform = (...shape: number[]): TorchTensor => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.4),
  });
  const scalar = (value: number): TorchTensor => ({ shape: [], values: Float32Array.of(value) });
  const neuron = (prefix: string, resetRule: number): [string, TorchTensor][] => [
    [`${prefix}.alpha`, scalar(0.5)],
    [`${prefix}.beta`, scalar(0.75)],
    [`${prefix}.threshold`, scalar(1)],
    [`${prefix}.graded_spikes_factor`, scalar(1)],
    [`${prefix}.reset_mechanism_val`, { shape: [], values: BigInt64Array.of(BigInt(resetRule)) }],
  ];
  const generated = (resetRule: number) =>
    new Map<string, TorchTensor>([
      ['fc1.weight', uniform(6, 4)],
      ['fc1.bias', uniform(6)],
      ...neuron('lif1', resetRule),
      ['lif1.recurrent.weight', uniform(6, 6)],
      ['lif1.recurrent.bias', uniform(6)],
      ['fc2.weight', uniform(3, 6)],
      ...neuron('lif2', resetRule),
    ]);
  for (const [rule, name] of ['subtract', 'zero'].entries())
    it(`recurrent snnTorch neurons that reset by ${name}, as written out in float64`, () => {
      const tensors = generated(rule);
      const ticks = ticksOf(4);
      const spikes = run(importTorch(stateDict(tensors), { architecture: recurrent(4) }), ticks);
      assert.deepEqual(spikes, snnTorch(tensors, ticks, rule === 0));
      assert.ok(new Set(spikes.flat()).size === 2);
    });

  it('an average of spikes is a real number', () => {
    const file = stateDict(new Map([['fc.weight', { shape: [1, 2], values: Float32Array.of(1, 10) }]]));
    const architecture = 'input: [1, 4]\nlayers: [{ spike: 0.5 }, { avgpool: 2 }, flatten, { linear: fc }]';
    const out = new Float32Array(1);
    createReference(importTorch(file, { architecture })).step([Float32Array.of(1, 0, 1, 1)], [out]);
    assert.deepEqual([...out], [10.5]);
  });

  it('views with strides, parameters, and checkpoints are read', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    const transposed = new Map<string, TorchTensor>([
      ['fc.weight', { shape: [3, 2], values, strides: [1, 3], parameter: true }],
    ]);
    const network = importTorch(stateDict(transposed, 'state_dict'), {
      architecture: 'input: [2]\nlayers: [{ linear: fc }]',
    });
    assert.deepEqual([...network.tensors.get('fc.weight')!.values], [1, 4, 2, 5, 3, 6]);
  });

  const architecture = 'input: [2]\nlayers: [{ linear: fc }]';
  const good = stateDict(new Map([['fc.weight', { shape: [1, 2], values: Float32Array.of(1, 2) }]]));
  const pickled = (...codes: (number | string)[]) =>
    storedZip(
      new Map([
        [
          'a/data.pkl',
          Uint8Array.from(codes.flatMap((code) => (typeof code === 'number' ? [code] : [...Buffer.from(code)]))),
        ],
      ]),
    );
  const refused: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    [
      'code',
      pickled(0x80, 2, 'cposix\nsystem\n', '(X', 2, 0, 0, 0, 'ls', 't', 'R', '.'),
      architecture,
      /names "posix system", which is code and is not run/,
    ],
    ['an operation of objects', pickled(0x80, 2, 'o.'), architecture, /the operation 0x6f/],
    ['a pickle cut off', pickled(0x80, 2, '}'), architecture, /pickle is cut off/],
    ['no tensors', pickled(0x80, 2, '}.'), architecture, /holds no tensors/],
    ['a plain pickle', Uint8Array.of(0x80, 2, 0x7d, 0x2e), architecture, /before PyTorch 1.6/],
    ['another archive', storedZip(new Map([['x', new Uint8Array(1)]])), architecture, /no data.pkl/],
    ['a file cut off', good.slice(0, -30), architecture, /PyTorch file: .*Copy it again/],
    [
      'bytes that changed',
      good.map((byte, at) => (byte === 0x40 && at > 200 ? 0x41 : byte)),
      architecture,
      /CRC-32|PyTorch file/,
    ],
    [
      'a view that leaves its storage',
      stateDict(new Map([['fc.weight', { shape: [1, 2], values: Float32Array.of(1, 2), strides: [2, 2] }]])),
      architecture,
      /fc.weight: reads element 2 of a storage of 2/,
    ],
    [
      'a view without end',
      stateDict(new Map([['fc.weight', { shape: [100000, 100000], values: Float32Array.of(1, 2), strides: [0, 0] }]])),
      architecture,
      /many times the file/,
    ],
    [
      'a tensor that is not there',
      good,
      'input: [2]\nlayers: [{ linear: fd }]',
      /names fd.weight, which the file does not have. It has: fc.weight Float32 \[1, 2\]/,
    ],
    ['a layer of no kind', good, 'input: [2]\nlayers: [{ lineal: fc }]', /architecture layer 1: .*is no layer/],
    ['a key too many', good, 'input: [2]\nlayers: [{ linear: fc, stride: 2 }]', /architecture layer 1 \(linear\)/],
    ['no YAML', good, 'input: [2', /architecture: is no YAML/],
    ['no input', good, 'layers: [flatten]', /architecture: input/],
    [
      'an input of another width',
      good,
      'input: [3]\nlayers: [{ linear: fc }]',
      /fc: weight is F32 \[1, 2\], but its input is real \[3\]/,
    ],
  ];
  for (const [name, file, text, message] of refused)
    it(`refuses ${name}`, () =>
      assert.throws(() => importTorch(file, { architecture: text }), { name: 'ModelError', message }));

  const samples = sharedData('models');
  const files = [
    ['braille_noDelay_bias_ref_zero.pt', 'braille_noDelay_bias_zero.nir', 'euler'],
    ['braille_noDelay_noBias_ref_subtract.pt', 'braille_noDelay_noBias_subtract.nir', 'subtract'],
  ] as const;
  for (const [torch, nir, integrator] of files)
    it(`${torch} is the network of ${nir}`, { skip: samples === undefined && 'shared data absent' }, async () => {
      const ours = importTorch(readFileSync(`${samples ?? ''}/${torch}`), { architecture: recurrent(12) });
      const other = await importHdf5(readFileSync(sharedData('nir', nir) ?? ''), { integrator });
      const pairs = [
        ['fc1.weight', 'fc1.weight'],
        ['lif1.recurrent.weight', 'lif1.w_rec.weight'],
        ['fc2.weight', 'fc2.weight'],
      ] as const;
      for (const [a, b] of pairs) assert.deepEqual(ours.tensors.get(a)?.values, other.tensors.get(b)?.values);
      const ticks = ticksOf(12);
      const spikes = run(ours, ticks);
      assert.deepEqual(spikes, run(other, ticks));
      assert.ok(spikes.flat().includes(1));
    });
});
