import { fold, thresholdTensors, type Fires } from '../engine/fold.js';
import { graphVersion, type Graph, type GraphNode, type Network, type Tensor } from '../format/graph.js';
import { epsilon, runningAffine } from './batch-norm.js';
import type { Block, Plan } from './plan.js';
import { quantise } from './quantise.js';
import { box, triangle } from './surrogate.js';
import type { Pair, Volume } from './volume.js';

/** Numbers of a network by the places of its plan. */
export interface Weights {
  readonly plan: Plan;
  readonly parameters: Float32Array;
  readonly running: Float32Array;
}

export interface ExportOptions {
  readonly name: string;
  /** What fires. */
  readonly spike: 'hoyer' | 'threshold';
  readonly provenance: Graph['provenance'];
}

/**
 * The integer network: u8 codes in, int8 weights, and for each channel one integer into which scale, batch norm and
 * threshold are folded by the very operations of the training's forward pass, so that it spikes as that one does.
 */
export function exportSpiking(weights: Weights, { name, spike, provenance }: ExportOptions): Network {
  const tensors = new Map<string, Tensor>();
  const nodes: GraphNode[] = [];
  const { plan } = weights;
  let from = 'input';
  const push = (node: GraphNode): void => {
    nodes.push(node);
    from = node.name;
  };
  for (const block of plan.blocks) {
    const { name: layer, last, sums } = block;
    const { codes, scales } = quantisedOf(weights, block);
    tensors.set(`${layer}.weight`, { type: 'I8', ...outputsFirst(block, Int8Array.from(codes)) });
    pushSynapse(block, from, push);
    if (last) {
      const bias = weights.parameters.slice(block.at.bias, block.at.bias + sums.channels);
      tensors.set('logits.scale', { type: 'F32', shape: [sums.channels], values: scales });
      tensors.set('logits.bias', { type: 'F32', shape: [sums.channels], values: bias });
      push({ op: 'readout', name: 'logits', from: [from], scale: 'logits.scale', bias: 'logits.bias' });
      continue;
    }
    pushPool('maxpool', block, block.maxpool, from, push);
    const foldings = Array.from({ length: sums.channels }, (_, c) =>
      fold(firesOf(weights, block, spike, c, scales[c] as number), mostOf(block, codes, c)),
    );
    const { threshold, mode } = thresholdTensors(foldings);
    tensors.set(`${layer}.threshold`, threshold).set(`${layer}.mode`, mode);
    const spikes = `${layer}.spikes`;
    push({ op: 'threshold', name: spikes, from: [from], threshold: `${layer}.threshold`, mode: `${layer}.mode` });
    pushPool('sumpool', block, block.avgpool, from, push);
  }
  const input = { domain: 'codes', type: 'u8', scale: 1 / 255, zeroPoint: 0 } as const;
  return { graph: graphOf(name, plan, input, nodes, provenance), tensors };
}

/** The ordinary network of ReLUs, in float32, on real inputs from 0 to 1. */
export function exportRelu(weights: Weights, { name, provenance }: Omit<ExportOptions, 'spike'>): Network {
  const tensors = new Map<string, Tensor>();
  const nodes: GraphNode[] = [];
  const { plan, parameters, running } = weights;
  let from = 'input';
  const push = (node: GraphNode): void => {
    nodes.push(node);
    from = node.name;
  };
  for (const block of plan.blocks) {
    const { name: layer, at, sums, depth, last } = block;
    const perChannel = (key: string, source: Float32Array, start: number): void => {
      const values = source.slice(start, start + sums.channels);
      tensors.set(`${layer}.${key}`, { type: 'F32', shape: [sums.channels], values });
    };
    const real = parameters.slice(at.weight, at.weight + depth * sums.channels);
    tensors.set(`${layer}.weight`, { type: 'F32', ...outputsFirst(block, real) });
    if (last) perChannel('bias', parameters, at.bias);
    pushSynapse(block, from, push, last ? `${layer}.bias` : undefined);
    if (last) continue;
    pushPool('maxpool', block, block.maxpool, from, push);
    if (block.batchNorm) {
      perChannel('gain', parameters, at.gain);
      perChannel('shift', parameters, at.shift);
      perChannel('mean', running, block.running.mean);
      perChannel('variance', running, block.running.variance);
      const [gain, bias, mean, variance] = ['gain', 'shift', 'mean', 'variance'].map((key) => `${layer}.${key}`);
      if (gain === undefined || bias === undefined || mean === undefined || variance === undefined) continue;
      push({ op: 'batchnorm', name: `${layer}.norm`, from: [from], gain, bias, mean, variance, epsilon });
    }
    push({ op: 'activation', name: `${layer}.relu`, from: [from], function: 'relu' });
    pushPool('avgpool', block, block.avgpool, from, push);
  }
  return { graph: graphOf(name, plan, { domain: 'real' }, nodes, provenance), tensors };
}

function graphOf(
  name: string,
  plan: Plan,
  kind: Graph['inputs'][number]['kind'],
  nodes: GraphNode[],
  provenance: Graph['provenance'],
): Graph {
  return {
    version: graphVersion,
    name,
    inputs: [{ name: 'input', shape: shapeOf(plan.input, plan.blocks[0]), kind }],
    nodes,
    outputs: [{ name: 'logits', node: nodes.at(-1)?.name ?? 'input' }],
    assumptions: [],
    provenance,
  };
}

/** [channels, height, width], or fewer axes for a sequence or a vector. */
function shapeOf({ height, width, channels }: Volume, first: Block | undefined): number[] {
  if (first?.kind === 'conv2d') return [channels, height, width];
  if (first?.kind === 'conv1d') return [channels, width];
  return height > 1 ? [channels, height, width] : width > 1 ? [channels, width] : [channels];
}

function pushSynapse(block: Block, from: string, push: (node: GraphNode) => void, bias?: string): void {
  const { name, kind, window, input } = block;
  const synapse = { name, weight: `${name}.weight`, ...(bias === undefined ? {} : { bias }) };
  if (!window) {
    const flat = input.height * input.width === 1;
    if (!flat) push({ op: 'flatten', name: `${name}.flat`, from: [from] });
    push({ op: 'dense', from: [flat ? from : `${name}.flat`], ...synapse });
    return;
  }
  const [strideY, stride] = window.stride;
  const [top, side] = window.padding;
  if (kind === 'conv1d')
    push({ op: 'conv1d', from: [from], ...synapse, stride, padding: [side, side], dilation: 1, groups: 1 });
  else
    push({
      op: 'conv2d',
      from: [from],
      ...synapse,
      stride: [strideY, stride],
      padding: [top, side, top, side],
      dilation: [1, 1],
      groups: 1,
    });
}

function pushPool(
  op: 'maxpool' | 'sumpool' | 'avgpool',
  { name, kind }: Block,
  [rows, columns]: Pair,
  from: string,
  push: (node: GraphNode) => void,
): void {
  if (rows * columns === 1) return;
  const kernel = kind === 'conv1d' ? [columns] : [rows, columns];
  const padding = kind === 'conv1d' ? [0, 0] : [0, 0, 0, 0];
  push({ op, name: `${name}.${op}`, from: [from], kernel, stride: kernel, padding });
}

/** From [kernel rows][kernel columns][inputs][outputs] to [outputs][inputs][kernel rows][kernel columns]. */
function outputsFirst<Values extends Int8Array | Float32Array>(
  { input, window, kind, sums: { channels: outputs } }: Block,
  source: Values,
): { shape: number[]; values: Values } {
  const [rows, columns] = window?.kernel ?? [input.height, input.width];
  const inputs = input.channels;
  const values = source.slice() as Values;
  let at = 0;
  for (let place = 0; place < rows * columns; place++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) values[(o * inputs + i) * rows * columns + place] = source[at++] as number;
  if (!window) return { shape: [outputs, inputs * rows * columns], values };
  return { shape: kind === 'conv1d' ? [outputs, inputs, columns] : [outputs, inputs, rows, columns], values };
}

/** As the synapse of the forward pass takes them over. */
function quantisedOf(
  { parameters }: Weights,
  { at, depth, sums: { channels }, inputScale }: Block,
): { codes: Float32Array; scales: Float32Array } {
  const codes = new Float32Array(depth * channels);
  const scales = new Float32Array(channels);
  quantise(parameters.subarray(at.weight, at.weight + depth * channels), channels, codes, scales);
  return { codes, scales: scales.map((scale) => scale * inputScale) };
}

/** Whether channel c spikes at an integer sum: the operations of Synapse, BatchNorm and the spike, rounded as they are there. */
function firesOf(
  { parameters, running }: Weights,
  block: Block,
  spike: ExportOptions['spike'],
  c: number,
  scale: number,
): Fires {
  const { factor, offset } = block.batchNorm ? runningAffine(block, parameters, running, c) : { factor: 1, offset: 0 };
  const threshold = parameters[block.at.threshold] as number;
  const extremum = running[block.running.extremum] as number;
  const perV = 1 / Math.abs(threshold);
  return (sum) => {
    const membrane = Math.fround(Math.fround(sum * scale) * factor + offset);
    const spikes = spike === 'hoyer' ? box.fire(membrane * perV, extremum) : triangle.fire(membrane / threshold - 1, 0);
    return spikes === 1;
  };
}

/** No sum of channel c is larger either way. */
function mostOf({ sums: { channels }, inputMost }: Block, codes: Float32Array, c: number): number {
  let sum = 0;
  for (let at = c; at < codes.length; at += channels) sum += Math.abs(codes[at] as number);
  return sum * inputMost;
}
