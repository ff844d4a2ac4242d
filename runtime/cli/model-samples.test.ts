import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sharedData } from '../../test/shared-data.js';
import { checkCommand } from './check.js';
import { runJson } from './command.test.fixture.js';
import { modelCommand } from './model.js';
import { Failure } from './output.js';

/** Files that other programs wrote: imported, then the written file checked. */
const imported: readonly (readonly [file: string, ...options: string[]])[] = [
  ['models/hello_world_int8.tflite'],
  ['models/hello_world_float.tflite'],
  ['models/micro_speech_quantized.tflite'],
  ['models/seanet_conv0.tflite'],
  ['models/t1mini.f32.onnx'],
  ['models/t1mini.qdq.onnx'],
  ['models/t1mini-tfjs/model.json'],
  ['nir/lif_norse.nir', '--dt', '0.1ms'],
  ['nir/lif_rockpool.nir'],
  ['nir/two_lif_neurons.nir', '--dt', '0.001', '--integrator', 'zoh'],
  ['nir/cnn_sinabs.nir'],
  ['nir/braille_noDelay_bias_zero.nir'],
  ['nir/braille_noDelay_noBias_subtract.nir', '--integrator', 'subtract'],
  ['nir/lavadl_oxford_network.net'],
  ['nir/t1mini_folded.nir'],
  ['portiloop/portiloop_model_quant.tflite'],
  ['portiloop/portiloop_int8.json'],
];

/** What is refused, and why. */
const refused: readonly (readonly [file: string, reason: RegExp, ...options: string[]])[] = [
  ['models/mnist_lstm_int8.tflite', /UNIDIRECTIONAL_SEQUENCE_LSTM/],
  ['nir/braille_noDelay_bias_zero_subgraph.nir', /edge input → lif names "lif", which is no node/],
  ['nir/lif_norse.nir', /how long a tick is.*--dt/],
  ['models/t1mini.f32.safetensors', /--architecture/],
  ['models/braille_noDelay_bias_ref_zero.pt', /--architecture/],
];

const t1mini = `
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
input: [8, 24]
`;
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
const braille = `
input: [12]
layers: [{ linear: fc1 }, { snntorch: lif1 }, { linear: fc2 }, { snntorch: lif2 }]
`;

/** Weights without a graph, and the layers that they belong to. */
const described: readonly (readonly [file: string, architecture: string])[] = [
  ['models/t1mini.f32.safetensors', t1mini],
  ['models/t1mini.int8.safetensors', t1miniInt8],
  ['models/braille_noDelay_bias_ref_zero.pt', braille],
  ['models/braille_noDelay_noBias_ref_subtract.pt', braille],
];

for (const [file, ...options] of imported) {
  const path = sharedData(...file.split('/'));
  test(`${file} is imported, and what was written is whole`, { skip: path ? false : `no ${file}` }, async (t) => {
    await importAndCheck(t, path!, options);
  });
}

for (const [file, architecture] of described) {
  const path = sharedData(...file.split('/'));
  test(`${file} is imported by a description of its layers`, { skip: path ? false : `no ${file}` }, async (t) => {
    const description = join(folder(t), 'layers.yaml');
    writeFileSync(description, architecture);
    await importAndCheck(t, path!, ['--architecture', description]);
  });
}

for (const [file, reason, ...options] of refused) {
  const path = sharedData(...file.split('/'));
  test(`${file} is refused with the reason`, { skip: path ? false : `no ${file}` }, async (t) => {
    await assert.rejects(runJson(t, modelCommand(), 'inspect', path!, ...options), (error: unknown) => {
      assert.ok(error instanceof Failure, String(error));
      assert.match(error.message, reason);
      return true;
    });
  });
}

async function importAndCheck(t: TestContext, path: string, options: readonly string[]): Promise<void> {
  const out = join(folder(t), 'out.safetensors');
  const result = await runJson(t, modelCommand(), 'import', path, '--out', out, ...options);
  assert.equal(result['out'], out);
  const checked = await runJson(t, checkCommand(), out);
  assert.equal(checked['ok'], true);
  for (const key of ['name', 'engine', 'layers', 'stateBytes', 'tickSeconds', 'outputs'])
    assert.deepEqual(checked[key], result[key], key);
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-samples-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}
