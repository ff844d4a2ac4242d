import { File, Module, ready } from 'h5wasm';
import { tree, writeTree, type Plain } from '../../models/import/hdf5/hdf5-file.test.fixture.js';
import { mutateJson } from './mutate-json.js';
import { mutateOffsets } from './mutate-offsets.js';
import type { Random } from './random.js';

/** Small NIR files in which every kind of node occurs, and one of lava-dl. */
export async function hdf5Files(): Promise<{ name: string; bytes: Uint8Array }[]> {
  await ready;
  const nir = Object.entries(graphs).map(([name, { nodes, edges }]): [string, Plain] => [
    name,
    { version: '1.0', node: graph(nodes, edges) },
  ]);
  return [...nir, ['netx', netx] as const].map(([name, root]) => {
    const bytes = written(root);
    texts.set(bytes, JSON.stringify(root));
    return { name, bytes };
  });
}

/** What was written into a file, to be changed and written again: bytes of a file of this library do not survive a change. */
const texts = new WeakMap<Uint8Array, string>();

function written(root: Plain): Uint8Array {
  const file = new File('/small.h5', 'w');
  try {
    writeTree(file, tree(root));
  } finally {
    file.close();
  }
  const bytes = Module.FS.readFile('/small.h5').slice();
  Module.FS.unlink('/small.h5');
  return bytes;
}

/** Names, shapes and values changed in a file that is whole; or addresses in its bytes. */
export function mutateHdf5(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const text = texts.get(bytes);
  if (text === undefined || random.chance(0.3)) return mutateOffsets(8, bytes, other, random);
  try {
    return written(JSON.parse(mutateJson(text, random)) as Plain);
  } catch {
    return mutateOffsets(8, bytes, other, random);
  }
}

type Edges = readonly (readonly [string, string])[];

function graph(nodes: Plain, edges: Edges): Plain {
  return { type: 'NIRGraph', nodes, edges: { shape: [edges.length, 2], values: edges.flat() } };
}

const matrix = (...shape: number[]) => ({
  shape,
  values: Float32Array.from(
    { length: shape.reduce((product, axis) => product * axis, 1) },
    (_, at) => (at % 7) / 4 - 0.5,
  ),
});
const each = (length: number, value: number) => Array.from({ length }, () => value);
const lif = (length: number): Plain => ({
  type: 'LIF',
  tau: each(length, 0.002),
  r: each(length, 20),
  v_leak: each(length, 0),
  v_threshold: each(length, 1),
});
const cuba: Plain = {
  ...{ type: 'CubaLIF', tau_syn: each(3, 0.0002), tau_mem: each(3, 0.0004), r: each(3, 4), v_leak: each(3, 0) },
  ...{ v_threshold: each(3, 1), w_in: each(3, 2) },
};

const graphs: Record<string, { nodes: Plain; edges: Edges }> = {
  layers: {
    nodes: {
      input: { type: 'Input', shape: [4] },
      a: { type: 'Affine', weight: matrix(3, 4), bias: each(3, 0.1) },
      lif: lif(3),
      l: { type: 'Linear', weight: matrix(2, 3) },
      li: { type: 'LI', tau: each(2, 0.01), r: each(2, 1), v_leak: each(2, 0) },
      output: { type: 'Output', shape: [2] },
    },
    edges: [
      ['input', 'a'],
      ['a', 'lif'],
      ['lif', 'l'],
      ['l', 'li'],
      ['li', 'output'],
    ],
  },
  recurrent: {
    nodes: {
      input: { type: 'Input', shape: [3] },
      'c.lif': cuba,
      'c.w': { type: 'Linear', weight: matrix(3, 3) },
      d: { type: 'Delay', delay: each(3, 0.003) },
      s: { type: 'Scale', scale: each(3, 2) },
      output: { type: 'Output', shape: [3] },
    },
    edges: [
      ['input', 'c.lif'],
      ['c.lif', 'c.w'],
      ['c.w', 'c.lif'],
      ['c.lif', 'd'],
      ['d', 's'],
      ['s', 'output'],
    ],
  },
  image: {
    nodes: {
      input: { type: 'Input', shape: [2, 6, 6] },
      c: {
        ...{ type: 'Conv2d', input_shape: [6, 6], weight: matrix(3, 2, 3, 3), bias: each(3, 0) },
        ...{ stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
      },
      i: { type: 'IF', r: matrix(3, 6, 6), v_threshold: matrix(3, 6, 6) },
      p: { type: 'SumPool2d', kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] },
      f: { type: 'Flatten', start_dim: 0, end_dim: -1, input_type: [3, 3, 3] },
      t: { type: 'Threshold', threshold: each(27, 0.5) },
      output: { type: 'Output', shape: [27] },
    },
    edges: [
      ['input', 'c'],
      ['c', 'i'],
      ['i', 'p'],
      ['p', 'f'],
      ['f', 't'],
      ['t', 'output'],
    ],
  },
  nested: {
    nodes: {
      input: { type: 'Input', shape: [3] },
      inner: graph(
        {
          input: { type: 'Input', shape: [3] },
          lif: lif(3),
          w: { type: 'Linear', weight: matrix(3, 3) },
          output: { type: 'Output', shape: [3] },
        },
        [
          ['input', 'lif'],
          ['lif', 'w'],
          ['w', 'lif'],
          ['lif', 'output'],
        ],
      ),
      output: { type: 'Output', shape: [3] },
    },
    edges: [
      ['input', 'inner'],
      ['inner', 'output'],
    ],
  },
};

const netx: Plain = {
  layer: {
    '0': {
      type: 'dense',
      weight: { shape: [3, 4], values: [1, -2, 3, 4, 5, -6, 7, 8, 9, 10, -11, 12] },
      neuron: { type: 'CUBA', refDelay: 1, gradedSpike: 0, iDecay: 1024, vDecay: 128, vThMant: 80 },
      delay: [0, 2, 1],
    },
    '1': {
      type: 'dense',
      weight: { shape: [2, 3], values: [50, -60, 70, 80, 90, 100] },
      neuron: { type: 'CUBA', refDelay: 1, gradedSpike: 0, iDecay: 4095, vDecay: 4096, vThMant: 20 },
    },
  },
};
