import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { createReference } from '../../engine/reference.js';
import { importTfjs } from './import-tfjs.js';

const packaged = (name: string): URL => new URL(`../../../../models/import/${name}`, import.meta.url);
const json = (name: string): unknown => JSON.parse(readFileSync(packaged(name), 'utf8'));

const imported = (model: unknown, weights: Uint8Array): Network =>
  importTfjs(Buffer.from(JSON.stringify(model)), { readBeside: () => weights }) as Network;

/** From channels last, as TensorFlow.js has them, to channels first. */
function channelsFirst(values: readonly number[], shape: readonly number[]): number[] {
  const channels = shape.at(-1)!;
  const places = values.length / channels;
  return Array.from(values, (_, i) => values[(i % places) * channels + Math.floor(i / places)]!);
}

function run(network: Network, input: readonly number[]): number[] {
  const model = createReference(network);
  const output = new Float32Array(model.outputs[0]!.shape.reduce((a, b) => a * b, 1));
  model.step([Float32Array.from(input)], [output]);
  return Array.from(output);
}

function assertClose(got: readonly number[], wanted: readonly number[]): void {
  assert.equal(got.length, wanted.length);
  got.forEach((value, i) => {
    const error = Math.abs(value - wanted[i]!);
    assert.ok(error <= 1e-5 * Math.max(1, Math.abs(wanted[i]!)), `element ${i} is ${value}, not ${wanted[i]}`);
  });
}

const { cases } = json('fixtures/t1mini-f32.onnxruntime.json') as { cases: { codes: number[] }[] };
const t1mini = {
  model: json('fixtures/t1mini-tfjs/model.json') as { modelTopology: { config: { layers: LayerJson[] } } },
  weights: readFileSync(packaged('fixtures/t1mini-tfjs/group1-shard1of1.bin')),
};
interface LayerJson {
  class_name: string;
  config: Record<string, unknown>;
}

test('t1mini-tfjs gives the logits of TensorFlow.js', () => {
  const network = imported(t1mini.model, t1mini.weights);
  const { logits } = json('fixtures/t1mini-tfjs.tfjs.json') as { logits: number[][] };
  assert.equal(logits.length, 32);
  cases.forEach(({ codes }, i) => {
    assertClose(
      run(
        network,
        codes.map((code) => (code - 128) / 64),
      ),
      logits[i]!,
    );
  });
  assert.match(network.graph.assumptions.join('\n'), /spike1 \(ThresholdedReLU\) lets values pass, it does not spike/);
  assert.match(network.graph.assumptions.join('\n'), /conv1d_input is \[8, 24\], channels first/);
});

test('a ThresholdedReLU that is marked axond_spike spikes', () => {
  const model = structuredClone(t1mini.model);
  for (const { class_name: kind, config } of model.modelTopology.config.layers)
    if (kind === 'ThresholdedReLU') config['axond_spike'] = true;
  const spiking = imported(model, t1mini.weights);
  const plain = imported(t1mini.model, t1mini.weights);
  const show = (network: Network, node: string): Network => ({
    ...network,
    graph: { ...network.graph, outputs: [{ name: node, node }] },
  });
  const input = cases[3]!.codes.map((code) => (code - 128) / 64);
  const passed = run(show(plain, 'spike1'), input);
  assert.ok(passed.some((value) => value > 0));
  assert.deepEqual(
    run(show(spiking, 'spike1'), input),
    passed.map((value) => (value > 0 ? 1 : 0)),
  );
  assert.equal(spiking.graph.nodes.find(({ name }) => name === 'spike2')?.op, 'compare');
});

interface Recorded {
  name: string;
  shape: number[];
  model: { modelTopology: object; weightsManifest: { paths: string[]; weights: object[] }[] };
  weights: string;
  cases: { input: number[]; output: number[] }[];
}
const { models } = json('tfjs/layers.tfjs.json') as { models: Recorded[] };

for (const { name, shape, model, weights, cases: recorded } of models)
  test(`as TensorFlow.js: ${name}`, () => {
    const network = imported(model, Buffer.from(weights, 'base64'));
    for (const { input, output } of recorded) assertClose(run(network, channelsFirst(input, shape)), output);
  });

const first = models[0]!;
type Topology = { config: { layers: LayerJson[] } };
function changed(change: (model: Recorded['model'] & { modelTopology: Topology; format: string }) => void): unknown {
  const model = structuredClone(first.model) as Parameters<typeof change>[0];
  change(model);
  return model;
}

const refusals: [string, unknown, RegExp][] = [
  ['a graph model', changed((model) => (model.format = 'graph-model')), /format graph-model/],
  [
    'weights in another folder',
    changed((model) => (model.weightsManifest[0]!.paths = ['../weights.bin'])),
    /"\.\.\/weights\.bin"\. They must lie in the folder/,
  ],
  [
    'a file of weights named twice',
    changed((model) => (model.weightsManifest[0]!.paths = ['weights.bin', 'weights.bin'])),
    /names the weights "weights\.bin" twice/,
  ],
  [
    'a class that is not read',
    changed((model) => (model.modelTopology.config.layers[1]!.class_name = 'LSTM')),
    /layers of class LSTM are not read/,
  ],
  [
    'an activation that is not read',
    changed((model) => (model.modelTopology.config.layers[0]!.config['activation'] = 'selu')),
    /\(Dense\): activation/,
  ],
  [
    'units that do not fit the weights',
    changed((model) => (model.modelTopology.config.layers[0]!.config['units'] = 60)),
    /kernel is \[7, 6\], but \[7, 60\] fits/,
  ],
  [
    'a free axis',
    changed((model) => (model.modelTopology.config.layers[0]!.config['batch_input_shape'] = [null, null])),
    /A batch of 1 or null and fixed axes/,
  ],
  [
    'weights that are too long',
    changed((model) => model.weightsManifest[0]!.weights.pop()),
    /bytes, but the weights take \d+/,
  ],
  [
    'a huge weight',
    changed((model) => Object.assign(model.weightsManifest[0]!.weights[0]!, { shape: [1048576, 1048576] })),
    /At most 16777216 elements/,
  ],
  ['no layers', changed((model) => (model.modelTopology.config.layers = [])), /modelTopology/],
  ['no model', { models: [] }, /model\.json/],
];

for (const [name, model, reason] of refusals)
  test(`refused: ${name}`, () => {
    assert.throws(
      () => imported(model, Buffer.from(first.weights, 'base64')),
      (error: unknown) => error instanceof ModelError && reason.test(error.message),
    );
  });

test('a damaged model.json is refused with a ModelError or read whole', () => {
  let state = 3;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  for (let i = 0; i < 200; i++) {
    const { model, weights } = models[random(models.length)]!;
    const file = Buffer.from(JSON.stringify(model));
    for (let n = random(3); n >= 0; n--) file[random(file.length)] = 32 + random(95);
    try {
      void importTfjs(file, { readBeside: () => Buffer.from(weights, 'base64') });
    } catch (error) {
      assert.ok(error instanceof ModelError, error instanceof Error ? (error.stack ?? '') : String(error));
      refused++;
    }
  }
  assert.ok(refused > 30 && refused < 200, String(refused));
});

test('layers may stand in any order, however many there are', () => {
  const layer = (kind: string, name: string, from?: string): object => ({
    class_name: kind,
    name,
    config: { name, rate: 0.5, batch_input_shape: [null, 4], activation: 'relu' },
    inbound_nodes: from === undefined ? [] : [[[from, 0, 0]]],
  });
  const chain = Array.from({ length: 4000 }, (_, at) => layer('Dropout', `d${at}`, at === 0 ? 'i' : `d${at - 1}`));
  const layers = [layer('InputLayer', 'i'), ...chain, layer('Activation', 'a', 'd3999')].reverse();
  const config = { name: 'm', layers, input_layers: [['i', 0, 0]], output_layers: [['a', 0, 0]] };
  const model = { modelTopology: { class_name: 'Functional', config }, weightsManifest: [] };
  assert.deepEqual(run(imported(model, new Uint8Array(0)), [-1, 0, 1, 2]), [0, 0, 1, 2]);
  layers[4000] = layer('Dropout', 'd0', 'd3999');
  assert.throws(() => imported(model, new Uint8Array(0)), /reads itself, through other layers/);
});
