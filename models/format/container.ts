import { z } from 'zod';
import { graphSchema, graphVersion, type Network, type Tensor } from './graph.js';
import { parseJson, refusal } from './json.js';
import { ModelError } from './model-error.js';
import { pack, packedBytes, unpack, type PackedType } from './packing.js';
import { decodeTensor, readSafetensors, writeSafetensors, type StoredTensor } from './safetensors.js';
import { describeShape, elementsOf } from './value.js';
import { inferValues } from './values.js';

/**
 * A model file: safetensors whose metadata holds the graph as JSON under `axond.graph`. Tensors of type I4 and B1 are
 * stored as U8, their type and shape under `axond.packed`.
 */
const graphKey = 'axond.graph';
const packedKey = 'axond.packed';
const packedSchema = z.array(
  z.strictObject({
    name: z.string(),
    type: z.enum(['I4', 'B1']),
    shape: z.array(z.number().int().min(0)).max(8),
  }),
);
type Packed = z.infer<typeof packedSchema>[number];

/** Whether a safetensors file is a model of axond, rather than weights alone. */
export function hasGraph(file: Uint8Array): boolean {
  return readSafetensors(file).metadata.has(graphKey);
}

/** The network in a model file, checked: inferValues accepts it. */
export function readNetwork(file: Uint8Array): Network {
  const { metadata, tensors: stored } = readSafetensors(file);
  const text = metadata.get(graphKey);
  if (text === undefined)
    throw new ModelError(
      `safetensors: ${stored.size} tensors (${[...stored.keys()].slice(0, 4).join(', ')} …) and no graph. Say how they are connected: axond model import FILE --architecture DESCRIPTION.`,
    );
  const json = parseJson(text, graphKey);
  checkVersion(json);
  const graph = graphSchema.safeParse(json);
  if (!graph.success) throw refusal(graphKey, graph.error);
  const packed = readPacked(metadata.get(packedKey), stored);
  const tensors = new Map<string, Tensor>();
  for (const [name, each] of stored) tensors.set(name, readTensor(name, each, packed.get(name)));
  const network = { graph: graph.data, tensors };
  inferValues(network);
  return network;
}

function checkVersion(json: unknown): void {
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (typeof version === 'number' && version > graphVersion)
    throw new ModelError(`the file is version ${version}, this axond reads ${graphVersion}: update axond.`);
  if (version !== graphVersion)
    throw new ModelError(
      `the file says version ${typeof version === 'number' ? version : 'nothing'}, this axond reads ${graphVersion}. The file is damaged.`,
    );
}

function readPacked(text: string | undefined, stored: ReadonlyMap<string, StoredTensor>): Map<string, Packed> {
  if (text === undefined) return new Map();
  const parsed = packedSchema.safeParse(parseJson(text, packedKey));
  if (!parsed.success) throw refusal(packedKey, parsed.error);
  const packed = new Map<string, Packed>();
  for (const each of parsed.data) {
    const { name, type, shape } = each;
    const bytes = packedBytes(type, elementsOf(shape));
    const tensor = stored.get(name);
    packed.set(name, each);
    if (tensor?.dtype !== 'U8' || tensor.bytes.length !== bytes)
      throw new ModelError(
        `${packedKey}: ${name} is ${type} ${describeShape(shape)}, ${bytes} bytes of U8, but the file has ${tensor ? `${tensor.bytes.length} of ${tensor.dtype}` : 'none'}. Write the file again.`,
      );
  }
  return packed;
}

function readTensor(name: string, stored: StoredTensor, packed: Packed | undefined): Tensor {
  if (packed) {
    const values = unpack(packed.type, stored.bytes, elementsOf(packed.shape));
    if (!values) throw new ModelError(`tensor ${name}: bits after its last element are not 0. Write the file again.`);
    return { type: packed.type, shape: packed.shape, values };
  }
  const tensor = decodeTensor(name, stored);
  if (tensor.type !== stored.dtype)
    throw new ModelError(`tensor ${name}: is ${stored.dtype}. A model holds I8, U8, I32, F32 or F64: convert it.`);
  return tensor;
}

/** The bytes of the model file; refuses a network that inferValues refuses, so that what is written can be read. */
export function writeNetwork(network: Network): Uint8Array {
  const graph = graphSchema.safeParse(network.graph);
  if (!graph.success) throw refusal('graph', graph.error);
  inferValues({ graph: graph.data, tensors: network.tensors });
  const packed: { name: string; type: PackedType; shape: readonly number[] }[] = [];
  const stored = new Map<string, StoredTensor>();
  for (const [name, { type, shape, values }] of network.tensors) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (type === 'I4' || type === 'B1') {
      packed.push({ name, type, shape });
      const bits = pack(type, values);
      stored.set(name, { dtype: 'U8', shape: [bits.length], bytes: bits });
    } else stored.set(name, { dtype: type, shape, bytes });
  }
  const metadata = new Map([[graphKey, JSON.stringify(graph.data)]]);
  if (packed.length > 0) metadata.set(packedKey, JSON.stringify(packed));
  return writeSafetensors({ metadata, tensors: stored });
}
