import type { GraphNode } from '../format/graph.js';
import { elementsOf } from '../format/value.js';
import { elementBytes } from './forms.js';
import type { NodeOf, StateArray } from './node-context.js';
import type { PlannedState } from './plan-reals.js';
import { comparable, tensorOf, type SynapsePlan } from './plan-synapses.js';

/** What moves or compares whole arrays; in networks of few channels most of a step would go to calls for these nodes. */
type Arrays = NodeOf<'threshold' | 'add' | 'delay' | 'concat'>;

/**
 * Whether a kernel runs a node: one threshold a channel; the sum of two sums; one delay for all elements; joining along
 * the first axis. The rest is the reference's.
 */
export function hasArrayKernel(node: GraphNode, { network, forms }: SynapsePlan): node is Arrays {
  switch (node.op) {
    case 'threshold':
      return node.from.length === 1 && tensorOf(network, node.threshold).shape[0] === 1;
    case 'add':
      return (
        node.from.length === 2 &&
        node.multipliers.every((multiplier) => multiplier === 1) &&
        forms.value(node.name).domain === 'sums' &&
        node.from.every((name) => forms.value(name).domain === 'sums')
      );
    case 'delay': {
      const { values } = tensorOf(network, node.ticks);
      return values.every((ticks) => ticks === values[0]);
    }
    case 'concat':
      return node.axis === 0;
    default:
      return false;
  }
}

/** The parts of the state are those of the reference, in its order. */
export function planArrays(node: Arrays, plan: SynapsePlan): PlannedState[] {
  const { network, forms, memory } = plan;
  const sources = node.from.map((name) => forms.array(name));
  const bytesOf = (name: string): number => elementsOf(forms.value(name).shape) * elementBytes(forms.value(name));
  const [first = 0, second = 0] = sources;
  const out = forms.newArray(node.name);
  if (node.op === 'threshold') {
    const [name = ''] = node.from;
    const sums = forms.value(name);
    const { limits, flips } = comparable(node, network, sums.domain === 'sums' ? sums.most : 0);
    forms.record('fire', {
      from: first,
      limits: memory.constant(limits),
      flips: memory.constant(flips),
      out,
      channels: limits.length,
      positions: elementsOf(sums.shape) / limits.length,
    });
  } else if (node.op === 'add') {
    forms.record('addSums', { a: first, b: second, out, count: elementsOf(forms.value(node.name).shape) });
  } else if (node.op === 'concat') {
    let to = out;
    node.from.forEach((name, place) => {
      forms.record('copy', { from: sources[place] ?? 0, to, bytes: bytesOf(name) });
      to += bytesOf(name);
    });
  } else return planDelay(node, first, out, bytesOf(node.from[0]), plan);
  return [];
}

function planDelay(
  node: NodeOf<'delay'>,
  from: number,
  to: number,
  bytes: number,
  { network, forms, memory }: SynapsePlan,
): PlannedState[] {
  const depth = (tensorOf(network, node.ticks).values[0] ?? 0) + 1;
  const value = forms.value(node.from[0]);
  const elements = depth * elementsOf(value.shape);
  const nothing = value.domain === 'codes' ? value.zeroPoint : 0;
  const empty = (): StateArray => {
    if (value.domain === 'real') return new Float32Array(elements);
    if (elementBytes(value) === 4) return new Int32Array(elements);
    return value.domain === 'codes' && value.type === 'i8' ? new Int8Array(elements) : new Uint8Array(elements);
  };
  const states = [
    { node: node.name, part: 'ring', at: memory.room(depth * bytes), initial: empty().fill(nothing) },
    { node: node.name, part: 'position', at: memory.room(4), initial: new Int32Array(1) },
  ];
  const [ring = 0, position = 0] = states.map(({ at }) => at);
  forms.record('delay', { from, to, bytes, ring, position, depth });
  return states;
}
