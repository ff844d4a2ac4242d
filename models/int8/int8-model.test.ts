import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryUsage } from 'node:process';
import type { Graph, Network, Tensor } from '../format/graph.js';
import { arraysFor, fill, generatedFiles, seeded } from '../import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../import/tflite/import-tflite.js';
import { createInt8 } from './int8-model.js';

const recurrent = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 1')!.bytes);

type Nodes = Graph['nodes'];
const u8 = { type: 'u8' as const, scale: 0.5, zeroPoint: 128 };

function network(
  kind: object,
  shape: number[],
  nodes: readonly object[],
  tensors: Record<string, Tensor> = {},
): Network {
  const last = nodes.at(-1) as { name: string };
  return {
    graph: {
      version: 1,
      name: 'small',
      inputs: [{ name: 'x', shape, kind: kind as Graph['inputs'][number]['kind'] }],
      nodes: nodes as Nodes,
      outputs: [{ name: 'y', node: last.name }],
      assumptions: [],
      provenance: {},
    },
    tensors: new Map(Object.entries(tensors)),
  };
}

const codes = { domain: 'codes', ...u8 };
const dense = {
  op: 'qdense',
  name: 'dense',
  from: ['x'],
  weight: 'w',
  weightScale: 's',
  output: { ...u8, scale: 1 },
  low: 0,
  high: 200,
};
const weights: Record<string, Tensor> = {
  w: { type: 'I8', shape: [2, 2], values: Int8Array.of(1, 2, -3, 127) },
  s: { type: 'F32', shape: [2], values: Float32Array.of(1, 2) },
};

test('u8 codes count from their zero point, and are cut off at low and high', () => {
  const model = createInt8(network(codes, [2], [dense], weights));
  const y = new Uint8Array(2);
  // (130 − 128) × 1 + (131 − 128) × 2 = 8, by 0.5; (−6 + 381) × 0.5 × 2 is beyond.
  model.step([Uint8Array.of(130, 131)], [y]);
  assert.deepEqual([...y], [132, 200]);
});

test('quantises and goes back to reals', () => {
  const nodes = [
    { op: 'quantize', name: 'q', from: ['x'], output: u8, halves: 'even' },
    { op: 'dequantize', name: 'real', from: ['q'] },
  ];
  const model = createInt8(network({ domain: 'real' }, [6], nodes));
  const y = new Float32Array(6);
  model.step([Float32Array.of(0.25, 0.75, -0.25, 1.3, 1000, -1000)], [y]);
  assert.deepEqual([...y], [0, 1, 0, 1.5, 63.5, -64]);
});

test('describes its layers, and what it holds in memory', () => {
  const { engine, weightBytes, workingBytes, layers } = createInt8(network(codes, [2], [dense], weights)).describe();
  assert.equal(engine, 'int8');
  assert.equal(weightBytes, 12);
  assert.ok(workingBytes >= 4 + 8);
  assert.deepEqual(layers, [{ name: 'dense', op: 'qdense', shape: [2], parameters: 4, denseOperations: 4 }]);
});

test('a step allocates nothing', () => {
  const model = createInt8(recurrent);
  const [inputs, outputs] = [arraysFor(model.inputs), arraysFor(model.outputs)];
  fill(inputs, seeded(1));
  const steps = 500;
  let least = Infinity;
  // The engine compiles when it likes, and a step that allocates does so in every round.
  for (let round = 0; round < 60 && least > 8 * steps; round++) {
    const before = memoryUsage().heapUsed;
    for (let step = 0; step < steps; step++) model.step(inputs, outputs);
    const grown = memoryUsage().heapUsed - before;
    if (grown >= 0) least = Math.min(least, grown);
  }
  assert.ok(least <= 8 * steps, `${least / steps} bytes a step`);
});

describe('refused with a reason', () => {
  const wide = { domain: 'codes', type: 'i16', scale: 0.1, zeroPoint: 0 };
  const refused: readonly (readonly [string, Network, RegExp])[] = [
    [
      'a node of spiking networks',
      network({ domain: 'real' }, [2], [{ op: 'activation', name: 'a', from: ['x'], function: 'relu' }]),
      /^a: activation is not run among int8 nodes/,
    ],
    [
      'values that are neither codes nor real',
      network({ domain: 'spikes', levels: 1 }, [2], [{ op: 'flatten', name: 'f', from: ['x'] }]),
      /^x: gives spikes/,
    ],
    ['a dense layer of i16 codes', network(wide, [2], [dense], weights), /^dense: qdense of i16 codes is not run/],
    [
      'scales too far apart',
      network({ ...codes, scale: 1e-30 }, [2], [dense], weights),
      /^dense: its scales come to a factor of/,
    ],
    [
      'padding beyond memory',
      network(
        { ...codes },
        [1, 1, 4],
        [
          {
            op: 'qmaxpool',
            name: 'pool',
            from: ['x'],
            kernel: [4096, 4096],
            stride: [4096, 4096],
            padding: [4095, 4095, 4095, 4095],
            output: u8,
            low: 0,
            high: 255,
          },
        ],
      ),
      /^pool: with its padding its input is \[8191, 8191, 4\]/,
    ],
  ];
  for (const [what, broken, message] of refused)
    test(what, () => assert.throws(() => createInt8(broken), { name: 'ModelError', message }));

  test('arrays that do not fit the ports', () => {
    const model = createInt8(network(codes, [2], [dense], weights));
    assert.throws(() => model.step([new Uint8Array(3)], [new Uint8Array(2)]), {
      name: 'ModelError',
      message: /^x: 3 values\. It has 2/,
    });
    assert.throws(() => model.step([new Uint8Array(2)], []), { message: /^y: 0 values/ });
  });

  test('a state, which it does not have', () => {
    const model = createInt8(network(codes, [2], [dense], weights));
    assert.equal(model.stateBytes, 0);
    model.loadState(new Uint8Array(0));
    assert.throws(() => model.loadState(new Uint8Array(4)), { message: /^A state of 4 bytes/ });
    assert.throws(() => model.setState('dense', new Float32Array(2)), {
      message: /^dense: an int8 network has no state/,
    });
  });
});
