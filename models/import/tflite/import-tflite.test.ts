import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { z } from 'zod';
import type { Model } from '../../../runtime/contracts.js';
import { sharedData } from '../../../test/shared-data.js';
import { createReference } from '../../engine/reference.js';
import { ModelError } from '../../format/model-error.js';
import { fixture } from '../fixtures.test.fixture.js';
import { createInt8 } from '../../int8/int8-model.js';
import { arraysFor, fill, generatedFiles, seeded } from './generated-networks.test.fixture.js';
import { importTflite } from './import-tflite.js';
import { writeTflite, type FileToWrite } from './write-tflite.test.fixture.js';

const recordings = z
  .object({
    networks: z.record(z.string(), z.object({ seed: z.number(), runs: z.number(), outputs: z.array(z.base64()) })),
  })
  .parse(JSON.parse(fixture('tflite-runtime.json').toString())).networks;

/** Largest difference between a model's outputs and those that TensorFlow Lite gave. */
function largestDifference(model: Model, name: string): number {
  const recording = recordings[name];
  assert.ok(recording, `nothing recorded for ${name}`);
  const draw = seeded(recording.seed);
  const [inputs, outputs] = [arraysFor(model.inputs), arraysFor(model.outputs)];
  const expected = recording.outputs.map((text) => new DataView(Uint8Array.from(Buffer.from(text, 'base64')).buffer));
  let most = 0;
  for (let run = 0; run < recording.runs; run++) {
    fill(inputs, draw);
    model.step(inputs, outputs);
    outputs.forEach((values, port) => {
      const view = expected[port]!;
      const size = values instanceof Float32Array ? 4 : values instanceof Int32Array ? 2 : 1;
      assert.equal(view.byteLength, recording.runs * values.length * size);
      values.forEach((value, place) => {
        const at = (run * values.length + place) * size;
        const theirs = size === 4 ? view.getFloat32(at, true) : size === 2 ? view.getInt16(at, true) : view.getInt8(at);
        most = Math.max(most, Math.abs(value - theirs));
      });
    });
  }
  return most;
}

describe('codes equal those of TensorFlow Lite', () => {
  for (const { name, bytes } of generatedFiles())
    test(name, () => assert.equal(largestDifference(createInt8(importTflite(bytes)), name), 0));
});

describe('files that others made', () => {
  for (const name of ['hello_world_int8', 'micro_speech_quantized', 'seanet_conv0']) {
    const path = sharedData('models', `${name}.tflite`);
    test(`${name} equals TensorFlow Lite`, { skip: !path && 'shared data absent' }, () =>
      assert.equal(largestDifference(createInt8(importTflite(readFileSync(path!))), name), 0),
    );
  }

  const float = sharedData('models', 'hello_world_float.tflite');
  test('hello_world_float equals TensorFlow Lite to 1e-5', { skip: !float && 'shared data absent' }, () => {
    const network = importTflite(readFileSync(float!));
    assert.deepEqual(
      network.graph.nodes.map(({ op }) => op),
      ['dense', 'activation', 'dense', 'activation', 'dense'],
    );
    assert.ok(largestDifference(createReference(network), 'hello_world_float') < 1e-5);
  });

  const recurrent = sharedData('models', 'mnist_lstm_int8.tflite');
  test('mnist_lstm_int8 is refused by the name of its operator', { skip: !recurrent && 'shared data absent' }, () =>
    assert.throws(() => importTflite(readFileSync(recurrent!)), {
      name: 'ModelError',
      message: /^UNIDIRECTIONAL_SEQUENCE_LSTM \(.*: an operator that axond does not run\. It runs /,
    }),
  );
});

test('inputs and outputs keep their names, shapes without the batch, scales and zero points', () => {
  const file = generatedFiles().find(({ name }) => name === 'recurrent 1')!;
  const { inputs, outputs } = createInt8(importTflite(file.bytes));
  assert.deepEqual(
    inputs.map(({ name, shape, type, zeroPoint }) => [name, shape, type, zeroPoint]),
    [
      ['h', [3], 'i8', 0],
      ['samples', [1, 20], 'i8', 10],
    ],
  );
  assert.deepEqual([inputs[1]?.scale, outputs[1]?.scale], [Math.fround(0.07), 1 / 256]);
  assert.deepEqual(
    outputs.map(({ name }) => name),
    ["h'", 'y'],
  );
});

describe('a float network', () => {
  const weight = { name: 'w', shape: [2, 3], type: 0, constant: Float32Array.of(1, 2, 3, -4, -5, -6) };
  const bias = { name: 'b', shape: [2], type: 0, constant: Float32Array.of(0.5, 0.25) };
  const value = (name: string, shape: number[]) => ({ name, shape, type: 0 });
  const file: FileToWrite = {
    tensors: [value('x', [1, 3]), weight, bias, value('y', [1, 2])],
    operators: [{ code: 9, inputs: [0, 1, 2], outputs: [3], optionsType: 8, options: [[0, 'i8', 1]] }],
    inputs: [0],
    outputs: [3],
  };

  test('becomes dense layers and activations', () => {
    const model = createReference(importTflite(writeTflite(file)));
    const y = new Float32Array(2);
    model.step([Float32Array.of(1, 0.5, 2)], [y]);
    assert.deepEqual([...y], [8.5, 0]);
  });

  test('of long names that begin alike: each node gets one of its own', () => {
    const long = (end: string) => 'n'.repeat(199) + end;
    const square = { ...weight, shape: [3, 3], constant: Float32Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3) };
    const network = importTflite(
      writeTflite({
        tensors: [value(long('x'), [1, 3]), square, value(long('y'), [1, 3]), value(long('z'), [1, 3])],
        operators: [
          { code: 9, inputs: [0, 1], outputs: [2] },
          { code: 9, inputs: [2, 1], outputs: [3] },
        ],
        inputs: [0],
        outputs: [3],
      }),
    );
    const names = [...network.graph.inputs, ...network.graph.nodes].map(({ name }) => name);
    assert.equal(new Set(names).size, 3);
    const z = new Float32Array(3);
    createReference(network).step([Float32Array.of(1, 1, 1)], [z]);
    assert.deepEqual([...z], [1, 4, 9]);
  });

  test('of another operator is refused by name', () => {
    const add = { ...file, operators: [{ code: 0, inputs: [0, 0], outputs: [3] }] };
    assert.throws(() => importTflite(writeTflite(add)), { name: 'ModelError', message: /^ADD of float values/ });
  });
});

describe('refused with a reason', () => {
  const codes = (name: string, shape: number[], more: object = {}) => ({
    name,
    shape,
    type: 9,
    scales: [0.5],
    zeroPoints: [0],
    ...more,
  });
  const file: FileToWrite = {
    tensors: [codes('x', [1, 4]), codes('w', [2, 4], { constant: new Int8Array(8) }), codes('y', [1, 2])],
    operators: [{ code: 9, inputs: [0, 1], outputs: [2] }],
    inputs: [0],
    outputs: [2],
  };
  const withTensor = (place: number, more: object): FileToWrite => ({
    ...file,
    tensors: file.tensors.map((tensor, at) => (at === place ? { ...tensor, ...more } : tensor)),
  });
  const refused: readonly (readonly [string, FileToWrite, RegExp])[] = [
    ['another schema version', { ...file, version: 4 }, /schema version 4\. Convert it to version 3/],
    ['a batch of two', withTensor(0, { shape: [2, 4] }), /^x: shape \[2, 4\]\. The first axis is the batch/],
    ['too few weights', withTensor(1, { shape: [2, 5] }), /^w: i8 \[2, 5\] takes 10 bytes, but buffer 1 has 8/],
    ['weights of another row', withTensor(1, { shape: [4, 2] }), /w.* I8 \[4, 2\]\. Give it the shape \[4, 4\]/],
    [
      'an output of another shape',
      withTensor(2, { shape: [1, 3] }),
      /^y: the file says shape \[3\], but it comes to \[2\]/,
    ],
    ['weights with a zero point', withTensor(1, { zeroPoints: [3] }), /^y: weights with a zero point of 3/],
    [
      'scales along inputs',
      withTensor(1, { scales: [1, 1, 1, 1], zeroPoints: [], scaleAxis: 1 }),
      /axis 1, not along the outputs/,
    ],
    ['a scale of 0', withTensor(0, { scales: [0] }), /^x: a scale of 0\. Scales are positive/],
    ['float weights', withTensor(1, { type: 0, constant: new Float32Array(8) }), /^weights of y: w is f32\. Only i8/],
    ['a value that nothing fills', { ...file, inputs: [] }, /^y: reads x, which nothing before it fills/],
    ['an input that is a constant', { ...file, inputs: [1] }, /^input w: a constant/],
    ['an output that nothing fills', { ...file, operators: [] }, /^output y: nothing fills it/],
    ['a tensor that is not there', { ...file, outputs: [9] }, /^outputs: tensor 9 of 3/],
    [
      'an operator without weights',
      { ...file, operators: [{ code: 9, inputs: [0], outputs: [2] }] },
      /^FULLY_CONNECTED: 1 inputs/,
    ],
    [
      'an operator that does not exist',
      { ...file, operators: [{ code: 300, inputs: [0], outputs: [2] }] },
      /^operator 300 \(it gives y\)/,
    ],
  ];
  for (const [what, broken, message] of refused)
    test(what, () => assert.throws(() => importTflite(writeTflite(broken)), { name: 'ModelError', message }));

  test('other files, and files cut short anywhere', () => {
    const whole = writeTflite(file);
    importTflite(whole);
    assert.throws(() => importTflite(new Uint8Array(3)), { name: 'ModelError', message: /^The file has 3 bytes/ });
    assert.throws(() => importTflite(new Uint8Array(30)), { name: 'ModelError', message: /identifier .* not TFL3/ });
    for (let length = 8; length < whole.length - 8; length++)
      assert.throws(() => importTflite(whole.subarray(0, length)), ModelError);
  });

  test('any byte changed: refused as a ModelError, or loaded whole', () => {
    const draw = seeded(5);
    const files = generatedFiles().filter(({ name }) => name.endsWith(' 1'));
    let loaded = 0;
    for (let round = 0; round < 3000; round++) {
      const bytes = files[round % files.length]!.bytes.slice();
      for (let change = 0; change < 3; change++) bytes[Math.floor(draw() * bytes.length)] = Math.floor(draw() * 256);
      try {
        importTflite(bytes);
        loaded++;
      } catch (error) {
        assert.ok(error instanceof ModelError, String(error));
      }
    }
    assert.ok(loaded > 50, `${loaded} of 3000 loaded`);
  });
});
