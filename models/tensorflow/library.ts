import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { ModelError } from '../format/model-error.js';

/** The part of TensorFlow.js that is used here. Its own types would make the optional package needed to build this one. */
export interface TensorFlow {
  tensor(values: Float32Array, shape: readonly number[], dtype?: 'float32'): Tensor;
  tidy<Result>(compute: () => Result): Result;
  keep(tensor: Tensor): Tensor;
  memory(): { readonly numTensors: number };
  matMul(a: Tensor, b: Tensor): Tensor;
  conv2d(
    x: Tensor,
    filter: Tensor,
    strides: readonly number[],
    pad: Padding,
    format: 'NHWC',
    dilations: readonly number[],
  ): Tensor;
  depthwiseConv2d: TensorFlow['conv2d'];
  maxPool(x: Tensor, size: readonly number[], strides: readonly number[], pad: Padding): Tensor;
  avgPool: TensorFlow['maxPool'];
  pad(x: Tensor, paddings: readonly (readonly number[])[]): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  greater(a: Tensor, b: Tensor): Tensor;
  greaterEqual(a: Tensor, b: Tensor): Tensor;
  cast(x: Tensor, dtype: 'float32'): Tensor;
  relu(x: Tensor): Tensor;
  relu6(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  softmax(x: Tensor, axis: number): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  concat(tensors: readonly Tensor[], axis: number): Tensor;
}
export interface Tensor {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
  dispose(): void;
}
/** Before and after, of batch, height, width, channels. */
export type Padding = 'valid' | readonly (readonly [number, number])[];

interface Package extends TensorFlow {
  enableProdMode(): void;
  env(): { set(flag: string, value: boolean): void };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
}
interface WasmBackend {
  setWasmPaths(folder: string): void;
  setThreadsCount(threads: number): void;
}

let loaded: Promise<TensorFlow> | undefined;

/** tfjs-node if it is installed, else the WebAssembly backend on one thread. Loaded once. */
export function loadTensorFlow(): Promise<TensorFlow> {
  loaded ??= startTensorFlow(optional).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** `find` gives an installed package or undefined. */
export async function startTensorFlow(find: typeof optional): Promise<TensorFlow> {
  const node = await find<Package>('@tensorflow/tfjs-node');
  if (node) {
    // Production mode: no checks of each operation, and no advice on the console.
    node.enableProdMode();
    await node.ready();
    return node;
  }
  const tf = await find<Package>('@tensorflow/tfjs');
  const backend = await find<WasmBackend>('@tensorflow/tfjs-backend-wasm');
  if (!tf || !backend)
    throw new ModelError(
      'This network is run by TensorFlow.js, which is not installed. Install @tensorflow/tfjs-node, or @tensorflow/tfjs and @tensorflow/tfjs-backend-wasm: axond check says how on this machine.',
    );
  tf.enableProdMode();
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  backend.setWasmPaths(`${join(dirname(main), '..', 'wasm-out')}/`);
  if (!(await tf.setBackend('wasm'))) throw new ModelError('TensorFlow.js: its WebAssembly backend does not start.');
  await tf.ready();
  return tf;
}

/** Undefined if the package, or a native part of it, is not there. */
async function optional<Module>(name: string): Promise<Module | undefined> {
  try {
    const module = (await import(name)) as { default?: Module } & Module;
    return module.default ?? module;
  } catch {
    return undefined;
  }
}
