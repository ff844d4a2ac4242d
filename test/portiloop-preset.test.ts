import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { writeNetwork } from '../models/format/container.js';
import type { Network } from '../models/format/graph.js';
import { generatedFiles } from '../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../models/import/tflite/import-tflite.js';
import { createPortiloop } from '../models/int8/portiloop.js';
import { compileLoop } from '../runtime/config/compile.js';
import { loadConfiguration } from '../runtime/config/load.js';
import { FrameFlag, recordLength, type StreamInfo } from '../runtime/contracts.js';
import { buildLoop } from '../runtime/loop/build.js';
import { createRecordList } from '../runtime/loop/loop.js';
import { decodeEvent } from '../runtime/loop/records.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { SimulatedGuardian, openingMessages } from '../runtime/replay/simulated-guardian.js';
import { createPortiloop as createStage } from '../runtime/signal/portiloop.js';
import { temporaryFolder } from './axond-process.js';
import { sharedData } from './shared-data.js';

const scale = 1e-4;

interface Run {
  /** Samples of confirmed detections, and of permitted stimuli. */
  readonly detections: number[];
  readonly stimuli: number[];
}

/** A signal in microvolts through the whole loop of a preset, armed; no frames within `gap`. */
async function run(
  preset: string,
  model: string,
  signal: Float64Array,
  { threshold = 0.75, blockLength = 1, rate = 250, gap = [Infinity, Infinity] as readonly [number, number] },
): Promise<Run> {
  const channels = [{ name: 'Cz', unit: 'uV', scale, railCounts: 2 ** 31 - 1 }];
  const stream: StreamInfo = { device: 'file', channels, rate, delayUs: 0 };
  const sets = [`detectors.spindle.model=${model}`, `detectors.spindle.threshold=${threshold}`];
  const plan = compileLoop(loadConfiguration({ preset, sets, stream }).configuration, stream);
  const loop = await buildLoop(plan, stream);
  const guardian = new SimulatedGuardian();
  const block = createSampleBlock(1, blockLength);
  const messages = createRecordList(64);
  const found: Run = { detections: [], stimuli: [] };
  openingMessages(messages, true);
  for (let first = 0; first < signal.length; first += blockLength) {
    block.firstIndex = first;
    block.frames = Math.min(blockLength, signal.length - first);
    for (let i = 0; i < block.frames; i++) {
      block.counts[i] = Math.round(signal[first + i]! / scale);
      block.flags[i] = first + i >= gap[0] && first + i < gap[1] ? FrameFlag.gap : 0;
    }
    const nowUs = ((first + block.frames - 1) / rate) * 1e6;
    block.arrivalUs = nowUs;
    guardian.report(nowUs, messages);
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    guardian.take(loop, nowUs);
    for (let place = 0; place < loop.events.length; place++) {
      const event = decodeEvent(loop.events.records, place * recordLength);
      if (event?.kind === 'detection' && event.phase === 0) found.detections.push(event.confirmed);
      if (event?.kind === 'permit') found.stimuli.push(event.index);
    }
  }
  return found;
}

/** The rule as the original has it, over whole arrays. */
function plainRule(
  network: Network,
  beyond: 'wrap' | 'saturate',
  signal: Float64Array,
  threshold: number,
): { fired: number[]; values: number[] } {
  const stage = createStage(50);
  stage.prepare({ rate: 250, unit: 'uV' });
  const z = signal.map((value) => Math.round(value / scale) * scale);
  stage.process(z, z.length, z);
  const copies = createPortiloop(network, beyond);
  const fired: number[] = [];
  const values: number[] = [];
  let last = 0;
  for (let sample = 0; sample < z.length; sample++) {
    if (!copies.push(z, sample)) continue;
    values.push(copies.value);
    if (copies.value < threshold) continue;
    if (sample / 250 - last / 250 > 0.4) fired.push(sample);
    last = sample;
  }
  return { fired, values };
}

/** Noise and slow waves with jumps that are far outside the network's range. */
function madeSignal(seconds: number): Float64Array {
  let state = 9;
  return Float64Array.from({ length: 250 * seconds }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 30 * (state / 2 ** 32 - 0.5) + 20 * Math.sin((2 * Math.PI * 0.8 * n) / 250) + (n % 2000 > 1900 ? 300 : 0);
  });
}

test('the preset decides as the original does, whatever the blocks; its mended twin from ten seconds on', async () => {
  const network = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 2')!.bytes);
  const model = join(temporaryFolder(), 'own.safetensors');
  writeFileSync(model, writeNetwork(network));
  const signal = madeSignal(60);
  const sorted = plainRule(network, 'wrap', signal, 1).values.sort((a, b) => a - b);
  const threshold = sorted[Math.floor(0.985 * sorted.length)]!;
  const { fired } = plainRule(network, 'wrap', signal, threshold);
  const mended = plainRule(network, 'saturate', signal, threshold).fired.filter((sample) => sample >= 2500);
  assert.ok(fired.length > 8 && fired[0]! < 2500, fired.join());
  assert.notDeepEqual(
    mended,
    fired.filter((sample) => sample >= 2500),
    'jumps tell wrapping from saturation',
  );
  for (const blockLength of [1, 7, 64, 256]) {
    const original = await run('portiloop', model, signal, { threshold, blockLength });
    assert.deepEqual(original.detections, fired, `blocks of ${blockLength}`);
    const fixed = await run('portiloop-fixed', model, signal, { threshold, blockLength });
    assert.deepEqual(fixed.detections, mended, `blocks of ${blockLength}`);
  }
});

test('R-05 the gate waits for the filters after the start and a gap, and then permits each detection', async () => {
  const network = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 2')!.bytes);
  const model = join(temporaryFolder(), 'own.safetensors');
  writeFileSync(model, writeNetwork(network));
  const signal = madeSignal(60);
  const sorted = plainRule(network, 'wrap', signal, 1).values.sort((a, b) => a - b);
  const threshold = sorted[Math.floor(0.985 * sorted.length)]!;
  const gap = [7000, 7010] as const;
  for (const preset of ['portiloop', 'portiloop-fixed']) {
    const { detections, stimuli } = await run(preset, model, signal, { threshold, gap });
    const isOpen = (sample: number): boolean => (sample >= settled && sample < gap[0]) || sample >= gap[1] + settled;
    assert.deepEqual(stimuli, detections.filter(isOpen), preset);
    assert.ok(stimuli.length > 2 && stimuli.some((sample) => sample > gap[1]));
    const early = detections.filter((sample) => sample >= gap[1] && sample < gap[1] + 2500).length;
    assert.equal(early > 0, preset === 'portiloop', `${early} within ten seconds of the gap`);
  }
});

/** Standardisation has forgotten its start after 4.6 time constants of 4 s; 54 samples are the network's first window. */
const settled = 4600 + 54 - 1;

test('a signal of another rate passes into the mended one alone', async () => {
  const network = importTflite(generatedFiles().find(({ name }) => name === 'recurrent 2')!.bytes);
  const model = join(temporaryFolder(), 'own.safetensors');
  writeFileSync(model, writeNetwork(network));
  await assert.rejects(run('portiloop', model, madeSignal(1), { rate: 200 }), /200 Hz.*Put { use: resample/);
  await run('portiloop-fixed', model, madeSignal(1), { rate: 200 });
});

test('without its network the preset says how to come by it', () => {
  for (const preset of ['portiloop', 'portiloop-fixed'])
    assert.throws(
      () => loadConfiguration({ preset, sets: ['source.use=cyton', 'source.port=/dev/ttyUSB0'] }),
      /detectors\.spindle\.model is missing.*axond model import portiloop_model_quant\.tflite --out my-portiloop\.safetensors/,
    );
});

test("the Portiloop's own network: stimuli on real sleep as recorded, at each threshold", async (t) => {
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
  const model = join(temporaryFolder(), 'own.safetensors');
  writeFileSync(model, writeNetwork(importTflite(readFileSync(`${folder}/portiloop_model_quant.tflite`))));
  const signal = Float64Array.from(rows('dreams5_samples_120s.csv.gz'), (row) => row[1]!);
  const windows = rows('dreams5_windows_120s.csv.gz');
  for (const [threshold, column, count, blockLength] of [
    [0.5, 12, 18, 1],
    [0.75, 13, 11, 5],
    [0.84, 14, 8, 256],
  ] as const) {
    const expected = windows.filter((row) => row[column] === 1).map(([last]) => last!);
    const { detections, stimuli } = await run('portiloop', model, signal, { threshold, blockLength });
    assert.equal(expected.length, count);
    assert.deepEqual(detections, expected, `at ${threshold}`);
    if (blockLength > 1) continue;
    assert.deepEqual(
      stimuli,
      expected.filter((sample) => sample >= settled),
    );
  }
});
