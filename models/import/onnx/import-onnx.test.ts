import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ModelValues } from '../../../runtime/contracts.js';
import { sharedData } from '../../../test/shared-data.js';
import { createReference } from '../../engine/reference.js';
import type { Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { importOnnx } from './import-onnx.js';
import {
  bytesField,
  floats,
  modelBytes,
  numberField,
  onnxBytes,
  tensorMessage,
  textField,
  type ModelSpec,
  type NodeSpec,
} from './onnx-writer.test.fixture.js';
import { operations } from './operations.test.fixture.js';

const packaged = (name: string): URL => new URL(`../../../../models/import/${name}`, import.meta.url);
const imported = (bytes: Uint8Array): Network => importOnnx(bytes, {}) as Network;

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array };

/** What the network gives, one array an output. */
function run(network: Network, input: readonly number[]): number[][] {
  const model = createReference(network);
  const outputs = model.outputs.map(({ type, shape }): ModelValues => {
    return new arrays[type](shape.reduce((product, length) => product * length, 1));
  });
  model.step([arrays[model.inputs[0]!.type].from(input)], outputs);
  return outputs.map((output) => Array.from(output));
}

/** Every node an output of its own name. */
function withAllNodes(network: Network): Network {
  const outputs = network.graph.nodes.map(({ name }) => ({ name, node: name }));
  return { ...network, graph: { ...network.graph, outputs } };
}

function assertClose(got: readonly number[], wanted: readonly number[], tolerance: number, what: string): void {
  assert.equal(got.length, wanted.length, what);
  got.forEach((value, i) => {
    const allowed = tolerance * Math.max(1, Math.abs(wanted[i]!));
    assert.ok(Math.abs(value - wanted[i]!) <= allowed, `${what}: element ${i} is ${value}, not ${wanted[i]}`);
  });
}

const digits = (spikes: string): number[] => Array.from(spikes, Number);

interface Golden {
  cases: {
    x: number[];
    acc1: number[];
    spike1: string;
    pool: string;
    acc2: number[];
    spike2: string;
    acc3: number[];
    logits: number[];
    argmax: number;
  }[];
}

const qdq = sharedData('models', 't1mini.qdq.onnx');

test('t1mini.qdq.onnx gives the golden sums, spikes and logits', { skip: !qdq && 'no ../shared/data' }, () => {
  const network = imported(readFileSync(qdq!));
  assert.deepEqual(
    network.graph.nodes.map(({ op }) => op),
    ['conv1d', 'threshold', 'maxpool', 'flatten', 'dense', 'threshold', 'dense', 'readout'],
  );
  const golden = JSON.parse(readFileSync(sharedData('models', 't1mini.golden.json')!, 'utf8')) as Golden;
  const weights = network.tensors.get('Conv_c1.weight')!.values;
  // The golden sums are of raw codes, padding included: larger by 128 for each unit of weight.
  const offsets = Array.from({ length: 16 }, (_, o) => 128 * sum(Array.from(weights.subarray(40 * o, 40 * o + 40))));
  assert.equal(golden.cases.length, 32);
  for (const each of golden.cases) {
    const [acc1, spike1, pool, , acc2, spike2, acc3, logits] = run(withAllNodes(network), each.x);
    assert.deepEqual(
      acc1!.map((value, i) => value + offsets[Math.floor(i / 12)]!),
      each.acc1,
    );
    assert.deepEqual(spike1, digits(each.spike1));
    assert.deepEqual(pool, digits(each.pool));
    assert.deepEqual(acc2, each.acc2);
    assert.deepEqual(spike2, digits(each.spike2));
    assert.deepEqual(acc3, each.acc3);
    assertClose(logits!, each.logits, 1e-5, 'logits');
    assert.equal(logits!.indexOf(Math.max(...logits!)), each.argmax);
  }
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test('t1mini.f32.onnx gives the logits of onnxruntime', () => {
  const network = imported(readFileSync(packaged('fixtures/t1mini.f32.onnx')));
  const recorded = JSON.parse(readFileSync(packaged('fixtures/t1mini-f32.onnxruntime.json'), 'utf8')) as {
    cases: { codes: number[]; logits: number[] }[];
  };
  assert.equal(recorded.cases.length, 32);
  for (const { codes, logits } of recorded.cases) {
    const x = codes.map((code) => (code - 128) / 64);
    assertClose(run(network, x)[0]!, logits, 1e-5, 'logits');
  }
});

const { outputs: recordedOutputs } = JSON.parse(readFileSync(packaged('onnx/operations.onnxruntime.json'), 'utf8')) as {
  outputs: Record<string, number[][]>;
};

for (const { name, bytes, inputs } of operations)
  test(`as onnxruntime: ${name}`, () => {
    const network = imported(bytes);
    const recorded = recordedOutputs[name]!;
    inputs.forEach((input, i) => assertClose(run(network, input)[0]!, recorded[i]!, 1e-5, `input ${i}`));
  });

test('quantised layers become integer ones, without real numbers before the readout', () => {
  const kinds = (name: string): string[] =>
    imported(operations.find((each) => each.name === name)!.bytes).graph.nodes.map(({ op }) => op);
  assert.deepEqual(kinds('codes, conv2d, batch norm, spikes, int8 layers'), [
    'conv2d',
    'threshold',
    'sumpool',
    'conv2d',
    'threshold',
    'flatten',
    'dense',
    'readout',
  ]);
  assert.deepEqual(kinds('integer operations'), ['conv1d', 'threshold', 'flatten', 'dense', 'readout']);
  assert.deepEqual(kinds('weights of four bits, constants of the graph'), ['dense', 'threshold', 'reshape']);
});

/** y = op(x, …) on [1, 2, 4] floats, with what a case says otherwise. */
function model(nodes: NodeSpec[], more: Partial<ModelSpec> = {}): Uint8Array {
  return onnxBytes({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 2, 4] }],
    outputs: [{ name: 'y', type: 'f32', shape: [] }],
    nodes,
    ...more,
  });
}

const relu: NodeSpec = { op: 'Relu', inputs: ['x'], output: 'y' };
const conv = (attributes: NodeSpec['attributes'] = {}): NodeSpec[] => [
  { op: 'Conv', inputs: ['x', 'w'], output: 'y', attributes },
];
const w = (...shape: number[]): Record<string, ReturnType<typeof floats>> => ({
  w: floats(shape, new Array<number>(sum([shape.reduce((a, b) => a * b, 1)])).fill(1)),
});

const refusals: [string, Uint8Array, RegExp][] = [
  ['no model', Uint8Array.of(1, 2, 3), /damaged or no ONNX model/],
  ['an empty file', new Uint8Array(0), /no graph in it/],
  ['a graph that is cut off', model([relu]).subarray(0, 20), /a length of \d+, with \d+ bytes left/],
  ['an old operator set', model([relu], { opset: 6 }), /operator set 6/],
  [
    'an unknown operation',
    model([{ op: 'LSTM', inputs: ['x'], output: 'y' }]),
    /^LSTM "LSTM_y": this operation is not read/,
  ],
  [
    'an operation of another domain',
    model([{ ...relu, domain: 'com.acme' }]),
    /^Relu "Relu_y": this operation of com\.acme is not read/,
  ],
  [
    'a free axis',
    model([relu], { inputs: [{ name: 'x', type: 'f32', shape: [1, 2, 'time'] }] }),
    /"x": shape \[1, 2, \?\]/,
  ],
  [
    'a batch of 4',
    model([relu], { inputs: [{ name: 'x', type: 'f32', shape: [4, 2] }] }),
    /"x": shape \[4, 2\]\. A batch/,
  ],
  ['a huge input', model([relu], { inputs: [{ name: 'x', type: 'f32', shape: [1, 2 ** 40] }] }), /1099511627776/],
  ['an input of int64', model([relu], { inputs: [{ name: 'x', type: 'i64', shape: [1, 2] }] }), /element type i64/],
  [
    'nodes out of order',
    model([
      { op: 'Relu', inputs: ['z'], output: 'y' },
      { op: 'Relu', inputs: ['x'], output: 'z' },
    ]),
    /takes "z"/,
  ],
  [
    'weights of other channels',
    model(conv(), { tensors: w(3, 5, 2) }),
    /^Conv "Conv_y": weights \[3, 5, 2\].* 2 channels/,
  ],
  ['a window larger than its input', model(conv(), { tensors: w(3, 2, 9) }), /\[9\] does not fit into the input \[4\]/],
  ['a stride of nothing', model(conv({ strides: [0] }), { tensors: w(3, 2, 2) }), /strides \[0\]/],
  ['an attribute of another kind', model(conv({ group: 'two' }), { tensors: w(3, 2, 2) }), /group is of kind text/],
  [
    'a weight that depends on the input',
    model([{ op: 'Conv', inputs: ['x', 'x'], output: 'y' }]),
    /must be a constant/,
  ],
  [
    'a threshold that depends on the input',
    model([{ op: 'Greater', inputs: ['x', 'x'], output: 'y' }]),
    /^Greater "Greater_y": .*One must be a constant/,
  ],
  [
    'a matrix on what is not flat',
    model([{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }], { tensors: w(4, 3) }),
    /A flat input of 4 units is needed/,
  ],
  [
    'a reshape of the batch',
    model([{ op: 'Reshape', inputs: ['x', 's'], output: 'y' }], {
      tensors: { s: { type: 'i64', shape: [2], values: [2, 4] } },
    }),
    /The batch must stay 1/,
  ],
  [
    'codes without a scale',
    model([{ op: 'Relu', inputs: ['x'], output: 'y' }], { inputs: [{ name: 'x', type: 'u8', shape: [1, 3] }] }),
    /takes u8 without a scale/,
  ],
  ['an output of no node', model([{ ...relu, output: 'z' }]), /output "y": does not depend on/],
  ['a weight that is not finite', model(conv(), { tensors: { w: floats([1, 2, 1], [1, NaN]) } }), /NaN/],
  [
    'a tensor shorter than its shape',
    modelBytes(bytesField(5, tensorMessage('w', floats([2 ** 20], []))).concat(...graphOf(conv()))),
    /f32 \[1048576\] takes 4194304 bytes, but 0 are there/,
  ],
  [
    'a tensor of 2⁶⁰ elements',
    modelBytes(bytesField(5, tensorMessage('w', floats([2 ** 20, 2 ** 20, 2 ** 20], []))).concat(...graphOf(conv()))),
    /more than 16777216 elements/,
  ],
  [
    'weights in another file',
    modelBytes(
      bytesField(5, [...tensorMessage('w', floats([0], [])), ...numberField(14, 1)]).concat(...graphOf(conv())),
    ),
    /its data lie in another file/,
  ],
];

/** The fields of a graph with these nodes and the input x. */
function graphOf(nodes: NodeSpec[]): number[][] {
  // The second field of the file is the graph: two bytes of version, a tag and the length before it.
  const bytes = model(nodes);
  const start = bytes[3]! < 128 ? 4 : 5;
  return [[...bytes.subarray(start, bytes.length - 4)]];
}

for (const [name, bytes, reason] of refusals)
  test(`refused: ${name}`, () => {
    assert.throws(
      () => imported(bytes),
      (error: unknown) => {
        assert.ok(error instanceof ModelError, String(error));
        assert.match(error.message, reason);
        return true;
      },
    );
  });

test('a small file that asks for endless work is refused in time', () => {
  const outputs = 1000;
  const nodes: NodeSpec[] = [
    { op: 'ConvInteger', inputs: ['x', 'w'], output: 'c' },
    { op: 'Cast', inputs: ['c'], output: 'f', attributes: { to: 1 } },
  ];
  for (let i = 0; i < 300; i++)
    nodes.push(
      { op: 'Greater', inputs: ['f', 't'], output: `g${i}` },
      { op: 'Cast', inputs: [`g${i}`], output: `s${i}`, attributes: { to: 1 } },
    );
  const bytes = onnxBytes({
    inputs: [{ name: 'x', type: 'u8', shape: [1, 1, 1] }],
    outputs: [{ name: 's0', type: 'f32', shape: [] }],
    nodes,
    tensors: {
      w: { type: 'i8', shape: [outputs, 1, 1], values: new Array<number>(outputs).fill(3) },
      t: floats([], [1]),
    },
  });
  const before = process.cpuUsage();
  assert.throws(() => imported(bytes), /Let fewer nodes share a constant/);
  const { user } = process.cpuUsage(before);
  assert.ok(user < 1e6, `${user / 1e6} s of processor time`);
});

test('numbers in fields of their own are read as those in raw bytes', () => {
  const packed = bytesField(5, [
    ...numberField(1, 1),
    ...numberField(1, 2),
    ...numberField(1, 1),
    ...numberField(2, 1),
    ...textField(8, 'w'),
    ...bytesField(4, new Uint8Array(Float32Array.of(0.5, -3).buffer)),
  ]);
  const network = imported(modelBytes(packed.concat(...graphOf(conv()))));
  assert.deepEqual(
    Array.from(network.tensors.values(), ({ values }) => Array.from(values)),
    [[0.5, -3]],
  );
});

test('a damaged file is refused with a ModelError or read whole', () => {
  const files = [readFileSync(packaged('fixtures/t1mini.f32.onnx')), ...operations.map(({ bytes }) => bytes)];
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  for (let i = 0; i < 1000; i++) {
    const file = Uint8Array.from(files[1 + random(files.length - 1)]!);
    for (let n = random(3); n >= 0; n--) file[random(file.length)] = random(256);
    try {
      imported(random(4) === 0 ? file.subarray(0, random(file.length)) : file);
    } catch (error) {
      assert.ok(error instanceof ModelError, error instanceof Error ? (error.stack ?? '') : String(error));
      refused++;
    }
  }
  assert.ok(refused > 300 && refused < 1000, String(refused));
});
