import type { ModelValues } from '../../runtime/contracts.js';
import type { GraphNode, Tensor } from '../format/graph.js';
import { elementsOf, type Value } from '../format/value.js';

/** Computes a node once a tick: from the arrays it reads to the one it writes. */
export type NodeStep = () => void;

export type NodeOf<Op extends GraphNode['op']> = Extract<GraphNode, { op: Op }>;

export type StateArray = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

/** Where a node lives: whoever prepares it decides what memory the arrays are in. */
export interface NodeContext {
  /** What flows out of an input or a node of the graph. */
  value(name: string): Value;
  /** The array that holds it, the same one in every tick; `array(node.name)` is what the node writes. */
  array(name: string): ModelValues;
  tensor(name: string): Tensor;
  /** An array that keeps its contents from tick to tick. It holds `initial` now and after each reset. */
  state<Kind extends StateArray>(node: string, part: string, initial: Kind): Kind;
  /** To run when every node has run. */
  afterTick(step: NodeStep): void;
}

/** The state that `Model.setState` sets. */
export const membrane = 'membrane';
/** Set back to zeros with it: a membrane set anew has not spiked. */
export const spikedBefore = 'spiked';

/** A tensor of [1], [channels] or the whole shape, as float32 for each element. */
export function spread(tensor: Tensor, shape: readonly number[]): Float32Array {
  return fill(new Float32Array(elementsOf(shape)), tensor);
}

export function spreadIntegers(tensor: Tensor, shape: readonly number[]): Int32Array {
  return fill(new Int32Array(elementsOf(shape)), tensor);
}

function fill<Kind extends Float32Array | Int32Array>(whole: Kind, { values }: Tensor): Kind {
  for (let i = 0; i < whole.length; i++) whole[i] = values[Math.floor((i * values.length) / whole.length)] as number;
  return whole;
}
