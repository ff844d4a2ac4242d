import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { generatedFiles } from '../../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../../models/import/tflite/import-tflite.js';
import { createPortiloop } from '../../models/int8/portiloop.js';
import { sharedData } from '../../test/shared-data.js';
import { checkDetector } from './detector.laws.js';
import { createDetectionList } from './detection-list.js';
import { PortiloopDetector, type PortiloopOptions, type SampledNetwork } from './portiloop.js';

const shape = { rate: 250, unit: 'SD' };

/** Answers on every sample with the sample itself. */
class Echo implements SampledNetwork {
  value = 0;
  push(samples: Float64Array, at: number): boolean {
    this.value = samples[at]!;
    return true;
  }
  reset(): void {
    this.value = 0;
  }
}

/** The samples that are 1, all others 0, up to `length`. */
function pulses(length: number, ...at: readonly number[]): Float64Array {
  return Float64Array.from({ length }, (_, sample) => (at.includes(sample) ? 1 : 0));
}

/** Onset and end of each detection; NaN where it has not ended. */
function detect(detector: PortiloopDetector, signal: Float64Array): [onset: number, end: number][] {
  detector.prepare(shape);
  const list = createDetectionList(1000);
  detector.process(signal, signal.length, 0, list);
  const found = new Map<number, number>();
  for (const { onset, confirmed, end } of list.items.slice(0, list.length)) {
    assert.equal(confirmed, onset);
    found.set(onset, end);
  }
  return [...found];
}

test('quiet for more than 0.4 s, counted from the start: high answers in between only prolong', () => {
  const run = (options: PortiloopOptions, ...at: number[]) =>
    detect(new PortiloopDetector(new Echo(), options), pulses(1000, ...at));
  assert.deepEqual(run({}, 100), []);
  assert.deepEqual(run({}, 101), [[101, 102]]);
  assert.deepEqual(run({}, 100, 200, 301), [[301, 302]]);
  assert.deepEqual(run({}, 150, 250, 350, 451), [
    [150, 351],
    [451, 452],
  ]);
  assert.deepEqual(run({}, 150, 950), [
    [150, 151],
    [950, NaN],
  ]);
  assert.ok(202 / 250 - 102 / 250 > 0.4);
  assert.deepEqual(run({}, 102, 202).length, 2, 'in doubles more than 0.4 s, as on record');
});

test('within the warm-up nothing is detected, and what goes on behind it is not either', () => {
  const detector = new PortiloopDetector(new Echo(), { warmUpSeconds: 2 });
  assert.deepEqual(detect(detector, pulses(1000, 150, 450, 499, 500, 601)), [[601, 602]]);
  assert.deepEqual(detect(detector, pulses(1000, 150, 500)), [[500, 501]], 'and again after a start');
});

test('the threshold itself counts', () => {
  const at = (threshold: number) =>
    detect(
      new PortiloopDetector(new Echo(), { threshold }),
      pulses(400, 300).map((value) => 0.75 * value),
    ).length;
  assert.deepEqual([at(0.74), at(0.75), at(0.76)], [1, 1, 0]);
});

test('keeps the laws of detectors with a network of eight copies', () => {
  const network = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 2')!.bytes);
  let state = 5;
  const signal = Float64Array.from({ length: 6000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 24 - 12;
  });
  const values: number[] = [];
  const copies = createPortiloop(network, 'saturate');
  signal.forEach((_, at) => {
    if (copies.push(signal, at)) values.push(copies.value);
  });
  const threshold = values.toSorted((a, b) => a - b)[Math.floor(0.97 * values.length)]!;
  const create = () => new PortiloopDetector(createPortiloop(network, 'saturate'), { threshold });
  assert.ok(detect(create(), signal).length > 5, 'something to detect');
  assert.deepEqual(checkDetector(create, shape, { signal, heapUsed: () => memoryUsage().heapUsed }), []);
});

test('what cannot work is refused with option, value and fix', () => {
  const make = (options: PortiloopOptions) => () => new PortiloopDetector(new Echo(), options);
  assert.throws(make({ threshold: 1.5 }), /^RangeError: threshold: 1.5 .* Use 0.75/);
  assert.throws(make({ warmUpSeconds: -1 }), /^RangeError: warmUpSeconds: -1 .* Use/);
  const detector = new PortiloopDetector(new Echo());
  assert.throws(() => detector.prepare({ rate: 200, unit: 'SD' }), /^RangeError: rate: 200 Hz, .* Put { use: resample/);
  assert.throws(
    () => detector.prepare({ rate: 250, unit: 'uV' }),
    /^RangeError: unit: .*"uV".* Put { use: portiloop }/,
  );
});

test('stimuli on real sleep are those of the original at each threshold', (t) => {
  const folder = sharedData('portiloop');
  if (folder === undefined) {
    t.skip("Portiloop's network is not here");
    return;
  }
  const rows = (name: string): number[][] =>
    gunzipSync(readFileSync(`${folder}/${name}`))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number));
  const network = importTflite(readFileSync(`${folder}/portiloop_model_quant.tflite`));
  const z = Float64Array.from(rows('dreams5_samples_120s.csv.gz'), (row) => row[4]!);
  const windows = rows('dreams5_windows_120s.csv.gz');
  for (const [threshold, column, count] of [
    [0.5, 12, 18],
    [0.75, 13, 11],
    [0.84, 14, 8],
  ] as const) {
    const stimuli = windows.filter((row) => row[column] === 1).map(([last]) => last);
    const found = detect(new PortiloopDetector(createPortiloop(network, 'wrap'), { threshold }), z);
    assert.equal(stimuli.length, count);
    assert.deepEqual(
      found.map(([onset]) => onset),
      stimuli,
      `at ${threshold}`,
    );
  }
});
