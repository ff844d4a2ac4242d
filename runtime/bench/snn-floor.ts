import koffi from 'koffi';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { volumeOf, type BenchNetwork, type SpikingLayer } from './snn-networks.js';

/** The same sums in C, in this process, timed in C: what a call from JavaScript costs is not in it. */
export interface Floor {
  /** Microseconds a step, over so many steps. */
  run(times: number): number;
  /** Of the examples, in their order. */
  logits(): Int32Array[];
}

export type Vectors = 'ordinary' | 'wide';

/**
 * Compiles the floor and makes one for each network: AVX2 on x86, NEON on arm64; `wide` is AVX-512. Undefined where
 * this processor has no such registers.
 */
export function compileFloor(folder: string, vectors: Vectors): ((network: BenchNetwork) => Floor) | undefined {
  const x64 = { ordinary: ['-mavx2'], wide: ['-mavx2', '-mavx512bw', '-DWIDE'] };
  const wanted: readonly string[] | undefined =
    process.arch === 'x64' ? x64[vectors] : process.arch === 'arm64' && vectors === 'ordinary' ? [] : undefined;
  if (wanted === undefined) return undefined;
  const source = fileURLToPath(new URL('../../../runtime/bench/snn-floor.c', import.meta.url));
  const target = join(folder, `snn-floor-${vectors}.so`);
  const compiled = spawnSync('cc', ['-O3', ...wanted, '-shared', '-fPIC', '-o', target, source], { encoding: 'utf8' });
  if (compiled.error) throw new Error('cc: there is no C compiler. Install one: sudo apt-get install gcc libc6-dev');
  if (compiled.status !== 0) throw new Error(`cc: ${compiled.stderr}`);
  const library = koffi.load(target);
  const runsHere: () => unknown = library.func('int floor_runs_here(void)');
  if (runsHere() === 0) return undefined;
  const create: () => unknown = library.func('void *floor_new(void)');
  const addLayer: (...values: unknown[]) => unknown = library.func(
    'void floor_layer(void *net, const int32_t *shape, const int8_t *weights, const int32_t *thresholds)',
  );
  const run: (...values: unknown[]) => unknown = library.func(
    'int64_t floor_run(void *net, const uint8_t *inputs, int count, int bytes, int times, _Out_ int32_t *logits)',
  );
  return (network) => {
    const net = create();
    for (const [place, layer] of network.layers.entries())
      addLayer(net, shapeOf(layer, place, network.input), layer.weight, layer.thresholds ?? null);
    const first = network.layers[0];
    const bytes = first === undefined ? 0 : volumeOf(first.input);
    const inputs = new Uint8Array(bytes * network.examples.length);
    for (const [place, example] of network.examples.entries()) inputs.set(example, place * bytes);
    const outputs = network.layers.at(-1)?.output[0] ?? 0;
    const logits = new Int32Array(outputs * network.examples.length);
    return {
      run: (times) => nanoseconds.parse(run(net, inputs, network.examples.length, bytes, times, logits)) / 1000 / times,
      logits: () => network.examples.map((_, place) => logits.slice(place * outputs, (place + 1) * outputs)),
    };
  };
}

const nanoseconds = z.coerce.number();

/** As `floor_layer` takes it. */
function shapeOf(layer: SpikingLayer, place: number, input: BenchNetwork['input']): Int32Array {
  const kind = layer.thresholds === undefined ? 2 : place === 0 && input === 'codes' ? 1 : 0;
  const { stride, padding, kernel, pooled } = layer;
  return Int32Array.of(kind, ...layer.input, ...layer.output, ...kernel, stride, ...padding, Number(pooled));
}
