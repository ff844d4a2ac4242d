import koffi from 'koffi';
import { getHeapStatistics } from 'node:v8';
import { createWasm } from '../../models/engine/wasm.js';
import { readKernels } from '../../models/load-model.js';
import type { Model } from '../contracts.js';
import { axondContender } from './snn.js';
import { generateNetwork, shapes, type BenchNetwork } from './snn-networks.js';
import { onnxruntime, type Contender } from './snn-peers.js';

/** The program that snn-memory.ts starts: SUBJECT SHAPE, prints bytes as JSON. */
const [subject = '', name = ''] = process.argv.slice(2);
const shape = shapes.find((one) => one.name === name);
if (shape === undefined) throw new Error(`there is no shape ${name}`);

const trim: (bytes: number) => unknown = koffi.load(null).func('int malloc_trim(size_t)');
const kernels = readKernels();
if (kernels === undefined) throw new Error('this Node has no WebAssembly with SIMD');
const engine = (network: BenchNetwork['network']): Model => createWasm(network, kernels);
const contend = (network: BenchNetwork): Contender =>
  subject === 'axond' ? axondContender(network, engine) : onnxruntime(network, 'float');

const network = generateNetwork(shape, 0.15, 1, 2);
const tiny = { name: 'tiny', input: [8, 1, 1], kind: 'spikes', layers: [{ outputs: 10 }], calibration: 1 } as const;
const first = contend(generateNetwork(tiny, 0.5, 1, 2));
run(first);

const before = residentBytes();
const contender = contend(network);
run(contender);
const resident = residentBytes() - before;
const { weightBytes, workingBytes } = engine(network.network).describe();
const declared = subject === 'axond' ? { declared: weightBytes + workingBytes } : {};
process.stdout.write(JSON.stringify({ resident, ...declared }));
await contender.close();
await first.close();

function run(contender: Contender): void {
  for (let step = 0; step < 200; step++) contender.infer(step % 2);
}

/** Without JavaScript's own heap and what the C library holds for later. */
function residentBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  trim(0);
  return process.memoryUsage.rss() - getHeapStatistics().total_physical_size;
}
