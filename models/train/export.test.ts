import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReference } from '../engine/reference.js';
import { readNetwork, writeNetwork } from '../format/container.js';
import { exportSpiking } from './export.js';
import { initialise } from './initialise.js';
import { Pass } from './pass.js';
import { planNetwork } from './plan.js';
import { Random } from './random.js';
import { recipeSchema } from './recipe.js';
import { channelsFirst, elementsOf, type Volume } from './volume.js';

const networks: Record<string, { input: Volume; layers: unknown }> = {
  images: {
    input: { height: 9, width: 10, channels: 2 },
    layers: [
      { layer: 'conv2d', channels: 6, kernel: 3, padding: 1, maxpool: 2 },
      { layer: 'conv2d', channels: 5, kernel: 2, stride: 1, avgpool: 2 },
      { layer: 'dense', units: 11 },
      { layer: 'dense', units: 3 },
    ],
  },
  sequences: {
    input: { height: 1, width: 24, channels: 3 },
    layers: [
      { layer: 'conv1d', channels: 7, kernel: 5, stride: 2, padding: 2, avgpool: 3 },
      { layer: 'conv1d', channels: 4, kernel: 3, padding: 1, maxpool: 2 },
      { layer: 'dense', units: 3 },
    ],
  },
  vectors: {
    input: { height: 1, width: 1, channels: 20 },
    layers: [
      { layer: 'dense', units: 9 },
      { layer: 'dense', units: 3 },
    ],
  },
};
const images = 16;

for (const [name, { input, layers }] of Object.entries(networks))
  for (const spike of ['hoyer', 'threshold'] as const)
    for (const batchNorm of [true, false])
      test(`${name}, ${spike}, ${batchNorm ? 'with' : 'without'} batch norm: every spike and logit of the exported network is the training's`, () => {
        const random = Random.of(7, input.height, batchNorm ? 1 : 0);
        const plan = planNetwork({ layers: recipeSchema.shape.layers.parse(layers), batchNorm }, input, 3);
        const parameters = new Float32Array(plan.parameters);
        const running = new Float32Array(plan.running);
        initialise(plan, 1, parameters, running);
        for (const { at, running: averages, sums, last } of plan.blocks) {
          if (last) continue;
          parameters[at.threshold] = 0.2 + random.uniform() / 4;
          running[averages.extremum] = 0.3;
          for (let c = 0; batchNorm && c < sums.channels; c++) {
            // A third of the gains is negative, one is 0.
            parameters[at.gain + c] = c === 2 ? 0 : 1.5 * random.uniform() - 0.5;
            parameters[at.shift + c] = random.uniform() - 0.3;
            running[averages.mean + c] = random.uniform() - 0.5;
            running[averages.variance + c] = random.uniform() / 2;
          }
        }
        const options = { activation: spike, steps: 1, quantised: true, regulariser: 0, images };
        const pass = new Pass(plan, parameters, running, options);
        const codes = Uint8Array.from({ length: images * elementsOf(input) }, () => random.below(256));
        pass.input.values.values.set(codes);
        pass.load();
        pass.forward(images, 'evaluate');

        const weights = { plan, parameters, running };
        const exported = exportSpiking(weights, { name, spike, provenance: {} });
        const network = readNetwork(writeNetwork(exported));
        const hidden = plan.blocks.filter(({ last }) => !last).map((block) => `${block.name}.spikes`);
        const outputs = [...hidden.map((node) => ({ name: node, node })), ...network.graph.outputs];
        const model = createReference({ graph: { ...network.graph, outputs }, tensors: network.tensors });
        const results = model.outputs.map(({ shape, type }) => {
          const length = shape.reduce((product, extent) => product * extent, 1);
          return type === 'f32' ? new Float32Array(length) : new Uint8Array(length);
        });
        let spikes = 0;
        let places = 0;
        const code = new Uint8Array(elementsOf(input));
        for (let i = 0; i < images; i++) {
          channelsFirst(codes.subarray(i * code.length, (i + 1) * code.length), input, code);
          model.step([code], results);
          hidden.forEach((node, place) => {
            const { volume, values } = pass.spikesOf(place)!;
            const size = elementsOf(volume);
            const expected = new Uint8Array(size);
            channelsFirst(Uint8Array.from(values.values.subarray(i * size, (i + 1) * size)), volume, expected);
            assert.deepEqual(results[place], expected, `${node} of image ${i}`);
            spikes += expected.reduce((sum, spiked) => sum + spiked, 0);
            places += size;
          });
          assert.deepEqual(results.at(-1), pass.logits.values.values.slice(i * 3, (i + 1) * 3));
        }
        assert.ok(spikes > 0.05 * places && spikes < 0.95 * places, `${spikes} of ${places} spiked`);
      });
