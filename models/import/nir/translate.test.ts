import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { sharedData } from '../../../test/shared-data.js';
import { createReference } from '../../engine/reference.js';
import type { Network } from '../../format/graph.js';
import { fixture } from '../fixtures.test.fixture.js';
import { tree, writeHdf5, writeTree, type Plain } from '../hdf5/hdf5-file.test.fixture.js';
import { importHdf5 } from '../import-hdf5.js';
import type { ImportOptions } from '../importer.js';
import { parseNir } from './graph.js';
import { translateNir } from './translate.js';

/** A NIR graph as the tree of its file. */
function nir(nodes: Plain, edges: readonly (readonly [string, string])[], metadata?: Plain): Plain {
  return {
    version: '1.0',
    node: {
      type: 'NIRGraph',
      nodes,
      edges: { shape: [edges.length, 2], values: edges.flat() },
      ...(metadata && { metadata }),
    },
  };
}
const input = (...shape: number[]): Plain => ({ type: 'Input', shape });
const output = (...shape: number[]): Plain => ({ type: 'Output', shape });
const chain = (...names: string[]) => names.slice(1).map((name, at) => [names[at] ?? '', name] as const);
const matrix = (rows: number[][]) => ({ shape: [rows.length, rows[0]?.length ?? 0], values: rows.flat() });

function translate(file: Plain, options: ImportOptions = {}): Network {
  return translateNir(parseNir(tree(file)), 1000, options);
}

/** Outputs of one tick after another of a network with one input and one output. */
function run(network: Network, ticks: readonly (readonly number[])[]): number[][] {
  const model = createReference(network);
  const port = model.outputs[0]!;
  const size = port.shape.reduce((product, axis) => product * axis, 1);
  const out = port.type === 'f32' ? new Float32Array(size) : new Uint8Array(size);
  return ticks.map((values) => {
    model.step([Float32Array.from(values)], [out]);
    return [...out];
  });
}

const lif = { type: 'LIF', tau: [0.002], r: [20], v_leak: [0], v_threshold: [1] };
const cuba = {
  ...{ type: 'CubaLIF', tau_syn: [0.0002, 0.0002], tau_mem: [0.0004, 0.0004], r: [4, 4], v_leak: [0, 0] },
  ...{ v_threshold: [1, 1], w_in: [2, 2] },
};

describe('NIR: what the nodes compute', () => {
  it('t1mini_folded.nir equals its golden: spikes the same, logits within 1e-5', async () => {
    const golden = z
      .object({
        cases: z.array(
          z.object({ x: z.array(z.number()), spike1: z.string(), spike2: z.string(), logits: z.array(z.number()) }),
        ),
      })
      .parse(JSON.parse(fixture('t1mini_folded.golden.json').toString()));
    const network = await importHdf5(fixture('t1mini_folded.nir'), {});
    const spiking = network.graph.nodes.filter(({ op }) => op === 'compare').map(({ name }) => ({ name, node: name }));
    const model = createReference({
      ...network,
      graph: { ...network.graph, outputs: [...network.graph.outputs, ...spiking] },
    });
    const [logits, first, second] = [new Float32Array(4), new Uint8Array(192), new Uint8Array(32)];
    assert.equal(golden.cases.length, 12);
    for (const each of golden.cases) {
      model.step([Float32Array.from(each.x, (code) => (code - 128) / 64)], [logits, first, second]);
      assert.equal(first.join(''), each.spike1);
      assert.equal(second.join(''), each.spike2);
      logits.forEach((logit, at) => assert.ok(Math.abs(logit - each.logits[at]!) < 1e-5));
    }
  });

  it('the same through an HDF5 file written by the library as through its tree', async () => {
    const file = nir({ in: input(1), lif, out: output(1) }, chain('in', 'lif', 'out'));
    const bytes = await writeHdf5((h5) => writeTree(h5, tree(file)));
    assert.deepEqual(await importHdf5(bytes, {}), translate(file));
  });

  it('convolutions pad "same" as PyTorch does: the odd place behind; groups, strides and dilation', () => {
    const weight = { shape: [1, 1, 4], values: [1, 10, 100, 1000] };
    const same = {
      type: 'Conv1d',
      weight,
      bias: [0],
      stride: 1,
      padding: 'same',
      dilation: 1,
      groups: 1,
      input_shape: 5,
    };
    const conv = (node: Plain, length: number) =>
      run(translate(nir({ in: input(1, 5), conv: node, out: output(1, length) }, chain('in', 'conv', 'out'))), [
        [1, 2, 3, 4, 5],
      ])[0];
    assert.deepEqual(conv(same, 5), [3210, 4321, 5432, 543, 54]);
    assert.deepEqual(conv({ ...same, padding: 'valid' }, 2), [4321, 5432]);
    assert.deepEqual(conv({ ...same, padding: 2, stride: 2 }, 3), [2100, 4321, 543]);
    const grouped = {
      ...{ type: 'Conv2d', weight: { shape: [2, 1, 1, 2], values: [1, 10, 1, 100] }, bias: [0, 0.5], groups: 2 },
      ...{ stride: [1, 1], padding: [0, 1], dilation: [1, 2], input_shape: [1, 3] },
    };
    const network = translate(
      nir({ in: input(2, 1, 3), conv: grouped, out: output(2, 1, 3) }, chain('in', 'conv', 'out')),
    );
    assert.deepEqual(run(network, [[1, 2, 3, 4, 5, 6]])[0], [20, 31, 2, 500.5, 604.5, 5.5]);
  });

  it('pools sum or average, count spikes, and averages count the padding', () => {
    const pool = (type: string, padding: number, size: number, input1 = input(1, 2, 2)) =>
      run(
        translate(
          nir(
            {
              in: input1,
              p: { type, kernel_size: [2, 2], stride: 2, padding: [padding, padding] },
              out: output(1, size, size),
            },
            chain('in', 'p', 'out'),
          ),
        ),
        [[1, 2, 3, 5]],
      )[0];
    assert.deepEqual(pool('SumPool2d', 0, 1), [11]);
    assert.deepEqual(pool('AvgPool2d', 0, 1), [2.75]);
    assert.deepEqual(pool('AvgPool2d', 1, 2), [0.25, 0.5, 0.75, 1.25]);
    const spikes = nir(
      {
        ...{ in: input(1, 2, 2), t: { type: 'Threshold', threshold: 1.5 }, out: output(1, 1, 1) },
        p: { type: 'SumPool2d', kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] },
      },
      chain('in', 't', 'p', 'out'),
    );
    assert.deepEqual(run(translate(spikes), [[1, 2, 3, 5]]), [[3]]);
  });

  it('flattens some axes, scales, delays by whole ticks', () => {
    const flatten = { type: 'Flatten', start_dim: 1, end_dim: 2, input_type: [1, 2, 2] };
    const network = translate(
      nir(
        {
          ...{ in: input(1, 2, 2), f: flatten, s: { type: 'Scale', scale: { shape: [1, 4], values: [1, 2, 3, 4] } } },
          ...{ d: { type: 'Delay', delay: { shape: [1, 4], values: [0, 0.001, 0.002, 0.0014] } }, out: output(1, 4) },
        },
        chain('in', 'f', 's', 'd', 'out'),
      ),
      { tickSeconds: 0.001 },
    );
    const ones = [1, 1, 1, 1];
    assert.deepEqual(run(network, [ones, ones, ones]), [
      [1, 0, 0, 0],
      [1, 2, 0, 4],
      [1, 2, 3, 4],
    ]);
    assert.match(network.graph.assumptions.join(), /d: its delays are rounded to whole ticks of 0.001 s/);
  });

  it('edges into one node are summed, spikes and real numbers alike, more than eight too', () => {
    const thresholds = Array.from(
      { length: 9 },
      (_, n) => [`t${n}`, { type: 'Threshold', threshold: n + 0.5 }] as const,
    );
    const edges = thresholds.flatMap(([name]) => [['in', name] as const, [name, 'out'] as const]);
    const nodes = { in: input(1), out: output(1), ...Object.fromEntries(thresholds) };
    assert.deepEqual(run(translate(nir(nodes, edges)), [[0], [3], [20]]), [[0], [3], [9]]);
    assert.deepEqual(run(translate(nir(nodes, [...edges, ['in', 'out']])), [[3], [20]]), [[6], [29]]);
  });

  it('single numbers stand for all neurons', () => {
    const scalar = { type: 'LIF', tau: 0.002, r: 20, v_leak: 0, v_threshold: [1, 2] };
    const full = { ...scalar, tau: [0.002, 0.002], r: [20, 20], v_leak: [0, 0] };
    const of = (node: Plain) => translate(nir({ in: input(2), lif: node, out: output(2) }, chain('in', 'lif', 'out')));
    assert.deepEqual(of(scalar), of(full));
    assert.deepEqual(
      run(of(scalar), [
        [0.9, 0.9],
        [0.9, 0.9],
        [0.9, 0.9],
      ]),
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    );
  });
});

describe('NIR: cycles and graphs inside graphs', () => {
  const rec = {
    type: 'Affine',
    weight: matrix([
      [0, 1],
      [0.5, 0],
    ]),
    bias: [0.1, 0.2],
  };
  const flat = nir({ in: input(2), 'l.lif': cuba, 'l.w': rec, out: output(2) }, [
    ['in', 'l.lif'],
    ['l.lif', 'l.w'],
    ['l.w', 'l.lif'],
    ['l.lif', 'out'],
  ]);
  const inner: Plain = {
    type: 'NIRGraph',
    nodes: { input: input(2), lif: cuba, w: rec, output: output(2) },
    edges: { shape: [4, 2], values: ['input', 'lif', 'lif', 'w', 'w', 'lif', 'lif', 'output'] },
  };
  const ticks = Array.from({ length: 30 }, (_, n) => [n % 3 === 0 ? 1 : 0, n % 4 === 0 ? 1 : 0]);

  it('a cycle carries the spikes of the tick before: as written out in float64', () => {
    let [i, v, z] = [
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    const expected = ticks.map((x) => {
      const fed = [x[0]! + z[1]! + 0.1, x[1]! + 0.5 * z[0]! + 0.2];
      // dt = 1e-4: synapses keep a half and gain 1, membranes keep three quarters and gain 1.
      i = i.map((each, n) => 0.5 * each + fed[n]!);
      v = v.map((each, n) => 0.75 * each + i[n]!);
      z = v.map((each) => (each > 1 ? 1 : 0));
      v = v.map((each, n) => (z[n] ? 0 : each));
      return z;
    });
    const network = translate(flat);
    assert.deepEqual(run(network, ticks), expected);
    assert.match(network.graph.assumptions.join(), /Edge l.lif → l.w closes a cycle/);
  });

  it('a graph inside a graph is the same network', () => {
    const nested = nir({ in: input(2), l: inner, out: output(2) }, chain('in', 'l', 'out'));
    assert.deepEqual(run(translate(nested), ticks), run(translate(flat), ticks));
    const names = (network: Network) => network.graph.nodes.map(({ name }) => name).sort();
    assert.deepEqual(names(translate(nested)), names(translate(flat)));
  });

  it('a loop over several layers is closed where it is entered', () => {
    const affine = { type: 'Linear', weight: matrix([[1]]) };
    const network = translate(
      nir({ in: input(1), a: affine, l: lif, b: affine, m: lif, out: output(1) }, [
        ...chain('in', 'a', 'l', 'b', 'm', 'out'),
        ['m', 'a'],
      ]),
    );
    assert.deepEqual(
      network.graph.nodes.filter((node) => node.op === 'previous').map((node) => node.of),
      ['m'],
    );
  });

  it('a neuron that only a cycle reads stays', () => {
    const network = translate(
      nir({ in: input(1), l: lif, m: lif, out: output(1) }, [...chain('in', 'l', 'out'), ...chain('l', 'm', 'l')]),
    );
    assert.deepEqual(
      network.graph.nodes.map(({ name }) => name),
      ['m@previous', 'm@previous.real', 'l.sum', 'l', 'l.real', 'm'],
    );
  });

  it('a cycle without a neuron is refused with its edge', () => {
    const scale = { type: 'Scale', scale: 0.5 };
    assert.throws(
      () =>
        translate(
          nir({ in: input(1), a: scale, b: scale, out: output(1) }, [...chain('in', 'a', 'b', 'out'), ['b', 'a']]),
        ),
      /edge a → b is part of a cycle without a neuron/,
    );
  });
});

describe('NIR: the tick and the reset', () => {
  const one = (neuron: Plain, options: ImportOptions = {}, metadata?: Plain) =>
    translate(nir({ in: input(1), n: neuron, out: output(1) }, chain('in', 'n', 'out'), metadata), options);
  const neuronOf = (network: Network) => network.graph.nodes.find((node) => node.op === 'neuron')!;
  const decayOf = (network: Network) => network.tensors.get('n.decay')!.values[0];

  it('the file says it, else the options, else τ/r of every neuron, and each guess is written down', () => {
    const proposed = one(lif);
    assert.equal(proposed.graph.tickSeconds, 0.0001);
    assert.match(proposed.graph.assumptions.join(), /0.0001 s is proposed/);
    const asked = one(lif, { tickSeconds: 0.001, integrator: 'zoh' });
    assert.equal(asked.graph.tickSeconds, 0.001);
    assert.equal(decayOf(asked), Math.fround(Math.exp(-0.5)));
    const stored = one(lif, { tickSeconds: 0.001 }, { axond_dt: 0.0002 });
    assert.equal(stored.graph.tickSeconds, 0.0002);
    assert.match(stored.graph.assumptions.join(), /0.001 s was not used/);
  });

  it('is not guessed where τ/r is τ itself or differs', () => {
    assert.throws(() => one({ ...lif, r: [1] }), /how long a tick is.*--dt/);
    const two = nir(
      { in: input(1), n: lif, m: { ...lif, tau: [0.004] }, out: output(1) },
      chain('in', 'n', 'm', 'out'),
    );
    assert.throws(() => translate(two), /how long a tick is/);
    assert.doesNotThrow(() => translate(two, { tickSeconds: 1e-4 }));
  });

  it('constants in ticks keep the tick open', () => {
    const network = one({ ...lif, tau: [20], r: [1] });
    assert.equal(network.graph.tickSeconds, undefined);
    assert.equal(decayOf(network), Math.fround(Math.exp(-1 / 20)));
    assert.match(network.graph.assumptions.join(), /taken as ticks/);
    assert.match(one({ ...lif, tau: [20], r: [1] }, { tickSeconds: 0.1 }).graph.assumptions.join(), /Leave out --dt/);
  });

  it('constants in ticks are told by an r of 1 (Sinabs) or 1 − 1/τ (Spyx), and by no other', () => {
    const spyx = one({ ...lif, tau: [20], r: [0.95] }, { integrator: 'zoh' });
    assert.equal(spyx.graph.tickSeconds, undefined);
    assert.equal(decayOf(spyx), Math.fround(0.95));
    assert.match(spyx.graph.assumptions.join(), /taken is 1 − 1\/τ.*integrator zoh .*not used/);
    const sinabs = one({ ...lif, tau: [20], r: [1] });
    assert.match(sinabs.graph.assumptions.join(), /taken is exp\(−1\/τ\)/);
    assert.doesNotMatch(sinabs.graph.assumptions.join(), /euler|1 − 1\/τ where/);
    assert.throws(() => one({ ...lif, tau: [20], r: [0.5] }), /how long a tick is.*--dt/);
  });

  it('a Delay that no time constant explains is refused without a tick', () => {
    const delay = { type: 'Delay', delay: [0.001] };
    const alone = nir({ in: input(1), d: delay, out: output(1) }, chain('in', 'd', 'out'));
    assert.throws(() => translate(alone), /how long a tick is.*--dt/);
    const adding = { type: 'IF', r: [1], v_threshold: [1] };
    const beside = nir({ in: input(1), d: delay, n: adding, out: output(1) }, chain('in', 'd', 'n', 'out'));
    assert.throws(() => translate(beside), /how long a tick is.*--dt/);
    assert.doesNotMatch(translate(alone, { tickSeconds: 0.001 }).graph.assumptions.join(), /Leave out --dt/);
  });

  it('a reset that nobody names is v = v_reset, with a warning; metadata name it', () => {
    const unknown = one({ ...lif, v_reset: [0.25] });
    assert.equal(neuronOf(unknown).reset, 'set');
    assert.equal(unknown.tensors.get('n.resetValue')?.values[0], 0.25);
    assert.match(unknown.graph.assumptions.join(), /reset by subtraction/);
    const stored = one(lif, {}, { axond_reset: 'subtract' });
    assert.equal(neuronOf(stored).reset, 'subtract');
    assert.doesNotMatch(stored.graph.assumptions.join(), /reset by subtraction/);
    assert.equal(neuronOf(one(lif, { integrator: 'subtract' })).reset, 'subtract');
    const own = { ...lif, metadata: { axond_reset: 'zero' } };
    assert.equal(neuronOf(one(own, { integrator: 'subtract' })).reset, 'set');
  });
});

describe('NIR: what is refused, and why', () => {
  const refused: readonly (readonly [string, Plain, RegExp])[] = [
    [
      'an edge to nowhere',
      nir({ in: input(1), out: output(1) }, [['in', 'lif']]),
      /node: edge in → lif names "lif".*its nodes are in, out/,
    ],
    [
      'an unknown type',
      nir({ in: input(1), x: { type: 'GRU' } }, []),
      /node\/nodes\/x: its type "GRU" is not known.*CubaLIF/,
    ],
    ['a name from every object', nir({ x: { type: 'constructor' } }, []), /its type "constructor" is not known/],
    ['a node without type', nir({ x: { r: 1 } }, []), /node\/nodes\/x has no type \(it has r\)/],
    [
      'a weight of another width',
      nir(
        { in: input(2), a: { type: 'Linear', weight: matrix([[1, 2, 3]]) }, out: output(1) },
        chain('in', 'a', 'out'),
      ),
      /a: weight has the shape \[1, 3\], but its input is \[2\] \(in\). Give a weight of \[outputs, 2\]/,
    ],
    [
      'parameters of two shapes',
      nir({ in: input(2), l: { ...lif, tau: [1, 1], r: [1, 1, 1] }, out: output(2) }, chain('in', 'l', 'out')),
      /nodes\/l: parameters of \[3\] and of \[2\]/,
    ],
    [
      'neurons of another number',
      nir({ in: input(3), l: { ...lif, tau: [0.1, 0.1] }, out: output(2) }, chain('in', 'l', 'out')),
      /l: its parameters have the shape \[2\], its input \[3\] \(in\)/,
    ],
    [
      'an Output of another shape',
      nir({ in: input(3), out: output(2) }, chain('in', 'out')),
      /out: an Output of shape \[2\] gets \[3\] from in/,
    ],
    [
      'sums of two shapes',
      nir({ a: input(3), b: input(2), out: output(3) }, [
        ['a', 'out'],
        ['b', 'out'],
      ]),
      /out: the edges into it carry \[3\] \(a\) and \[2\] \(b\)/,
    ],
    [
      'a time constant of zero',
      nir({ in: input(1), l: { ...lif, tau: [0] } }, []),
      /nodes\/l\/tau: element 0 is 0. Give numbers above 0/,
    ],
    ['a NaN', nir({ in: input(1), l: { ...lif, r: [NaN] } }, []), /nodes\/l\/r: element 0 is NaN/],
    ['no Output', nir({ in: input(1) }, []), /the graph has no Output/],
    ['no Input', nir({ l: lif, out: output(1) }, chain('l', 'out')), /l: no edge leads to it/],
    [
      'a bias of another length',
      nir({ in: input(1), a: { type: 'Affine', weight: matrix([[1]]), bias: [1, 2] } }, []),
      /nodes\/a\/bias has the shape \[2\]. Give \[1\]/,
    ],
    ['an Affine without bias', nir({ a: { type: 'Affine', weight: matrix([[1]]) } }, []), /nodes\/a has no bias/],
    [
      'same with a stride',
      nir({ c: { type: 'Conv1d', weight: { shape: [1, 1, 3], values: [1, 1, 1] }, padding: 'same', stride: 2 } }, []),
      /padding "same" with a stride of \[2\]/,
    ],
    [
      'an input_shape that is not so',
      nir(
        {
          in: input(1, 5),
          c: { type: 'Conv1d', weight: { shape: [1, 1, 1], values: [1] }, input_shape: 6 },
          out: output(1, 5),
        },
        chain('in', 'c', 'out'),
      ),
      /c: its input_shape is \[6\], but its input is \[1, 5\]/,
    ],
    ['nothing of NIR', { layer: {} }, /not a NIR file: it has no group \/node \(it has layer\)/],
    ['a node that is not a graph', { node: lif }, /its type is not "NIRGraph"/],
    [
      'edges of three',
      { node: { type: 'NIRGraph', nodes: { a: input(1) }, edges: { shape: [1, 3], values: ['a', 'b', 'c'] } } },
      /node\/edges has the shape \[1, 3\]. Give \[edges, 2\]/,
    ],
  ];
  for (const [name, file, message] of refused)
    it(name, () => assert.throws(() => translate(file), { name: 'ModelError', message }));

  it('graphs five deep', () => {
    let graph: Plain = {
      type: 'NIRGraph',
      nodes: { input: input(1), output: output(1) },
      edges: { shape: [1, 2], values: ['input', 'output'] },
    };
    for (let depth = 0; depth < 4; depth++)
      graph = {
        type: 'NIRGraph',
        nodes: { input: input(1), g: graph, output: output(1) },
        edges: { shape: [2, 2], values: ['input', 'g', 'g', 'output'] },
      };
    assert.throws(() => translate({ node: graph }), /graphs are nested more than 4 deep/);
  });

  it('an Output with axes of length 1 more is taken, and said', () => {
    const network = translate(nir({ in: input(1), l: lif, out: output(1, 1, 1) }, chain('in', 'l', 'out')));
    assert.match(network.graph.assumptions.join(), /out: an Output of \[1, 1, 1\] gets \[1\]/);
  });
});

const samples = sharedData('nir');
describe('NIR: real files', { skip: samples === undefined && 'shared data absent' }, () => {
  const read = (name: string) => readFileSync(`${samples ?? ''}/${name}`);
  const steps: readonly (readonly [string, ImportOptions])[] = [
    ['braille_noDelay_bias_zero.nir', {}],
    ['braille_noDelay_noBias_subtract.nir', { integrator: 'subtract' }],
    ['cnn_sinabs.nir', {}],
    ['lif_norse.nir', { tickSeconds: 1e-4 }],
    ['lif_rockpool.nir', { tickSeconds: 1e-4 }],
    ['two_lif_neurons.nir', { tickSeconds: 1e-4 }],
  ];
  for (const [name, options] of steps)
    it(`${name} imports and steps on random input`, async () => {
      const network = await importHdf5(read(name), options);
      const size = network.graph.inputs[0]!.shape.reduce((product, axis) => product * axis, 1);
      let seed = 3;
      const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
      const ticks = Array.from({ length: 40 }, () => Array.from({ length: size }, () => (random() < 0.5 ? 1 : 0)));
      const spikes = run(network, ticks).flat();
      assert.ok(spikes.every((spike) => spike === 0 || spike === 1));
      // The second neuron of two_lif_neurons.nir has a threshold out of reach.
      assert.equal(spikes.includes(1), name !== 'two_lif_neurons.nir');
    });

  it('files that do not tell their tick are refused without one', async () => {
    await assert.rejects(importHdf5(read('lif_norse.nir'), {}), /how long a tick is/);
    await assert.rejects(importHdf5(read('two_lif_neurons.nir'), {}), /how long a tick is/);
  });

  it('the malformed subgraph is refused with its edge', async () => {
    await assert.rejects(importHdf5(read('braille_noDelay_bias_zero_subgraph.nir'), {}), {
      name: 'ModelError',
      message:
        /node\/nodes\/lif1: edge \w+ → \w+ names "lif", which is no node of it \(its nodes are input, lif1, lin, output\)/,
    });
  });
});
