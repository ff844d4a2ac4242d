import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../../test/shared-data.js';
import type { Network } from '../../format/graph.js';
import { createInt8 } from '../../int8/int8-model.js';
import { createPortiloop } from '../../int8/portiloop.js';
import { createStreaming } from '../../int8/streaming.js';
import { seeded } from '../tflite/generated-networks.test.fixture.js';
import { importTflite } from '../tflite/import-tflite.js';
import { importPortiloop } from './import-portiloop.js';

const folder = sharedData('portiloop');
const skip = !folder && 'shared data absent';
const read = (name: string): Uint8Array => readFileSync(`${folder}/${name}`);
const rows = (name: string): number[][] =>
  gunzipSync(read(name))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));

/** With the name of the input that takes the samples. */
const forms: readonly (readonly [string, () => Network, string])[] = [
  ['JSON', () => importPortiloop(read('portiloop_int8.json')), 'x_in'],
  ['TFLite', () => importTflite(read('portiloop_model_quant.tflite')), 'serving_default_input_22:0'],
];

/** Recorded from the real runtime: 120 s of sleep and 30 s made; whether states are recorded, and how many windows. */
const signals = [
  ['dreams5', '120s', true, 5704],
  ['synth', '30s', false, 1419],
] as const;

for (const [form, load, samples] of forms)
  describe(`Portiloop's network from ${form}`, () => {
    for (const [signal, length, hasStates, windows] of signals)
      test(`all ${windows} codes of ${signal}${hasStates ? ', and every byte of the state' : ''}`, { skip }, () => {
        const network = load();
        const [whole, streaming] = [createInt8(network), createStreaming(network, samples)];
        const codes = Int8Array.from(rows(`${signal}_samples_${length}.csv.gz`).map((row) => row[5]!));
        const states = Array.from({ length: 8 }, () => new Int8Array(7));
        const [y, wholeY, wholeH] = [new Int8Array(1), new Int8Array(1), new Int8Array(7)];
        let pushed = 0;
        let compared = 0;
        for (const [last, copy, expected, ...state] of rows(`${signal}_windows_${length}.csv.gz`)) {
          const h = states[copy!]!;
          while (pushed <= last!) streaming.push(codes.subarray(pushed, ++pushed));
          // One window in 40 is computed whole as well.
          const isWhole = compared % 40 === 0;
          if (isWhole) whole.step([h, codes.subarray(last! - 53, last! + 1)], [wholeH, wholeY]);
          streaming.step([h], [h, y]);
          assert.equal(y[0], expected);
          if (hasStates) assert.deepEqual([...h], state.slice(0, 7));
          if (isWhole) assert.deepEqual([...wholeH, ...wholeY], [...h, ...y]);
          compared++;
        }
        assert.equal(compared, windows);
      });

    test('standardised samples in, probabilities out, at Portiloop’s turns', { skip }, () => {
      const interleaved = createPortiloop(load(), 'wrap');
      const told: number[][] = [];
      const z = Float64Array.from(rows('dreams5_samples_120s.csv.gz'), (row) => row[4]!);
      for (let index = 0; index < z.length; index++)
        if (interleaved.push(z, index)) told.push([index, interleaved.copy, interleaved.code]);
      assert.deepEqual(
        told,
        rows('dreams5_windows_120s.csv.gz').map((row) => row.slice(0, 3)),
      );
      assert.equal(interleaved.value, (interleaved.code + 128) / 256);
    });
  });

test('a sample costs at most a fifth of a window', { skip }, () => {
  const network = importPortiloop(read('portiloop_int8.json'));
  const whole = createInt8(network);
  const interleaved = createPortiloop(network, 'wrap');
  const [window, h, y] = [new Int8Array(54), new Int8Array(7), new Int8Array(1)];
  const sample = Float64Array.of(0.5);
  const time = (run: () => unknown): number => {
    const start = performance.now();
    for (let count = 0; count < 42; count++) run();
    return performance.now() - start;
  };
  const rounds = Array.from({ length: 15 }, () => [
    time(() => whole.step([h, window], [h, y])),
    time(() => interleaved.push(sample, 0)),
  ]);
  const least = (place: number): number => Math.min(...rounds.map((round) => round[place]!));
  assert.ok(least(1) * 5 < least(0), `${least(1)} ms for 42 samples, ${least(0)} ms for 42 windows`);
});

describe('a file of another network', () => {
  const file = generatedFile();
  const edited = (change: (file: ReturnType<typeof generatedFile>) => unknown): Uint8Array => {
    const copy = structuredClone(file);
    change(copy);
    return new TextEncoder().encode(JSON.stringify(copy));
  };

  test('has the sizes that it states', () => {
    const model = createInt8(importPortiloop(edited(() => undefined)));
    assert.deepEqual(
      [...model.inputs, ...model.outputs].map(({ name, shape }) => [name, shape]),
      [
        ['h_in', [2]],
        ['x_in', [1, 12]],
        ['h_out', [2]],
        ['y', [1]],
      ],
    );
    const [h, y] = [new Int8Array(2), new Int8Array(1)];
    // Worked out by hand: weights and bias are 0, so z = r = n = y = table[128] = 5, and every sum is of zero points.
    model.step([Int8Array.of(40, -40), new Int8Array(12)], [h, y]);
    // 1 − z = −5; z·h = ±200; (1 − z)·n = −25: sums of scale 1 are cut off at 127 and −128.
    assert.deepEqual([...h, ...y], [102, -128, 5]);
  });

  const refused: readonly (readonly [string, (file: ReturnType<typeof generatedFile>) => unknown, RegExp])[] = [
    [
      'a missing value',
      (it) => delete (it.tensors as Partial<typeof it.tensors>).dense_w,
      /^tensors\.dense_w: .* Give a Portiloop network/,
    ],
    [
      'too few weights',
      (it) => it.tensors.conv1_w.data.pop(),
      /^conv1_w: 3 values for the shape \[2, 1, 2, 1\]\. Give 4/,
    ],
    ['weights beyond 8 bits', (it) => (it.tensors.conv2_w.data[0] = 128), /^conv2_w: holds 128/],
    [
      'no room for a pool',
      (it) => (it.activations.conv2_relu.shape[2] = 12),
      /^conv1_relu: 11 places, but the next layer needs 13/,
    ],
    [
      'a gate of other inputs',
      (it) => it.tensors.gru_recurrent.shape.splice(0, 2, 4, 3),
      /gru_recurrent is I8 \[4, 3\]/,
    ],
    ['a short table', (it) => it.lut.z.pop(), /^lut\.z/],
  ];
  for (const [what, change, message] of refused)
    test(`${what} is refused`, () =>
      assert.throws(() => importPortiloop(edited(change)), { name: 'ModelError', message }));

  test('what is no JSON is refused', () =>
    assert.throws(() => importPortiloop(Uint8Array.of(0xff, 0x7b)), {
      name: 'ModelError',
      message: /^The file is no JSON/,
    }));

  test('any byte changed: refused as a ModelError, or loaded whole', () => {
    const bytes = edited(() => undefined);
    const draw = seeded(6);
    for (let round = 0; round < 300; round++) {
      const copy = bytes.slice();
      copy[Math.floor(draw() * copy.length)] = 32 + Math.floor(draw() * 90);
      try {
        importPortiloop(copy);
      } catch (error) {
        assert.equal((error as Error).name, 'ModelError', String(error));
      }
    }
  });
});

/** Three layers of two channels and two taps with pools of two on 12 samples, and two units; zeros, scales of 1. */
function generatedFile() {
  const tensor = (...shape: number[]) => ({
    shape,
    scale: [1],
    zero_point: 0,
    data: Array.from({ length: shape.reduce((product, axis) => product * axis, 1) }, () => 0),
  });
  const value = (...shape: number[]) => ({ shape, scale: 1, zero_point: 0 });
  const units = value(1, 2);
  const table = Array.from({ length: 256 }, () => 5);
  return {
    tensors: {
      conv1_w: tensor(2, 2, 1),
      conv1_b: tensor(2),
      conv2_w: tensor(2, 2, 2),
      conv2_b: tensor(2),
      conv3_w: tensor(2, 2, 2),
      conv3_b: tensor(2),
      gru_kernel: tensor(6, 12),
      gru_bias_in: tensor(6),
      gru_recurrent: tensor(6, 2),
      gru_bias_rec: tensor(6),
      one: tensor(),
      dense_w: tensor(1, 2),
      dense_b: tensor(1),
    },
    activations: {
      x_in: value(1, 1, 12),
      h_in: units,
      conv1_relu: value(1, 1, 11, 2),
      conv2_relu: value(1, 1, 9, 2),
      conv3_relu: value(1, 1, 7, 2),
      gates_x: value(1, 6),
      gates_h: value(1, 6),
      z_pre: units,
      z: units,
      z_times_h: units,
      one_minus_z: units,
      r_pre: units,
      r: units,
      r_times_hn: units,
      n_pre: units,
      n: units,
      omz_times_n: units,
      h_out: units,
      y_pre: value(1, 1),
      y: value(1, 1),
    },
    lut: { z: [...table], r: [...table], n_tanh: [...table], y: [...table], index: 'q+128' },
  };
}
