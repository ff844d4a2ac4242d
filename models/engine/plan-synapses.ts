import type { Network, Tensor } from '../format/graph.js';
import { elementsOf, type Value } from '../format/value.js';
import type { Forms, Plane } from './forms.js';
import type { MemoryPlan } from './memory-plan.js';
import type { NodeOf } from './node-context.js';
import type { Kernel } from './records.js';
import {
  axonalWeights,
  pairedWeights,
  tilingsOf,
  winogradWeights,
  type KernelShape,
  type Tiling,
} from './weight-layouts.js';
import { slidingWindow, type Window } from './window.js';

export type Synapses = NodeOf<'dense' | 'conv1d' | 'conv2d'>;

/** What follows a layer of sums and nothing else reads: the threshold, perhaps after a maximum over windows. */
export interface Firing {
  readonly threshold: NodeOf<'threshold'>;
  readonly pool?: NodeOf<'maxpool'>;
}

export interface SynapsePlan {
  readonly network: Network;
  readonly forms: Forms;
  readonly memory: MemoryPlan;
  readonly scratch: number;
}

/**
 * Spikes of up to so many levels are events, each listed as often as it counts; of more levels they are dense. From the
 * curve of `axond bench snn`: 512 inputs × 512 outputs take 1.0 + 3.8 × (events per input) µs by events and 8.0 µs dense,
 * equal at 1.8 events per input. A level that fires as layers at T=1 do adds 0.15 to 0.25 of one.
 */
export const mostEventLevels = 8;

/** A list holds the places of a row of inputs in 16 bits. */
const mostPlaces = 1 << 16;
/** Each group has records and padded weights of its own: with more the reference runs the node. */
export const mostGroups = 1024;

/** Whether kernels run a node: otherwise the reference does. */
export function hasSynapseKernel(node: Synapses, { network, forms }: Omit<SynapsePlan, 'memory' | 'scratch'>): boolean {
  if (node.op === 'dense' && node.delays !== undefined) return false;
  if (network.tensors.get(node.weight)?.type === 'F32') return false;
  const { name, window } = inputOf(node, network, forms);
  if (groupsOf(node) > mostGroups) return false;
  return isEvents(forms.value(name), window, groupsOf(node)) || isImage(forms.value(name));
}

/** Whether the layer's spikes can be made from its sums at once. */
export function canFire(node: Synapses, network: Network): boolean {
  const outputs = network.tensors.get(node.weight)?.shape[0] ?? 0;
  const groups = groupsOf(node);
  return groups === 1 || (outputs / groups) % 16 === 0;
}

export function planSynapses(node: Synapses, firing: Firing | undefined, plan: SynapsePlan): void {
  const { network, forms, memory, scratch } = plan;
  const weight = tensorOf(network, node.weight);
  const { name, window } = inputOf(node, network, forms);
  const groups = groupsOf(node);
  const outputs = (weight.shape[0] ?? 0) / groups;
  const channels = window.channels / groups;
  const { kernelHeight, kernelWidth } = window;
  const shape: KernelShape = { outputs, channels, kernelHeight, kernelWidth };
  const rows = channels * kernelHeight * kernelWidth;
  const sums = forms.value(node.name);
  const most = sums.domain === 'sums' ? sums.most : 0;
  const positions = window.outHeight * window.outWidth;
  const thresholds = firing && comparable(firing.threshold, network, most);
  const plane = firing && planeFor(firing, forms, outputs * groups, positions);
  const array = plane ? 0 : forms.newArray(node.name);
  const events = isEvents(forms.value(name), window, groups);

  for (let group = 0; group < groups; group++) {
    const first = group * outputs;
    const weights = weight.values.subarray(first * rows, (first + outputs) * rows);
    const shared = {
      ...window,
      channels: events ? channels : window.channels,
      outPitch: plane?.pitch ?? 0,
      scratch,
    };
    /** Where a tiling writes, and what it compares with. */
    const target = (tiling: Tiling, wide: boolean, all = thresholds?.limits) => {
      const from = first + tiling.first;
      const count = Math.min(tiling.tiles * tiling.lanes, outputs - tiling.first);
      if (!plane || !thresholds || !all)
        return { out: array + 4 * from * positions, outputs: count, thresholds: 0, flips: 0 };
      const limits = all.subarray(from, from + count);
      const flips = firing.pool ? noFlips(count) : thresholds.flips.subarray(from, from + count);
      return {
        out: plane.at + from / 8,
        outputs: count,
        thresholds: memory.constant(limitsFor(limits, tiling, wide)),
        flips: memory.constant(bitsOf(flips, tiling.tiles * tiling.lanes)),
      };
    };
    if (events) {
      const list = forms.list(name, window, group * channels, channels);
      for (const tiling of tilingsOf(outputs)) {
        const fits = most <= 32767;
        forms.record(axonalKernel(tiling), {
          ...shared,
          ...target(tiling, !fits),
          ...list,
          weights: memory.constant(axonalWeights(weights, shape, tiling)),
          tiles: tiling.tiles,
          most: fits ? unlimited : 256,
        });
      }
    } else if (thresholds && groups === 1 && isWinograd(forms.value(name), window, most)) {
      const { at, pitch } = forms.columns(name, window);
      const tiling: Tiling = { lanes: 16, tiles: Math.ceil(outputs / 16), first: 0 };
      const scaled = thresholds.limits.map((limit) => winogradScale * limit);
      forms.record('winograd', {
        ...shared,
        ...target(tiling, true, scaled),
        image: at,
        pitch,
        runs: 1,
        across: kernelHeight * channels,
        runStep: 0,
        weights: memory.constant(winogradWeights(weights, shape)),
        tiles: tiling.tiles,
      });
    } else {
      const { at, pitch } = forms.image(name, window);
      const whole = window.dilationRight === 1 && groups === 1;
      const runs = whole ? 1 : kernelWidth;
      const tiling: Tiling = { lanes: 16, tiles: Math.ceil(outputs / 16), first: 0 };
      forms.record(window.outWidth === 1 ? 'codesOne' : 'codesTwo', {
        ...shared,
        ...target(tiling, true),
        image: at + 2 * group * channels,
        pitch,
        runs,
        across: (kernelWidth / runs) * channels,
        runStep: 2 * window.dilationRight * window.channels,
        weights: memory.constant(pairedWeights(weights, shape, runs)),
        tiles: tiling.tiles,
      });
    }
  }
  if (firing?.pool && plane && thresholds) poolPlane(firing, firing.pool, plane, thresholds.flips, plan, node.name);
}

/** Rows in 16 bits when all inputs together fit. */
const unlimited = 1 << 30;

function planeFor({ threshold, pool }: Firing, forms: Forms, channels: number, positions: number): Plane {
  return pool ? forms.roomForPlane(channels, positions) : forms.newPlane(threshold.name);
}

/**
 * The largest sum of a window meets T where any of its sums does; it is at most T where none is above T: so bits of
 * sums above a limit are pooled, and flipped afterwards.
 */
function poolPlane(
  { threshold }: Firing,
  pool: NodeOf<'maxpool'>,
  { at, pitch }: Plane,
  flips: Uint8Array,
  { forms, memory }: SynapsePlan,
  sums: string,
): void {
  const window = slidingWindow(forms.value(sums).shape, pool.kernel, pool.stride, pool.padding);
  const to = forms.newPlane(threshold.name).at;
  const flipped = memory.constant(bitsOf(flips, 8 * pitch));
  forms.record('pool', { bits: at, to, pitch, flips: flipped, ...window });
}

/** A maximum of spikes of one level. */
export function planSpikePool(node: NodeOf<'maxpool'>, forms: Forms): void {
  const [from] = node.from;
  const { at, pitch } = forms.plane(from);
  const window = slidingWindow(forms.value(from).shape, node.kernel, node.stride, node.padding);
  const to = forms.newPlane(node.name, pitch).at;
  forms.record('pool', { bits: at, to, pitch, flips: 0, ...window });
}

function groupsOf(node: Synapses): number {
  return node.op === 'dense' ? 1 : node.groups;
}

/** A dense layer is a kernel that covers its input, which may lie behind a flatten node. */
export function inputOf(
  node: Synapses,
  network: Network,
  forms: Forms,
): { readonly name: string; readonly window: Window } {
  const [from] = node.from;
  if (node.op === 'dense') {
    const origin = forms.origin(from);
    const { shape } = forms.value(origin);
    const name = shape.length <= 3 ? origin : from;
    const [, ...extents] = forms.value(name).shape;
    const kernel = extents.length > 0 ? extents : [1];
    const input = extents.length > 0 ? forms.value(name).shape : [elementsOf(shape), 1];
    return { name, window: slidingWindow(input, kernel, [1, 1], [0, 0]) };
  }
  const kernel = tensorOf(network, node.weight).shape.slice(2);
  const axes = (value: number | readonly number[]): readonly number[] => (typeof value === 'number' ? [value] : value);
  const { shape } = forms.value(from);
  return {
    name: from,
    window: slidingWindow(shape, kernel, axes(node.stride), node.padding, axes(node.dilation)),
  };
}

function isEvents(value: Value, { width, channels }: Window, groups: number): boolean {
  return value.domain === 'spikes' && value.levels <= mostEventLevels && (width * channels) / groups <= mostPlaces;
}

/** Whether the products are sums of 16-bit numbers, and the scaled sums of 32 bits. */
function isWinograd(value: Value, window: Window, most: number): boolean {
  const { kernelWidth, strideRight, dilationRight, dilationDown, outWidth } = window;
  return (
    kernelWidth === 3 &&
    strideRight === 1 &&
    dilationRight === 1 &&
    dilationDown === 1 &&
    outWidth > 3 &&
    (value.domain === 'spikes' || (value.domain === 'codes' && value.type !== 'i16')) &&
    winogradScale * (most + 1) < 2 ** 31
  );
}

const winogradScale = 24;

/** Whether the elements less their zero point are 16 bits. */
function isImage(value: Value): boolean {
  switch (value.domain) {
    case 'spikes':
      return true;
    case 'codes':
      return value.type !== 'i16' || value.zeroPoint === 0;
    case 'sums':
      return value.most <= 32767;
    case 'real':
      return false;
  }
}

function axonalKernel({ lanes }: Tiling): Extract<Kernel, `axonal${string}`> {
  return lanes === 64 ? 'axonal64' : lanes === 32 ? 'axonal32' : 'axonal16';
}

export interface Comparable {
  /** For each channel what a sum must be above, no further out than one beyond the largest sum. */
  readonly limits: Int32Array;
  /** 1 where the spike is the opposite of that. */
  readonly flips: Uint8Array;
}

export function comparable(node: NodeOf<'threshold'>, network: Network, most: number): Comparable {
  const { values } = tensorOf(network, node.threshold);
  const modes = tensorOf(network, node.mode).values;
  const limits = new Int32Array(values.length);
  const flips = new Uint8Array(values.length);
  for (let channel = 0; channel < values.length; channel++) {
    const threshold = values[channel] as number;
    const mode = modes[channel] as number;
    const limit = mode === 0 ? threshold - 1 : mode === 1 ? threshold : most;
    limits[channel] = Math.max(-most - 1, Math.min(most, limit));
    flips[channel] = mode === 1 || (mode === 2 && threshold !== 0) ? 1 : 0;
  }
  return { limits, flips };
}

/** Padded outputs never fire. */
function limitsFor(limits: Int32Array, { tiles, lanes }: Tiling, wide: boolean): Int32Array | Int16Array {
  const padded = wide ? new Int32Array(tiles * lanes).fill(2 ** 31 - 1) : new Int16Array(tiles * lanes).fill(32767);
  padded.set(limits);
  return padded;
}

const noFlips = (count: number): Uint8Array => new Uint8Array(count);

function bitsOf(flags: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(length / 8));
  flags.forEach((flag, at) => ((bits[at >> 3] as number) |= flag << (at & 7)));
  return bits;
}

export function tensorOf(network: Network, name: string): Tensor {
  const tensor = network.tensors.get(name);
  if (!tensor) throw new Error(`${name} is no tensor of the network`);
  return tensor;
}
