import fc from 'fast-check';
import { createHash, type Hash } from 'node:crypto';
import { randomCase, type NetworkCase } from '../../models/engine/random-network.test.fixture.js';
import { createReference } from '../../models/engine/reference.js';
import { createWasm } from '../../models/engine/wasm.js';
import { readKernels } from '../../models/load-model.js';
import type { Model } from '../../runtime/contracts.js';
import { bytesOf, type Digests } from './bytes.js';

/** Spikes and values of random networks, by the vector kernels and by the plain reference. */
export function networks(): Digests {
  const kernels = readKernels();
  if (kernels === undefined) throw new Error('this Node has no WebAssembly with SIMD');
  const cases = fc.sample(randomCase, { numRuns: 60, seed: 20251 });
  const [input, kernelsSay, referenceSays] = [createHash('sha256'), createHash('sha256'), createHash('sha256')];
  for (const each of cases) {
    for (const values of each.ticks.flat()) input.update(bytesOf(values));
    stepAll(createWasm(each.network, kernels), each, kernelsSay);
    stepAll(createReference(each.network), each, referenceSays);
  }
  return {
    'networks: what goes in': input.digest('hex'),
    'networks: vector kernels': kernelsSay.digest('hex'),
    'networks: reference': referenceSays.digest('hex'),
  };
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
