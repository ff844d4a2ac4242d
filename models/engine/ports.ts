import type { ModelDescription, ModelLayer, ModelPort, ModelValues } from '../../runtime/contracts.js';
import type { GraphNode, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { elementsOf, type Value } from '../format/value.js';

/** How a value stands in memory and in the arrays of `Model.step`. */
export function portOf(name: string, value: Value): ModelPort {
  const { shape } = value;
  switch (value.domain) {
    case 'real':
      return { name, shape, type: 'f32' };
    case 'sums':
      return { name, shape, type: 'i32' };
    case 'spikes':
      return { name, shape, type: 'u8' };
    case 'codes': {
      const { type, scale, zeroPoint } = value;
      return { name, shape, type: type === 'i16' ? 'i32' : type, scale, zeroPoint };
    }
  }
}

/** What an array of each type is. */
export const arrayKinds = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array } as const;

/** What `Model.step` takes or fills at a port. */
export function arrayFor({ type, shape }: Pick<ModelPort, 'type' | 'shape'>): ModelValues {
  return new arrayKinds[type](elementsOf(shape));
}

export function newArray(value: Value): ModelValues {
  return arrayFor(portOf('', value));
}

/** Copies what `Model.step` was given; spikes above `levels` count as `levels`. */
export function takeInput(given: ModelValues, value: Value, into: ModelValues): void {
  if (given.length !== into.length)
    throw new ModelError(`input of ${given.length} values, but the network takes ${into.length}. Give as many.`);
  into.set(given);
  if (value.domain !== 'spikes') return;
  const { levels } = value;
  for (let i = 0; i < into.length; i++) if ((into[i] as number) > levels) into[i] = levels;
}

export function describeNetwork(
  { graph, tensors }: Network,
  values: ReadonlyMap<string, Value>,
  engine: string,
  workingBytes: number,
): ModelDescription {
  let weightBytes = 0;
  for (const tensor of tensors.values()) weightBytes += tensor.values.byteLength;
  const layers = graph.nodes.map((node): ModelLayer => {
    const { shape } = valueOf(values, node.name);
    let parameters = 0;
    for (const name of Object.values(node))
      if (typeof name === 'string') parameters += tensors.get(name)?.values.length ?? 0;
    return { name: node.name, op: node.op, shape, parameters, denseOperations: denseOperations(node, shape, tensors) };
  });
  return { name: graph.name, engine, weightBytes, workingBytes, layers };
}

function denseOperations(node: GraphNode, shape: readonly number[], tensors: Network['tensors']): number {
  if (node.op !== 'dense' && node.op !== 'conv1d' && node.op !== 'conv2d') return 0;
  return elementsOf(shape) * elementsOf(tensors.get(node.weight)?.shape.slice(1) ?? []);
}

export function valueOf(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (!value) throw new ModelError(`${name}: no input or node of that name. Name one that the graph has.`);
  return value;
}
