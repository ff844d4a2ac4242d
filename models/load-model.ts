import { readFileSync } from 'node:fs';
import type { Model } from '../runtime/contracts.js';
import { createReference } from './engine/reference.js';
import { createWasm } from './engine/wasm.js';
import type { GraphNode, Network } from './format/graph.js';
import { createInt8 } from './int8/int8-model.js';

/**
 * The engine for a network: int8 for networks of codes, else the kernels, or the reference where this Node has no SIMD.
 * Throws ModelError for a network that does not fit together. Who puts it into a loop warms it up first (warm-up.ts).
 */
export function loadModel(network: Network): Promise<Model> {
  return Promise.resolve(createModel(network));
}

function createModel(network: Network): Model {
  const { nodes } = network.graph;
  if (nodes.some(({ op }) => isInt8(op))) return createInt8(network);
  const kernels = readKernels();
  return kernels === undefined ? createReference(network) : createWasm(network, kernels);
}

function isInt8(op: GraphNode['op']): boolean {
  return op.startsWith('q') && op !== 'quantize';
}

let kernels: WebAssembly.Module | undefined;

/** The kernels of the engine; undefined where this Node has no WebAssembly with SIMD. */
export function readKernels(): WebAssembly.Module | undefined {
  if (kernels !== undefined) return kernels;
  const bytes = readFileSync(new URL('engine/assembly/kernels.wasm', import.meta.url));
  if (!WebAssembly.validate(bytes)) return undefined;
  kernels = new WebAssembly.Module(bytes);
  return kernels;
}
