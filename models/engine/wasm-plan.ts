import type { GraphNode, Network } from '../format/graph.js';
import { elementsOf, type Value } from '../format/value.js';
import { Forms } from './forms.js';
import { MemoryPlan } from './memory-plan.js';
import { hasArrayKernel, planArrays } from './plan-arrays.js';
import { planNeurons, planRealSynapses, type PlannedState } from './plan-reals.js';
import {
  canFire,
  hasSynapseKernel,
  mostEventLevels,
  mostGroups,
  planSpikePool,
  planSynapses,
  type Firing,
  type Synapses,
} from './plan-synapses.js';

/** A stretch of a step: records for the kernels, or a node that has none. */
export type Phase = { readonly records: Int32Array[]; readonly states: PlannedState[] } | { readonly node: GraphNode };

export interface WasmPlan {
  readonly memory: MemoryPlan;
  readonly phases: readonly Phase[];
  /** Where the array of a value lies that an input, an output or a node without kernel uses. */
  address(name: string): number;
}

/** Decides for each node which kernels run it, in which forms its values lie and where. */
export function planNetwork(network: Network, values: ReadonlyMap<string, Value>): WasmPlan {
  const { graph } = network;
  const phases: Phase[] = [];
  const emit = (record: Int32Array): void => {
    const last = phases.at(-1);
    if (last && 'records' in last) last.records.push(record);
    else phases.push({ records: [record], states: [] });
  };
  const memory = new MemoryPlan();
  const forms = new Forms(memory, values, emit, mostListed(network, values));
  const plan = { network, forms, memory, scratch: memory.room(scratchBytes) };
  const readers = readersOf(network);
  const done = new Set<string>();

  for (const { name } of graph.inputs) forms.input(name);
  for (const node of graph.nodes) {
    if (done.has(node.name)) continue;
    if (node.op === 'flatten' || node.op === 'reshape') forms.alias(node.name, node.from[0]);
    else if (isSynapses(node) && hasSynapseKernel(node, plan)) {
      const firing = canFire(node, network) ? firingAfter(node.name, readers, network) : undefined;
      planSynapses(node, firing, plan);
      if (firing) done.add(firing.threshold.name);
      if (firing?.pool) done.add(firing.pool.name);
    } else if (isSynapses(node) && isReal(node, network)) planRealSynapses(node, plan);
    else if (node.op === 'neuron') {
      const states = planNeurons(node, plan);
      const last = phases.at(-1);
      if (last && 'records' in last) last.states.push(...states);
    } else if (node.op === 'maxpool' && isBinary(forms.value(node.from[0]))) planSpikePool(node, forms);
    else if (hasArrayKernel(node, plan)) {
      const states = planArrays(node, plan);
      const last = phases.at(-1);
      if (last && 'records' in last) last.states.push(...states);
    } else {
      for (const name of sourcesOf(node)) forms.array(name);
      forms.newArray(node.name);
      phases.push({ node });
    }
  }
  for (const node of graph.nodes) if (node.op === 'previous') forms.array(node.of);
  for (const { node } of graph.outputs) forms.array(node);
  return { memory, phases, address: (name) => forms.array(name) };
}

/** Most of a kernel: winograd has six products and four sums, of 16 outputs in two rows. */
const scratchBytes = 10 * 128;

function isSynapses(node: GraphNode): node is Synapses {
  return node.op === 'dense' || node.op === 'conv1d' || node.op === 'conv2d';
}

function isReal(node: Synapses, { tensors }: Network): boolean {
  if (tensors.get(node.weight)?.type !== 'F32') return false;
  return node.op === 'dense' ? node.delays === undefined : node.groups <= mostGroups;
}

function isBinary(value: Value): boolean {
  return value.domain === 'spikes' && value.levels === 1;
}

/** What a node reads in the same tick. */
function sourcesOf(node: GraphNode): readonly string[] {
  return 'from' in node ? node.from : [];
}

/** The longest list of events, and the most positions that one has. */
function mostListed({ graph }: Network, values: ReadonlyMap<string, Value>): { events: number; positions: number } {
  let events = 0;
  let positions = 0;
  for (const node of graph.nodes) {
    if (!isSynapses(node)) continue;
    const value = values.get(node.from[0]);
    if (value?.domain !== 'spikes' || value.levels > mostEventLevels) continue;
    events = Math.max(events, elementsOf(value.shape) * value.levels);
    positions = Math.max(positions, elementsOf(value.shape));
  }
  return { events, positions };
}

type Readers = ReadonlyMap<string, readonly (GraphNode | 'output')[]>;

function readersOf({ graph }: Network): Readers {
  const readers = new Map<string, (GraphNode | 'output')[]>();
  const add = (name: string, reader: GraphNode | 'output'): void => {
    readers.set(name, [...(readers.get(name) ?? []), reader]);
  };
  for (const node of graph.nodes) {
    for (const name of sourcesOf(node)) add(name, node);
    if (node.op === 'previous') add(node.of, node);
  }
  for (const { node } of graph.outputs) add(node, 'output');
  return readers;
}

function firingAfter(sums: string, readers: Readers, { tensors }: Network): Firing | undefined {
  const only = (name: string): GraphNode | undefined => {
    const [reader, ...others] = readers.get(name) ?? [];
    return others.length === 0 && reader !== 'output' ? reader : undefined;
  };
  const first = only(sums);
  const pool = first?.op === 'maxpool' ? first : undefined;
  const threshold = pool ? only(pool.name) : first;
  if (threshold?.op !== 'threshold' || threshold.from.length > 1) return undefined;
  if (tensors.get(threshold.threshold)?.shape[0] !== 1) return undefined;
  return pool ? { threshold, pool } : { threshold };
}
