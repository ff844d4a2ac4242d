import type { Graph, GraphNode, Network, Tensor, TensorType } from './graph.js';

/** A tensor of a shape, from its elements in order, repeated to its length. */
export function tensor(type: TensorType, shape: number[], ...elements: number[]): Tensor {
  const length = shape.reduce((product, axis) => product * axis, 1);
  const values = Array.from({ length }, (_, at) => elements[at % elements.length] ?? 0);
  const array =
    type === 'U8'
      ? Uint8Array.from(values)
      : type === 'I32'
        ? Int32Array.from(values)
        : type === 'F32'
          ? Float32Array.from(values)
          : type === 'F64'
            ? Float64Array.from(values)
            : Int8Array.from(values);
  return { type, shape, values: array };
}

/** A network whose output is its last node. */
export function networkOf(
  inputs: Graph['inputs'],
  nodes: GraphNode[],
  tensors: Record<string, Tensor> = {},
  more: Partial<Graph> = {},
): Network {
  const outputs = [{ name: 'out', node: nodes.at(-1)?.name ?? '' }];
  const graph: Graph = { version: 1, name: 'made', inputs, nodes, outputs, assumptions: [], provenance: {}, ...more };
  return { graph, tensors: new Map(Object.entries(tensors)) };
}

export const spikes = (name: string, shape: number[], levels = 1): Graph['inputs'][number] => ({
  name,
  shape,
  kind: { domain: 'spikes', levels },
});
export const real = (name: string, shape: number[]): Graph['inputs'][number] => ({
  name,
  shape,
  kind: { domain: 'real' },
});
export const codes = (
  name: string,
  shape: number[],
  type: 'u8' | 'i8' | 'i16' = 'u8',
  zeroPoint = type === 'u8' ? 128 : 0,
): Graph['inputs'][number] => ({ name, shape, kind: { domain: 'codes', type, scale: 1 / 64, zeroPoint } });
