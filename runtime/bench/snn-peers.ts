import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onnxFile } from './snn-onnx.js';
import { rankOf, volumeOf, type BenchNetwork, type SpikingLayer } from './snn-networks.js';

/** A network held by one of those that are compared: one call is one inference of one example. */
export interface Contender {
  /** Leaves the logits in its own output. */
  infer(example: number): void;
  /** Of the last example that it ran. */
  logits(): ArrayLike<number>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('../../../test/bench/peers/', import.meta.url));

/**
 * Installs onnxruntime-node and TensorFlow.js beside their own lock file, once, and says so. No install script runs:
 * the processor parts are in the packages, and the scripts would fetch a gigabyte for graphics cards.
 */
export function installPeers(say: (text: string) => void): void {
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return;
  say(`installing onnxruntime-node and TensorFlow.js into ${folder} (600 MB, once): npm ci --ignore-scripts`);
  const installed = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (installed.error || installed.status !== 0)
    throw new Error(`the peers could not be installed in ${folder}:\n${installed.stderr}`);
}

/** The parts of the peers that are used, by their documentation. */
interface OrtTensor {
  readonly data: Float32Array;
}
interface Ort {
  readonly Tensor: new (type: string, values: Float32Array | Uint8Array, dims: readonly number[]) => OrtTensor;
}
interface OrtBinding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => OrtSession };
}
interface OrtSession {
  loadModel(model: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: object, fetches: object, options: object): unknown;
  dispose(): void;
}

/**
 * One thread, all graph optimisations, input and output tensors made beforehand. `run` of the package waits for
 * setImmediate and then calls its native session; here the native session is called at once, which is faster.
 */
export function onnxruntime(network: BenchNetwork, precision: 'float' | 'qdq'): Contender {
  const require = createRequire(join(folder, 'package.json'));
  const ort = require('onnxruntime-node') as Ort;
  const { initOrt, binding } = require(join(dirname(require.resolve('onnxruntime-node')), 'binding.js')) as OrtBinding;
  initOrt();
  const session = new binding.InferenceSession();
  const model = onnxFile(network, precision);
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: true,
  });
  const [first] = network.layers;
  const last = network.layers.at(-1);
  if (first === undefined || last === undefined) throw new Error(`${network.name} has no layers`);
  const dims = rankOf(first) === 0 ? [1, volumeOf(first.input)] : [1, ...first.input];
  const type = precision === 'float' ? 'float32' : 'uint8';
  const feeds = network.examples.map((example) => ({
    x: new ort.Tensor(type, precision === 'float' ? Float32Array.from(example) : example, dims),
  }));
  const output = new ort.Tensor('float32', new Float32Array(last.output[0]), [1, last.output[0]]);
  const fetches = { y: output };
  const options = {};
  return {
    infer(example) {
      session.run(feeds[example] ?? {}, fetches, options);
    },
    logits: () => output.data,
    close() {
      session.dispose();
      return Promise.resolve();
    },
  };
}

interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
  reshape(shape: readonly number[]): TfTensor;
}
interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  tidy(run: () => TfTensor): TfTensor;
  tensor(values: Float32Array, shape: readonly number[]): TfTensor;
  maxPool(x: TfTensor, size: readonly number[], strides: readonly number[], pad: string): TfTensor;
  readonly fused: {
    conv2d(spec: object): TfTensor;
    matMul(spec: object): TfTensor;
  };
}
interface TfWasm {
  setWasmPaths(folder: string): void;
  setThreadsCount(threads: number): void;
}

/** TensorFlow.js on its WASM backend with SIMD, one thread. */
export async function startTensorFlow(): Promise<(network: BenchNetwork) => Contender> {
  const require = createRequire(join(folder, 'package.json'));
  const quiet = console.warn;
  // It recommends another package of its own at every start.
  console.warn = () => undefined;
  const tf = require('@tensorflow/tfjs') as Tf;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as TfWasm;
  wasm.setThreadsCount(1);
  wasm.setWasmPaths(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/'));
  await tf.setBackend('wasm');
  await tf.ready();
  console.warn = quiet;
  if (tf.getBackend() !== 'wasm') throw new Error('tfjs-backend-wasm did not start');
  return (network) => tensorflow(tf, network);
}

/**
 * Convolution, bias and activation are one fused kernel. Its one activation with two ends is relu6: where a spike is
 * worth 6, relu6(6 × (sum + 1 − T)) is exactly 6 or 0.
 */
function tensorflow(tf: Tf, network: BenchNetwork): Contender {
  const layers = network.layers.map((layer, place) => {
    const { thresholds } = layer;
    const [outputs] = layer.output;
    const unit = thresholds === undefined ? 1 : 6;
    const gain = place === 0 ? unit : unit / 6;
    const bias = Float32Array.from({ length: outputs }, (_, c) => (thresholds ? unit * (1 - (thresholds[c] ?? 0)) : 0));
    const [channels] = layer.input;
    const [height, width] = layer.kernel;
    const weight = toChannelsLast(layer, gain);
    const dense = rankOf(layer) === 0;
    return {
      layer,
      dense,
      fanIn: channels * height * width,
      filter: tf.tensor(weight, dense ? [channels * height * width, outputs] : [height, width, channels, outputs]),
      bias: tf.tensor(bias, [outputs]),
      activation: thresholds === undefined ? 'linear' : 'relu6',
    };
  });
  const inputs = network.examples.map((example) => {
    const [channels, height, width] = network.layers[0]?.input ?? [0, 0, 0];
    const values = new Float32Array(example.length);
    for (let at = 0; at < values.length; at++)
      values[at] = example[(at % channels) * height * width + Math.floor(at / channels)] ?? 0;
    return tf.tensor(values, layers[0]?.dense ? [1, channels] : [1, height, width, channels]);
  });
  const run = (input: TfTensor): TfTensor => {
    let x = input;
    for (const { layer, dense, fanIn, filter, bias, activation } of layers) {
      if (dense) {
        x = tf.fused.matMul({ a: x.reshape([1, fanIn]), b: filter, bias, activation });
        continue;
      }
      const [padY, padX] = layer.padding;
      const pad = [
        [0, 0],
        [padY, padY],
        [padX, padX],
        [0, 0],
      ];
      const strides = [layer.input[1] === 1 ? 1 : layer.stride, layer.stride];
      x = tf.fused.conv2d({ x, filter, strides, pad, dataFormat: 'NHWC', bias, activation });
      if (layer.pooled) x = tf.maxPool(x, [2, 2], [2, 2], 'valid');
    }
    return x;
  };
  let logits: ArrayLike<number> = [];
  return {
    infer(example) {
      const input = inputs[example];
      if (input === undefined) return;
      const output = tf.tidy(() => run(input));
      logits = output.dataSync();
      output.dispose();
    },
    logits: () => logits,
    close() {
      for (const tensor of [...inputs, ...layers.flatMap(({ filter, bias }) => [filter, bias])]) tensor.dispose();
      return Promise.resolve();
    },
  };
}

/** [output][channel][y][x] to [y][x][channel][output], which is also a dense layer's matrix after a channels-last plane. */
function toChannelsLast(
  { weight, kernel, input: [channels], output: [outputs] }: SpikingLayer,
  gain: number,
): Float32Array {
  const taps = kernel[0] * kernel[1];
  const out = new Float32Array(weight.length);
  for (let output = 0; output < outputs; output++)
    for (let channel = 0; channel < channels; channel++)
      for (let tap = 0; tap < taps; tap++)
        out[(tap * channels + channel) * outputs + output] =
          gain * (weight[(output * channels + channel) * taps + tap] ?? 0);
  return out;
}
