import fc from 'fast-check';
import { createHash, type Hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomCase, type NetworkCase } from '../models/engine/random-network.test.fixture.js';
import { createReference } from '../models/engine/reference.js';
import { createWasm } from '../models/engine/wasm.js';
import { writeNetwork } from '../models/format/container.js';
import { generatedFiles } from '../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../models/import/tflite/import-tflite.js';
import { createPortiloop } from '../models/int8/portiloop.js';
import { readKernels } from '../models/load-model.js';
import { compileLoop } from '../runtime/config/compile.js';
import { loadConfiguration } from '../runtime/config/load.js';
import {
  recordLength,
  type Model,
  type ModelValues,
  type StimulusRequest,
  type StreamInfo,
} from '../runtime/contracts.js';
import { Gate } from '../runtime/decide/gate.js';
import { buildLoop } from '../runtime/loop/build.js';
import { createRecordList } from '../runtime/loop/loop.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { SimulatedGuardian, openingMessages } from '../runtime/replay/simulated-guardian.js';
import { temporaryFolder } from './axond-process.js';
import { Coverage, runSequence } from './gate/sequences.js';

/**
 * Digests of everything that must not depend on the machine, one JSON object on standard output: two machines agree bit
 * for bit where their digests are equal. Inputs are made of whole numbers and + − × ÷ alone, and have digests as well,
 * so that a difference in what goes in does not pass for one in what comes out.
 */
const rate = 250;
const digests: Record<string, string> = {};

networks(150);
portiloop();
gate(4000);
await loopOf('loop: spindle-t1, sleep-gate, signal quality', { preset: 'cyton-spindle' });
await loopOf('loop: slow oscillations', { preset: 'cyton-slow-oscillation', sets: ['gate.require=[]'] });
await loopOf('loop: the Portiloop', { preset: 'portiloop', sets: [`detectors.spindle.model=${portiloopModel()}`] });
process.stdout.write(`${JSON.stringify(digests)}\n`);

/** Spikes and values of random networks, by the vector kernels and by the plain reference. */
function networks(count: number): void {
  const kernels = readKernels();
  if (kernels === undefined) throw new Error('this Node has no WebAssembly with SIMD');
  const cases = fc.sample(randomCase, { numRuns: count, seed: 20251 });
  const [input, kernelsSay, referenceSays] = [createHash('sha256'), createHash('sha256'), createHash('sha256')];
  for (const each of cases) {
    for (const values of each.ticks.flat()) input.update(bytesOf(values));
    stepAll(createWasm(each.network, kernels), each, kernelsSay);
    stepAll(createReference(each.network), each, referenceSays);
  }
  digests['networks: what goes in'] = input.digest('hex');
  digests['networks: vector kernels'] = kernelsSay.digest('hex');
  digests['networks: reference'] = referenceSays.digest('hex');
}

function stepAll(model: Model, { ticks }: NetworkCase, hash: Hash): void {
  const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array };
  const outputs = model.outputs.map(
    ({ type, shape }) => new arrays[type](shape.reduce((size, extent) => size * extent, 1)),
  );
  for (const inputs of ticks) {
    model.step(inputs, outputs);
    for (const values of outputs) hash.update(bytesOf(values));
  }
}

/** Every code of a recurrent int8 network over noise with jumps. */
function portiloop(): void {
  const copies = createPortiloop(recurrent(), 'wrap');
  const hash = createHash('sha256');
  for (const value of madeSignal(40, 12)) {
    copies.push(Float64Array.of(value), 0);
    hash.update(bytesOf(Float64Array.of(copies.copy, copies.code, copies.value)));
  }
  digests['portiloop: codes'] = hash.digest('hex');
}

/** Every answer of the gate to random sequences of commands, faults and requests. */
function gate(sequences: number): void {
  const hash = createHash('sha256');
  class Heard extends Gate {
    override decide(request: StimulusRequest, nowUs: number): number {
      const reasons = super.decide(request, nowUs);
      hash.update(bytesOf(Float64Array.of(nowUs, reasons)));
      return reasons;
    }
  }
  const coverage = new Coverage();
  for (let seed = 1; seed <= sequences; seed++) {
    const wrong = runSequence(seed, Heard, coverage);
    if (wrong !== '') throw new Error(wrong);
  }
  digests[`gate: ${coverage.requests} requests, ${coverage.permits} permits`] = hash.digest('hex');
}

/** Every event of a preset's whole loop, armed, against a simulated guardian. */
async function loopOf(name: string, { preset, sets = [] }: { preset: string; sets?: string[] }): Promise<void> {
  const electrodes = preset.startsWith('cyton') ? ['C3', 'C4', 'M1', 'M2', 'Fz'] : ['Cz'];
  const channels = electrodes.map((electrode) => ({
    name: electrode,
    unit: 'uV',
    scale: 1e-2,
    railCounts: 2 ** 31 - 1,
  }));
  const stream: StreamInfo = { device: 'file', channels, rate, delayUs: 0 };
  const { configuration } = loadConfiguration({ preset, sets, stream });
  const loop = await buildLoop(compileLoop(configuration, stream), stream);
  const guardian = new SimulatedGuardian();
  const block = createSampleBlock(electrodes.length, 1);
  const messages = createRecordList(64);
  const signals = electrodes.map((_, place) => madeSignal(120, place + 1));
  const [input, hash] = [createHash('sha256'), createHash('sha256')];
  let events = 0;
  openingMessages(messages, true);
  for (let sample = 0; sample < 120 * rate; sample++) {
    block.firstIndex = sample;
    block.frames = 1;
    for (const [place, signal] of signals.entries()) block.counts[place] = Math.round((signal[sample] ?? 0) * 100);
    block.flags[0] = 0;
    const nowUs = (sample / rate) * 1e6;
    block.arrivalUs = nowUs;
    guardian.report(nowUs, messages);
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    guardian.take(loop, nowUs);
    input.update(bytesOf(block.counts));
    hash.update(bytesOf(loop.events.records.subarray(0, loop.events.length * recordLength)));
    events += loop.events.length;
  }
  digests[`${name}: what goes in`] = input.digest('hex');
  digests[`${name}: ${events} events`] = hash.digest('hex');
}

/** Microvolts: noise, waves at 0.8 and 13 Hz by a rotation of whole steps, and jumps out of a network's range. */
function madeSignal(seconds: number, seed: number): Float64Array {
  let noise = seed;
  const slow = turning(0.8);
  const spindle = turning(13);
  return Float64Array.from({ length: seconds * rate }, (_, n) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const burst = n % (4 * rate) < rate ? 25 : 0;
    return 20 * (noise / 2 ** 32 - 0.5) + 45 * slow() + burst * spindle() + (n % 7000 > 6950 ? 300 : 0);
  });
}

/** A sine by the rotation of a rational point on the unit circle: no function of the machine's own is asked. */
function turning(hertz: number): () => number {
  const half = (Math.PI * hertz) / rate;
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  let [x, y] = [1, 0];
  return () => {
    [x, y] = [x * cos - y * sin, x * sin + y * cos];
    return y;
  };
}

function portiloopModel(): string {
  const path = join(temporaryFolder(), 'own.safetensors');
  writeFileSync(path, writeNetwork(recurrent()));
  return path;
}

function recurrent(): ReturnType<typeof importTflite> {
  const file = generatedFiles().find(({ name }) => name === 'recurrent 2');
  if (file === undefined) throw new Error('there is no generated network "recurrent 2"');
  return importTflite(file.bytes);
}

function bytesOf({ buffer, byteOffset, byteLength }: ModelValues | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
