import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedFiles, seeded } from '../import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../import/tflite/import-tflite.js';
import { Interleaved } from './interleaved.js';
import { createPortiloop, portiloopSchedule } from './portiloop.js';

const generated = (name: string) => importTflite(generatedFiles().find((file) => file.name === name)!.bytes);

test('ports are told by their sizes, in whatever order they stand', () => {
  const network = generated('recurrent 2');
  const { graph } = network;
  const turned = {
    ...network,
    graph: { ...graph, inputs: graph.inputs.toReversed(), outputs: graph.outputs.toReversed() },
  };
  const named = new Interleaved(network, {
    samples: 'samples',
    state: { input: 'h', output: "h'" },
    result: 'y',
    ...portiloopSchedule,
    beyond: 'wrap',
  });
  const told = [createPortiloop(network, 'wrap'), createPortiloop(turned, 'wrap')];
  const draw = seeded(4);
  for (let index = 0; index < 300; index++) {
    const sample = Float64Array.of(draw() * 30 - 15);
    const answered = named.push(sample, 0);
    for (const each of told) {
      assert.equal(each.push(sample, 0), answered);
      assert.deepEqual([each.copy, each.code, each.value], [named.copy, named.code, named.value]);
    }
  }
});

test('a network of another kind is refused with what it takes and gives', () => {
  assert.throws(() => createPortiloop(generated('CONV_2D 1'), 'saturate'), {
    name: 'ModelError',
    message: /^takes .* and gives .*\. A Portiloop's network takes samples and a state/,
  });
});
