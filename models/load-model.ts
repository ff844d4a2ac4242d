import { readFileSync } from 'node:fs';
import type { Model, ModelPort, ModelValues } from '../runtime/contracts.js';
import { createReference } from './engine/reference.js';
import { createWasm } from './engine/wasm.js';
import type { GraphNode, Network } from './format/graph.js';
import { createInt8 } from './int8/int8-model.js';

/** The engine for a network, with its first steps done: what is called first from the loop is compiled by then. */
export function loadModel(network: Network): Promise<Model> {
  const model = createModel(network);
  warmUp(model);
  return Promise.resolve(model);
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

/** Steps on zeros, and back to the state after loading. */
export function warmUp(model: Model, milliseconds = 30): void {
  const inputs = model.inputs.map(valuesFor);
  const outputs = model.outputs.map(valuesFor);
  const end = performance.now() + milliseconds;
  for (let step = 0; step < mostWarmUpSteps && performance.now() < end; step++) model.step(inputs, outputs);
  model.reset();
}

/** What `step` takes or fills at a port. */
export function valuesFor({ shape, type }: ModelPort): ModelValues {
  const length = shape.reduce((product, extent) => product * extent, 1);
  switch (type) {
    case 'f32':
      return new Float32Array(length);
    case 'i32':
      return new Int32Array(length);
    case 'u8':
      return new Uint8Array(length);
    case 'i8':
      return new Int8Array(length);
  }
}

const mostWarmUpSteps = 2000;
