import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readNetwork, writeNetwork } from './container.js';
import type { Network } from './graph.js';
import { ModelError } from './model-error.js';
import { networkOf, spikes, tensor } from './network.test.fixture.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** Two dense layers, their weights of a type each. */
function twoLayers(first: 'I4' | 'B1' | 'I8', units: number, inputs: number, weights: number[]): Network {
  return networkOf(
    [spikes('x', [inputs])],
    [
      { op: 'dense', name: 'd', from: ['x'], weight: 'w' },
      { op: 'threshold', name: 't', from: ['d'], threshold: 'T', mode: 'm' },
      { op: 'dense', name: 'e', from: ['t'], weight: 'v' },
      { op: 'readout', name: 'r', from: ['e'], scale: 's' },
    ],
    {
      w: tensor(first, [units, inputs], ...weights),
      T: tensor('I32', [1, units], 3, -70_000),
      m: tensor('U8', [units], 0, 1),
      v: tensor('I8', [2, units], 127, -128, 5),
      s: tensor('F32', [1], 0.1),
    },
    { assumptions: ['made up'], provenance: { seed: 7, scores: { accuracy: 0.9 } }, tickSeconds: 0.001 },
  );
}

const four = twoLayers('I4', 3, 5, [-8, 7, 0, -1, 3]);

test('any network is read as it was written', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('I4' as const, 'B1' as const, 'I8' as const),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: -8, max: 7 }), { minLength: 1, maxLength: 81 }),
      (type, units, inputs, drawn) => {
        const weights = type === 'B1' ? drawn.map((each) => (each < 0 ? -1 : 1)) : drawn;
        const network = twoLayers(type, units, inputs, weights);
        const read = readNetwork(writeNetwork(network));
        assert.deepEqual(read.graph, network.graph);
        assert.deepEqual(new Map([...read.tensors].sort()), new Map([...network.tensors].sort()));
      },
    ),
    { numRuns: 200 },
  ));

test('4-bit weights are stored two in a byte, the first in the low half; 1-bit weights eight, the first lowest', () => {
  const stored = (network: Network): number[] => [...readSafetensors(writeNetwork(network)).tensors.get('w')!.bytes];
  assert.deepEqual(stored(twoLayers('I4', 1, 5, [-8, 7, 0, -1, 3])), [0x78, 0xf0, 0x03]);
  assert.deepEqual(stored(twoLayers('B1', 2, 5, [1, -1, -1, 1, 1, 1, 1, -1, 1, -1])), [0b01111001, 0b01]);
});

/** The same file with other metadata or tensors. */
function rewritten(
  change: (metadata: Map<string, string>, graph: Record<string, unknown>) => void,
  network = four,
): Uint8Array {
  const { metadata, tensors } = readSafetensors(writeNetwork(network));
  const texts = new Map(metadata);
  const graph = JSON.parse(texts.get('axond.graph')!) as Record<string, unknown>;
  change(texts, graph);
  if (texts.get('axond.graph') === metadata.get('axond.graph')) texts.set('axond.graph', JSON.stringify(graph));
  return writeSafetensors({ metadata: texts, tensors });
}

const refused: [what: string, file: Uint8Array, message: RegExp][] = [
  [
    'weights alone',
    rewritten((texts) => [...texts.keys()].forEach((key) => texts.set(key, ''))),
    /^axond\.graph: not JSON/,
  ],
  [
    'a newer version',
    rewritten((_, graph) => (graph['version'] = 2)),
    /^the file is version 2, this axond reads 1: update axond\.$/,
  ],
  ['no version', rewritten((_, graph) => delete graph['version']), /^the file says version nothing/],
  [
    'a graph that is no object',
    rewritten((texts) => texts.set('axond.graph', '[1]')),
    /^the file says version nothing/,
  ],
  [
    'an unknown operation',
    rewritten((_, graph) => (graph['nodes'] = [{ op: 'lstm', name: 'l', from: ['x'] }])),
    /^axond\.graph: nodes\.0\.op: /,
  ],
  [
    'a key given twice',
    rewritten((texts) => texts.set('axond.graph', texts.get('axond.graph')!.replace('{', '{"version":1,'))),
    /^axond\.graph: names version twice/,
  ],
  [
    'an infinite weight',
    (() => {
      const file = writeNetwork(four);
      const at = Buffer.from(file.buffer).indexOf(Buffer.from(Float32Array.of(0.1).buffer));
      file.set([0, 0, 0x80, 0x7f], at);
      return file;
    })(),
    /^tensor s: element 0 is Infinity/,
  ],
  [
    'packed weights of another length',
    rewritten((texts) => texts.set('axond.packed', texts.get('axond.packed')!.replace('[3,5]', '[3,7]'))),
    /^axond\.packed: w is I4 \[3, 7\], 11 bytes of U8, but the file has 8 of U8/,
  ],
  [
    'packed weights of a shape too large to hold',
    rewritten((texts) => texts.set('axond.packed', texts.get('axond.packed')!.replace('[3,5]', '[1000000,1000000]'))),
    /^axond\.packed: w is I4 \[1000000, 1000000\], 500000000000 bytes/,
  ],
  [
    'bits after the last element',
    (() => {
      const file = writeNetwork(four);
      file[file.length - 14 + file.subarray(-14).lastIndexOf(0x03)]! |= 0x10;
      return file;
    })(),
    /^tensor w: bits after its last element/,
  ],
];
for (const [what, file, message] of refused)
  test(`refused: ${what}`, () =>
    assert.throws(
      () => readNetwork(file),
      (error) => error instanceof ModelError && (message.test(error.message) || assert.fail(error.message)),
    ));

test('weights without a graph: the message says how to import them', () => {
  const { tensors } = readSafetensors(writeNetwork(four));
  assert.throws(
    () => readNetwork(writeSafetensors({ metadata: new Map(), tensors })),
    /5 tensors \(.*axond model import FILE --architecture DESCRIPTION/,
  );
});

test('half precision has no place in a model file', () => {
  const { metadata, tensors } = readSafetensors(writeNetwork(four));
  const half = new Map(tensors).set('s', { dtype: 'F16', shape: [1], bytes: Uint8Array.of(0, 0x3c) });
  assert.throws(() => readNetwork(writeSafetensors({ metadata, tensors: half })), /tensor s: is F16\. A model holds/);
});

test('a network that could not run is not written', () => {
  const tensors = new Map(four.tensors);
  tensors.delete('v');
  assert.throws(() => writeNetwork({ ...four, tensors }), /e: the file has no tensor v/);
});

test('a file cut off anywhere is refused', () => {
  const file = writeNetwork(four);
  for (let length = 0; length < file.length; length++)
    assert.throws(() => readNetwork(file.subarray(0, length)), ModelError, `${length} bytes`);
});

test('a file read as a Buffer, whose slices are views, is held the same', () => {
  const file = Buffer.from(writeNetwork(four));
  const { tensors } = readNetwork(file);
  file.fill(0);
  assert.deepEqual(tensors, four.tensors);
});
