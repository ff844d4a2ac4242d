import { fold, thresholdTensors } from '../../engine/fold.js';
import { graphVersion, type Graph, type GraphNode, type Network, type Tensor } from '../../format/graph.js';
import { epsilon } from '../batch-norm.js';
import type { PlannedLayer } from './plan.js';
import type { TrainedSequence } from './train.js';

export interface SequenceExport {
  readonly name: string;
  /** Time from frame to frame. */
  readonly tickSeconds: number;
  readonly provenance: Graph['provenance'];
}

/**
 * The network in integers, a step a frame: `features` (codes) to `logit` (real, [1]), which of several networks is the mean
 * of their logits. Batch norm is folded into the weights. All layers that add to a channel of a stream share one scale, the
 * largest folded weight ÷ 127, so the stream is a plain sum of int8 weights; what batch norm adds is folded into the
 * integer threshold of each block and channel. The past of a block is its own spikes, kept by delays.
 */
export function exportSequence(
  [first, ...others]: readonly [TrainedSequence, ...TrainedSequence[]],
  { name, tickSeconds, provenance }: SequenceExport,
): Network {
  const tensors = new Map<string, Tensor>();
  const nodes: GraphNode[] = [];
  if (others.length === 0) pushNetwork(first, '', nodes, tensors);
  else {
    const logits = [first, ...others].map((trained, place) => pushNetwork(trained, `${place + 1}.`, nodes, tensors));
    tensors.set('logit.scale', { type: 'F32', shape: [1], values: Float32Array.of(1 / logits.length) });
    nodes.push({ op: 'add', name: 'sum', from: logits, multipliers: logits.map(() => 1) });
    nodes.push({ op: 'scale', name: 'logit', from: ['sum'], scale: 'logit.scale' });
  }
  const { features, codesPerUnit } = first.plan.network;
  const kind = { domain: 'codes', type: 'i8', scale: 1 / codesPerUnit, zeroPoint: 0 } as const;
  return {
    graph: {
      version: graphVersion,
      name,
      inputs: [{ name: 'features', shape: [features], kind }],
      nodes,
      outputs: [{ name: 'logit', node: 'logit' }],
      tickSeconds,
      assumptions: [],
      provenance,
    },
    tensors,
  };
}

/** Its nodes and tensors, whose names begin with `prefix`; the node of its logit. */
function pushNetwork(
  trained: TrainedSequence,
  prefix: string,
  nodes: GraphNode[],
  tensors: Map<string, Tensor>,
): string {
  const { plan, parameters } = trained;
  const { features, channels, codesPerUnit, encoder } = plan.network;
  const weight = (tensor: string, outputs: number, values: Int8Array): void => {
    tensors.set(tensor, { type: 'I8', shape: [outputs, values.length / outputs], values });
  };
  const threshold = (node: string, from: string, thresholds: readonly number[], most: readonly number[]): void => {
    const foldings = thresholds.map((least, c) => fold((sum) => sum >= least, most[c] ?? 0));
    const folded = thresholdTensors(foldings);
    tensors.set(`${node}.threshold`, folded.threshold).set(`${node}.mode`, folded.mode);
    nodes.push({ op: 'threshold', name: node, from: [from], threshold: `${node}.threshold`, mode: `${node}.mode` });
  };

  const lines = `${prefix}encoder`;
  weight(`${lines}.weight`, plan.lines, encoderWeights(features, encoder.levels));
  nodes.push({ op: 'dense', name: lines, from: ['features'], weight: `${lines}.weight` });
  const atEncoder = Array.from(parameters.subarray(plan.encoder, plan.encoder + plan.lines), (theta) =>
    Math.ceil(theta * codesPerUnit),
  );
  threshold(`${lines}.spikes`, lines, atEncoder, new Array<number>(plan.lines).fill(128));

  const folded = [plan.input, ...plan.blocks].map((layer) => foldNorm(trained, layer));
  const scales = Array.from({ length: channels }, (_, c) => scaleOf(folded.map(({ weights }) => weights[c] ?? [])));
  const offsets = new Float64Array(channels);
  const most = new Array<number>(channels).fill(0);
  let stream = '';
  const add = (layer: string, from: string, { weights, shifts }: FoldedLayer): void => {
    const rows = weights.map((row, c) => row.map((w) => Math.round(w / (scales[c] as number))));
    weight(`${layer}.weight`, channels, Int8Array.from(rows.flat()));
    nodes.push({ op: 'dense', name: layer, from: [from], weight: `${layer}.weight` });
    if (stream !== '') nodes.push({ op: 'add', name: `${layer}.stream`, from: [stream, layer], multipliers: [1, 1] });
    stream = stream === '' ? layer : `${layer}.stream`;
    rows.forEach((row, c) => {
      offsets[c] = (offsets[c] as number) + (shifts[c] as number);
      most[c] = row.reduce((sum, w) => sum + Math.abs(w), most[c] as number);
    });
  };
  add(`${prefix}${plan.input.name}`, `${lines}.spikes`, folded[0] as FoldedLayer);
  plan.blocks.forEach((planned, place) => {
    const block = { ...planned, name: `${prefix}${planned.name}` };
    const spikes = `${block.name}.spikes`;
    const least = Array.from({ length: channels }, (_, c) =>
      Math.ceil(((parameters[block.threshold + c] as number) - (offsets[c] as number)) / (scales[c] as number)),
    );
    threshold(spikes, stream, least, most);
    add(block.name, pushPast(block, spikes, nodes, tensors), folded[place + 1] as FoldedLayer);
  });
  return pushHead(trained, prefix, { scales, offsets, stream }, nodes, tensors);
}

/** Each feature on all of its lines. */
function encoderWeights(features: number, levels: number): Int8Array {
  const weights = new Int8Array(features * levels * features);
  for (let line = 0; line < features * levels; line++) weights[line * features + Math.floor(line / levels)] = 1;
  return weights;
}

interface FoldedLayer {
  /** [outputs][taps × inputs], the oldest tap first. */
  readonly weights: readonly (readonly number[])[];
  /** What is added, [outputs]. */
  readonly shifts: readonly number[];
}

function foldNorm({ parameters, running }: TrainedSequence, layer: PlannedLayer): FoldedLayer {
  const channels = Array.from({ length: layer.outputs }, (_, c) => {
    const deviation = Math.sqrt((running[layer.variance + c] as number) + epsilon);
    const factor = (parameters[layer.gain + c] as number) / deviation;
    const weights = Array.from(
      { length: layer.taps * layer.inputs },
      (_, i) => factor * (parameters[layer.weight + i * layer.outputs + c] as number),
    );
    return { weights, shift: (parameters[layer.shift + c] as number) - factor * (running[layer.mean + c] as number) };
  });
  return { weights: channels.map(({ weights }) => weights), shifts: channels.map(({ shift }) => shift) };
}

/** Of a stream's channel: the largest weight of all layers becomes 127. */
function scaleOf(layers: readonly (readonly number[])[]): number {
  const largest = layers.flat().reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  return largest === 0 ? 1 : largest / 127;
}

/** The spikes of all taps, the oldest first; the node that has them. */
function pushPast(
  { name, taps, dilation }: PlannedLayer,
  spikes: string,
  nodes: GraphNode[],
  tensors: Map<string, Tensor>,
): string {
  if (taps === 1) return spikes;
  const ticks = `${name}.dilation`;
  tensors.set(ticks, { type: 'I32', shape: [1], values: Int32Array.of(dilation) });
  const past = [spikes];
  for (let tap = 1; tap < taps; tap++) {
    const delayed = `${name}.past${tap * dilation}`;
    nodes.push({ op: 'delay', name: delayed, from: [past[0] ?? spikes], ticks });
    past.unshift(delayed);
  }
  nodes.push({ op: 'concat', name: `${name}.past`, from: past, axis: 0 });
  return `${name}.past`;
}

function pushHead(
  { plan, parameters }: TrainedSequence,
  prefix: string,
  { scales, offsets, stream }: { scales: readonly number[]; offsets: Float64Array; stream: string },
  nodes: GraphNode[],
  tensors: Map<string, Tensor>,
): string {
  const weights = scales.map((scale, c) => scale * (parameters[plan.head.weight + c] as number));
  const scale = scaleOf([weights]);
  const bias = scales.reduce(
    (sum, _, c) => sum + (offsets[c] as number) * (parameters[plan.head.weight + c] as number),
    parameters[plan.head.bias] as number,
  );
  const values = Int8Array.from(weights, (weight) => Math.round(weight / scale));
  const head = `${prefix}head`;
  const logit = `${prefix}logit`;
  tensors.set(`${head}.weight`, { type: 'I8', shape: [1, values.length], values });
  tensors.set(`${logit}.scale`, { type: 'F32', shape: [1], values: Float32Array.of(scale) });
  tensors.set(`${logit}.bias`, { type: 'F32', shape: [1], values: Float32Array.of(bias) });
  nodes.push({ op: 'dense', name: head, from: [stream], weight: `${head}.weight` });
  nodes.push({ op: 'readout', name: logit, from: [head], scale: `${logit}.scale`, bias: `${logit}.bias` });
  return logit;
}
