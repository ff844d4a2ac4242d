import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Graph, Network, Tensor } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { arraysFor, fill, generatedFiles, seeded } from '../import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../import/tflite/import-tflite.js';
import { createInt8 } from './int8-model.js';
import { createStreaming } from './streaming.js';

interface LayerRecipe {
  readonly op: 'qconv2d' | 'qmaxpool' | 'qavgpool' | 'qlookup';
  readonly wide: number;
  readonly dilation: number;
  readonly outputs: number;
  readonly groups: 1 | 2;
}

const layers = fc.array(
  fc.record<LayerRecipe>({
    op: fc.constantFrom('qconv2d', 'qmaxpool', 'qavgpool', 'qlookup'),
    wide: fc.integer({ min: 1, max: 5 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 5 }),
    groups: fc.constantFrom(1, 2),
  }),
  { minLength: 0, maxLength: 5 },
);

/** A trunk of these layers behind one convolution, and a dense layer behind the trunk. */
function build(recipe: readonly LayerRecipe[], channels: number, spare: number, seed: number): Network {
  const draw = seeded(seed);
  const tensors = new Map<string, Tensor>();
  const kind = (zeroPoint: number) => ({ type: 'i8' as const, scale: 0.5, zeroPoint });
  const zero = () => Math.floor(draw() * 100) - 50;
  const put = (name: string, type: 'I8' | 'I32', shape: number[]): string => {
    const length = shape.reduce((product, axis) => product * axis, 1);
    const values = Array.from({ length }, () => Math.floor(draw() * 255) - 127);
    tensors.set(name, { type, shape, values: type === 'I8' ? Int8Array.from(values) : Int32Array.from(values) });
    return name;
  };
  const first: LayerRecipe = { op: 'qconv2d', wide: 2, dilation: 1, outputs: 4, groups: 1 };
  const inputZero = zero();
  const nodes: Graph['nodes'] = [];
  let columns = channels;
  let code = kind(inputZero);
  let span = 1;
  let last = 'samples';
  [first, ...recipe].forEach(({ op, wide, dilation, outputs, groups }, place) => {
    const name = `layer${place}`;
    const window = { stride: [1, 1], padding: [0, 0, 0, 0] } as { stride: [1, 1]; padding: [0, 0, 0, 0] };
    if (op === 'qlookup') {
      nodes.push({ op, name, from: [last], table: put(`${name}.table`, 'I8', [256]), output: code });
    } else if (op === 'qconv2d') {
      const shared = columns % groups === 0 ? groups : 1;
      const made = outputs * shared;
      tensors.set(`${name}.scale`, { type: 'F32', shape: [1], values: Float32Array.of(0.01) });
      code = kind(zero());
      nodes.push({
        op,
        name,
        from: [last],
        weight: put(`${name}.weight`, 'I8', [made, 1, wide, columns / shared]),
        weightScale: `${name}.scale`,
        bias: put(`${name}.bias`, 'I32', [made]),
        ...window,
        dilation: [1, dilation],
        groups: shared,
        output: code,
        low: -128,
        high: 100,
      });
      columns = made;
      span += (wide - 1) * dilation;
    } else {
      nodes.push({ op, name, from: [last], kernel: [1, wide], ...window, output: code, low: -100, high: 127 });
      span += wide - 1;
    }
    last = name;
  });
  const samples = span + spare;
  tensors.set('head.scale', { type: 'F32', shape: [1], values: Float32Array.of(0.01) });
  const weight = put('head.weight', 'I8', [3, (spare + 1) * columns]);
  nodes.push({
    op: 'qdense',
    name: 'head',
    from: [last],
    weight,
    weightScale: 'head.scale',
    output: kind(0),
    low: -128,
    high: 127,
  });
  const graph: Graph = {
    version: 1,
    name: 'trunk',
    inputs: [{ name: 'samples', shape: [1, samples, channels], kind: { domain: 'codes', ...kind(inputZero) } }],
    nodes,
    outputs: [{ name: 'head', node: 'head' }],
    assumptions: [],
    provenance: {},
  };
  return { graph, tensors };
}

/** Pushes random samples, and compares with the windowed network from the first full window on. */
function compare(network: Network, slides: string, extra: number, seed: number): void {
  const draw = seeded(seed);
  const [whole, streaming] = [createInt8(network), createStreaming(network, slides)];
  const place = whole.inputs.findIndex(({ name }) => name === slides);
  const [inputs, expected, outputs] = [arraysFor(whole.inputs), arraysFor(whole.outputs), arraysFor(whole.outputs)];
  const window = inputs[place]!;
  const others = inputs.filter((_, at) => at !== place);
  const sample = new Int8Array(streaming.channels);
  for (let count = 1; count < streaming.samples + extra; count++) {
    fill([sample, ...others], draw);
    window.copyWithin(0, sample.length);
    window.set(sample, window.length - sample.length);
    streaming.push(sample);
    assert.equal(streaming.isFull(), count >= streaming.samples);
    if (!streaming.isFull()) continue;
    whole.step(inputs, expected);
    streaming.step(others, outputs);
    assert.deepEqual(outputs, expected);
  }
}

test('any trunk of convolutions, pools and tables gives the codes of its windows', () => {
  fc.assert(
    fc.property(
      layers,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 4 }),
      fc.nat(0xffff),
      (recipe, channels, spare, seed) => compare(build(recipe, channels, spare, seed), 'samples', 12, seed),
    ),
    { seed: 1, numRuns: 150 },
  );
});

test('a recurrent network of TensorFlow Lite gives the codes of its windows', () => {
  for (const { name, bytes } of generatedFiles())
    if (name.startsWith('recurrent')) compare(importTflite(bytes), 'samples', 100, 3);
});

test('after a reset nothing of the samples before is left', () => {
  const network = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 1')!.bytes);
  const streaming = createStreaming(network, 'samples');
  const outputs = arraysFor(streaming.outputs);
  const run = (): string => {
    const draw = seeded(9);
    const sample = new Int8Array(1);
    for (let count = 0; count < streaming.samples; count++) {
      fill([sample], draw);
      streaming.push(sample);
    }
    streaming.step([new Int8Array(3)], outputs);
    return outputs.join();
  };
  const first = run();
  streaming.push(Int8Array.of(5));
  streaming.reset();
  assert.throws(() => streaming.step([new Int8Array(3)], outputs), {
    message: 'samples: 0 samples so far. The network looks at 20.',
  });
  assert.equal(run(), first);
});

describe('refused with the reason', () => {
  const network = build([], 2, 1, 1);
  const changed = (change: (graph: Graph) => Graph): Network => ({ ...network, graph: change(network.graph) });
  const first = (more: object) =>
    changed((graph) => ({
      ...graph,
      nodes: graph.nodes.map((node, at) => (at === 0 ? { ...node, ...more } : node)) as Graph['nodes'],
    }));
  const dense = { ...network.graph.nodes[1]!, from: ['samples'] } as Graph['nodes'][number];
  const narrow: Tensor = { type: 'I8', shape: [3, 6], values: new Int8Array(18) };
  const refused: readonly (readonly [string, Network, RegExp])[] = [
    ['a stride along time', first({ stride: [1, 2] }), /layer0 has a stride of 2\. Run the network on whole windows/],
    ['padding', first({ padding: [0, 1, 0, 0] }), /layer0 pads its input/],
    [
      'a trunk that is an output',
      changed((graph) => ({ ...graph, outputs: [...graph.outputs, { name: 'trunk', node: 'layer0' }] })),
      /layer0 is an output/,
    ],
    [
      'no convolution',
      { graph: { ...network.graph, nodes: [dense] }, tensors: new Map([...network.tensors, ['head.weight', narrow]]) },
      /since head is a qdense/,
    ],
  ];
  for (const [what, broken, message] of refused)
    test(what, () => {
      // A stride or padding changes how many columns reach the head.
      const tensors = new Map(broken.tensors);
      const columns = what === 'padding' ? 3 : what === 'a stride along time' ? 1 : undefined;
      if (columns)
        tensors.set('head.weight', { type: 'I8', shape: [3, columns * 4], values: new Int8Array(12 * columns) });
      assert.throws(() => createStreaming({ ...broken, tensors }, 'samples'), { name: 'ModelError', message });
    });

  test('an input that is not there', () =>
    assert.throws(() => createStreaming(network, 'x'), { message: 'x: not an input of trunk. Name one: samples.' }));
  test('a sample of another size', () =>
    assert.throws(() => createStreaming(network, 'samples').push(new Int8Array(3)), ModelError));
});
