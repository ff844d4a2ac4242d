import { z } from 'zod';
import { floatNodes } from './nodes-float.js';
import { int8Nodes } from './nodes-int8.js';
import { nodeName, port, tensorName } from './node-parts.js';
import { spikingNodes } from './nodes-spiking.js';

/**
 * The graph of a model: the JSON text under `axond.graph` in the metadata of a safetensors file, whose tensors it names.
 * Nodes stand in the order in which they run; a node reads only earlier ones, and a cycle goes through a `previous`
 * node. Shapes leave out the batch and put channels first: [channels, length], [channels, height, width] or [units].
 */

/** Raised with each change that an older reader would misread. */
export const graphVersion = 1;

export const graphNode = z.discriminatedUnion('op', [...spikingNodes, ...floatNodes, ...int8Nodes]);
export type GraphNode = z.infer<typeof graphNode>;

export const graphSchema = z.strictObject({
  version: z.literal(graphVersion),
  name: z.string().max(200),
  inputs: z.array(port).min(1).max(16),
  nodes: z.array(graphNode).min(1).max(4096),
  outputs: z
    .array(z.strictObject({ name: nodeName, node: nodeName }))
    .min(1)
    .max(16),
  /** Length of a tick in seconds, for a network with state. */
  tickSeconds: z.number().positive().max(3600).optional(),
  /** What the importer took for granted, a line each; shown by `axond model inspect`. */
  assumptions: z.array(z.string().max(1000)).max(200).default([]),
  /** Operating points: sets of numbers by name, for what reads the outputs; what they mean is its business. */
  points: z.record(z.string().max(100), z.record(z.string().max(100), z.number())).optional(),
  provenance: z
    .strictObject({
      source: z.string().max(1000).optional(),
      data: z.string().max(1000).optional(),
      licence: z.string().max(1000).optional(),
      seed: z.number().int().optional(),
      commit: z.string().max(100).optional(),
      scores: z.record(z.string().max(100), z.number()).optional(),
    })
    .default({}),
});
export type Graph = z.infer<typeof graphSchema>;

/** Tensors by name, each of `shape`; rows last as in C. I4 and B1 weights are held unpacked, an Int8Array of −8…7 or ±1. */
export interface Tensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly values: Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array;
}
export const tensorTypes = ['I8', 'U8', 'I4', 'B1', 'I32', 'F32', 'F64'] as const;
export type TensorType = (typeof tensorTypes)[number];

/** A model as it is held in memory: decoded, not yet checked (inferValues does). */
export interface Network {
  readonly graph: Graph;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export { tensorName };
