import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedFiles, seeded } from '../import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../import/tflite/import-tflite.js';
import { createInt8 } from './int8-model.js';
import { Interleaved } from './interleaved.js';
import { portiloopSchedule } from './portiloop.js';

const network = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 2')!.bytes);
const ports = { samples: 'samples', state: { input: 'h', output: "h'" }, result: 'y' };
/** Scale and zero point of the input `samples`. */
const [scale, zeroPoint] = [Math.fround(0.07), 10];

test('eight copies take turns as Portiloop lets them, each with its own state', () => {
  const interleaved = new Interleaved(network, { ...ports, ...portiloopSchedule, beyond: 'wrap' });
  const model = createInt8(network);
  const states = Array.from({ length: 8 }, () => new Int8Array(3));
  const y = new Int8Array(1);
  const draw = seeded(4);
  const codes: number[] = [];
  const turns: string[] = [];
  for (let index = 0; index < 300; index++) {
    // Up to 3 standard deviations, so that no code is out of range.
    const sample = draw() * 6 - 3;
    codes.push(Math.trunc(sample / scale + zeroPoint));
    if (!interleaved.push(Float64Array.of(sample), 0)) continue;
    turns.push(`${index}:${interleaved.copy}`);
    const state = states[interleaved.copy]!;
    model.step([state, Int8Array.from(codes.slice(-20))], [state, y]);
    assert.equal(interleaved.code, y[0]);
    assert.equal(interleaved.value, (y[0]! + 128) / 256);
  }
  assert.deepEqual(turns.slice(0, 10), [
    '54:0',
    '59:1',
    '64:2',
    '70:3',
    '75:4',
    '80:5',
    '85:6',
    '91:7',
    '96:0',
    '101:1',
  ]);
});

test('beyond its range a sample wraps, as in Portiloop, or saturates', () => {
  const codeFor = (beyond: 'wrap' | 'saturate', sample: number): number[] => {
    const interleaved = new Interleaved(network, { ...ports, first: 19, gaps: [1], beyond });
    const codes: number[] = [];
    for (let index = 0; index < 30; index++) {
      interleaved.push(Float64Array.of(index === 25 ? sample : 0), 0);
      codes.push(interleaved.code);
    }
    return codes;
  };
  // 118 × scale is code 128: −128 when it wraps, which is −138 × scale.
  assert.deepEqual(codeFor('wrap', 118.5 * scale), codeFor('saturate', -138 * scale));
  assert.deepEqual(codeFor('saturate', 118.5 * scale), codeFor('saturate', 117 * scale));
  assert.notDeepEqual(codeFor('saturate', 118.5 * scale), codeFor('wrap', 118.5 * scale));
});

test('starts anew after a reset', () => {
  const interleaved = new Interleaved(network, { ...ports, first: 19, gaps: [2, 3], beyond: 'saturate' });
  const run = (): string => {
    const draw = seeded(8);
    const told: string[] = [];
    for (let index = 0; index < 60; index++)
      if (interleaved.push(Float64Array.of(draw() * 4 - 2), 0))
        told.push(`${index} ${interleaved.copy} ${interleaved.code}`);
    return told.join();
  };
  const first = run();
  interleaved.reset();
  assert.equal(run(), first);
});

test('ports that do not fit are refused', () => {
  const make = (more: object) => () =>
    new Interleaved(network, { ...ports, ...portiloopSchedule, beyond: 'wrap', ...more });
  assert.throws(make({ state: { input: 'h', output: 'y' } }), { message: /^h: i8 \[3\], fed from i8 \[1\]/ });
  assert.throws(make({ result: 'x' }), { message: "x: no such port. There are h', y." });
  assert.throws(make({ first: 10 }), { message: /The first turn needs 20 samples/ });
  assert.throws(make({ gaps: [0] }), { message: /gaps are whole and at least 1/ });
});
