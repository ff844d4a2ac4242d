import { readFileSync } from 'node:fs';
import type { Model } from '../runtime/contracts.js';
import { createReference } from './engine/reference.js';
import { createWasm } from './engine/wasm.js';
import type { GraphNode, Network } from './format/graph.js';
import { ModelError } from './format/model-error.js';
import type { Value } from './format/value.js';
import { inferValues } from './format/values.js';
import { createInt8 } from './int8/int8-model.js';
import { loadTensorFlow } from './tensorflow/library.js';
import { createTensorFlow } from './tensorflow/tensorflow-model.js';

/**
 * The engine for a network: int8 for networks of TensorFlow Lite's codes, TensorFlow.js for float networks without a
 * spike where it is installed, the kernels for all others; the reference where this Node has no SIMD. Throws
 * ModelError for a network that does not fit together. Who puts it into a loop warms it up first (warm-up.ts).
 */
export async function loadModel(network: Network): Promise<Model> {
  const model = await createModel(network);
  const operations = model.describe().layers.reduce((sum, layer) => sum + layer.denseOperations, 0);
  if (operations > mostOperations)
    throw new ModelError(
      `${operations.toLocaleString('en-US')} products a step, but at most ${mostOperations.toLocaleString('en-US')} are run. Use smaller layers.`,
    );
  return model;
}

/** Seconds a step: what asks for more is no network for a loop, and a damaged file must not keep anybody waiting. */
const mostOperations = 1e10;

async function createModel(network: Network): Promise<Model> {
  const values = inferValues(network);
  if (network.graph.nodes.some(({ op }) => isInt8(op))) return createInt8(network);
  if (isFloat(network, values) && (await hasTensorFlow())) return createTensorFlow(network);
  const kernels = readKernels();
  return kernels === undefined ? createReference(network) : createWasm(network, kernels);
}

/** `quantize` and `dequantize` stand before and after spiking layers as well. */
function isInt8(op: GraphNode['op']): boolean {
  return op.startsWith('q') && op !== 'quantize';
}

function isFloat({ graph }: Network, values: ReadonlyMap<string, Value>): boolean {
  return (
    [...values.values()].every(({ domain }) => domain === 'real') && !graph.nodes.some(({ op }) => stateful.has(op))
  );
}

async function hasTensorFlow(): Promise<boolean> {
  return loadTensorFlow().then(
    () => true,
    () => false,
  );
}

const stateful: ReadonlySet<GraphNode['op']> = new Set(['neuron', 'previous', 'delay', 'smooth', 'integrate']);

let kernels: WebAssembly.Module | undefined;

/** The kernels of the engine; undefined where this Node has no WebAssembly with SIMD. */
export function readKernels(): WebAssembly.Module | undefined {
  if (kernels !== undefined) return kernels;
  const bytes = readFileSync(new URL('engine/assembly/kernels.wasm', import.meta.url));
  if (!WebAssembly.validate(bytes)) return undefined;
  kernels = new WebAssembly.Module(bytes);
  return kernels;
}
