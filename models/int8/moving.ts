import type { GraphNode } from '../format/graph.js';
import { elementsOf } from '../format/value.js';
import type { Kernel } from './elementwise.js';

type NodeOf<Op> = Extract<GraphNode, { op: Op }>;
type Elements = Int8Array | Uint8Array | Int32Array | Float32Array;

/** Kernels that only move elements. */

export function copy(input: Elements, output: Elements): Kernel {
  return () => output.set(input);
}

/** Output element by element, in the order of its axes: where each comes from. */
export function transpose(
  order: readonly number[],
  shape: readonly number[],
  input: Elements,
  output: Elements,
): Kernel {
  const steps = order.map((axis) => elementsOf(shape.slice(axis + 1)));
  const extents = order.map((axis) => shape[axis] ?? 1);
  const sources = new Int32Array(output.length);
  const index = extents.map(() => 0);
  let source = 0;
  for (let place = 0; place < sources.length; place++) {
    sources[place] = source;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      const step = steps[axis] ?? 0;
      source += step;
      index[axis] = (index[axis] ?? 0) + 1;
      if (index[axis] !== extents[axis]) break;
      source -= step * (extents[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return () => {
    for (let place = 0; place < sources.length; place++) output[place] = input[sources[place] as number] as number;
  };
}

/** Blocks of neighbouring elements, from and to places that advance by a step each. */
function blocks(
  input: Elements,
  output: Elements,
  count: number,
  length: number,
  from: readonly [start: number, step: number],
  to: readonly [start: number, step: number],
): Kernel {
  return () => {
    for (let block = 0; block < count; block++) {
      const source = from[0] + block * from[1];
      const target = to[0] + block * to[1];
      for (let element = 0; element < length; element++) output[target + element] = input[source + element] as number;
    }
  };
}

export function slice(node: NodeOf<'qslice'>, shape: readonly number[], input: Elements, output: Elements): Kernel {
  const inner = elementsOf(shape.slice(node.axis + 1));
  const length = node.length * inner;
  const row = (shape[node.axis] ?? 1) * inner;
  return blocks(input, output, input.length / row, length, [node.start * inner, row], [0, length]);
}

export function concat(
  axis: number,
  inputs: readonly { readonly shape: readonly number[]; readonly values: Elements }[],
  output: Elements,
): Kernel {
  const rows = inputs.map(({ shape }) => elementsOf(shape.slice(axis)));
  const whole = rows.reduce((sum, row) => sum + row, 0);
  let start = 0;
  const parts = inputs.map(({ values }, place) => {
    const row = rows[place] ?? 1;
    const part = blocks(values, output, values.length / row, row, [0, row], [start, whole]);
    start += row;
    return part;
  });
  return () => {
    for (const part of parts) part();
  };
}

/** The margins keep what `output` holds already. */
export function pad(
  before: readonly number[],
  from: readonly number[],
  to: readonly number[],
  input: Elements,
  output: Elements,
): Kernel {
  const last = from.length - 1;
  const row = from[last] ?? 1;
  const rows = new Int32Array(input.length / row);
  for (let place = 0; place < rows.length; place++) {
    let rest = place;
    let step = to[last] ?? 1;
    let target = before[last] ?? 0;
    for (let axis = last - 1; axis >= 0; axis--) {
      const extent = from[axis] ?? 1;
      target += ((rest % extent) + (before[axis] ?? 0)) * step;
      rest = Math.floor(rest / extent);
      step *= to[axis] ?? 1;
    }
    rows[place] = target;
  }
  return () => {
    for (let place = 0; place < rows.length; place++)
      for (let element = 0; element < row; element++)
        output[(rows[place] as number) + element] = input[place * row + element] as number;
  };
}
