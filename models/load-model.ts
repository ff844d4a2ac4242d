import type { Model, ModelPort, ModelValues } from '../runtime/contracts.js';
import { createReference } from './engine/reference.js';
import type { Network } from './format/graph.js';

/** The engine for a network, with its first steps done: what is called first from the loop is compiled by then. */
export function loadModel(network: Network): Promise<Model> {
  const model = createReference(network);
  warmUp(model);
  return Promise.resolve(model);
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
