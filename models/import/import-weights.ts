import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { readSafetensors, type Dtype } from '../format/safetensors.js';
import { buildNetwork } from './architecture/build.js';
import { parseArchitecture } from './architecture/schema.js';
import { decodeElements, listWeights, type Element, type WeightArray, type Weights } from './architecture/weights.js';
import type { ImportOptions } from './importer.js';
import { readStateDict } from './torch/state-dict.js';

/** A PyTorch state_dict with a description of the network. */
export function importTorch(bytes: Uint8Array, options: ImportOptions): Network {
  return described(readStateDict(bytes), bytes.length, 'PyTorch state_dict', options);
}

/** Safetensors without axond's graph, with a description of the network. */
export function importSafetensors(bytes: Uint8Array, options: ImportOptions): Network {
  const weights = new Map<string, WeightArray>();
  for (const [name, { dtype, shape, bytes: stored }] of readSafetensors(bytes).tensors) {
    const element = elements[dtype];
    if (element === undefined)
      throw new ModelError(`${name}: is ${dtype}, which is not read. Give F32, F16, BF16 or I8.`);
    weights.set(name, { shape, values: decodeElements(element, stored) });
  }
  return described(weights, bytes.length, 'safetensors', options);
}

const elements: Partial<Record<Dtype, Element>> = {
  ...{
    BOOL: 'bool',
    U8: 'u8',
    I8: 'i8',
    I16: 'i16',
    F16: 'f16',
    BF16: 'bf16',
    I32: 'i32',
    F32: 'f32',
    I64: 'i64',
    F64: 'f64',
  },
} satisfies Partial<Record<Dtype, Element>>;

function described(weights: Weights, fileBytes: number, source: string, options: ImportOptions): Network {
  if (options.architecture === undefined)
    throw new ModelError(
      `The file holds tensors, but not the network that they belong to: ${listWeights(weights)}. Give a description of its layers (--architecture FILE; models/import/README.md shows one).`,
    );
  return buildNetwork(parseArchitecture(options.architecture), weights, fileBytes, source, options.tickSeconds);
}
