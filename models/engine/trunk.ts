import type { ModelPort } from '../../runtime/contracts.js';
import type { Graph, GraphNode, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import type { Value } from '../format/value.js';
import { inferValues } from '../format/values.js';
import { portOf, valueOf } from './ports.js';

/** A convolution or pool with the pointwise nodes after it, as a network over the columns of one window: [channels, kernel]. */
export interface Stage {
  readonly network: Network;
  readonly kernel: number;
  /** Samples between the columns that it reads. */
  readonly apart: number;
  /** Samples between the columns that the window sees of it. */
  readonly stride: number;
  /** Samples that one column looks at. */
  readonly reach: number;
  /** Of what it reads. */
  readonly type: ModelPort['type'];
}

export interface Trunk {
  readonly channels: number;
  readonly samples: number;
  readonly stages: readonly Stage[];
  /** What follows; its last input is what the trunk gives: [channels, positions]. */
  readonly head: Network;
  readonly positions: number;
}

type Sliding = Extract<GraphNode, { op: 'conv1d' | 'maxpool' | 'sumpool' | 'avgpool' }>;

/** The nodes from an input on that can be computed column by column, and the rest. */
export function splitTrunk(network: Network, slides: string): Trunk {
  const { graph } = network;
  const input = graph.inputs.find(({ name }) => name === slides);
  if (!input || input.shape.length !== 2)
    throw new ModelError(`${slides}: no input of [channels, samples]. Name the input that holds the window.`);
  const [channels = 1, samples = 1] = input.shape;
  const { nodes, because } = chainFrom(slides, network, inferValues(network));
  const others = graph.nodes.filter(({ name }) => !nodes.some((node) => node.name === name));
  const values = inferValues({ ...network, graph: { ...graph, nodes: [...nodes, ...others] } });
  const stages: Stage[] = [];
  let from = slides;
  let stride = 1;
  let reach = 1;
  for (let place = 0; place < nodes.length;) {
    const end = nodes.findIndex((node, at) => at > place && isSliding(node));
    const group = nodes.slice(place, end < 0 ? nodes.length : end);
    const [first] = group as [GraphNode];
    const kernel = isSliding(first) ? kernelOf(first, network) : 1;
    const apart = stride * (first.op === 'conv1d' ? first.dilation : 1);
    reach += (kernel - 1) * apart;
    stride *= isSliding(first) ? strideOf(first) : 1;
    const value = valueOf(values, from);
    stages.push({
      network: stageOf(group, from, value, kernel, network),
      kernel,
      apart,
      stride,
      reach,
      type: portOf('', value).type,
    });
    from = group.at(-1)?.name ?? from;
    place += group.length;
  }
  if (!stages.some(({ kernel }) => kernel > 1)) throw new ModelError(because);
  const end = valueOf(values, from);
  return { channels, samples, stages, head: headOf(network, others, slides, from, end), positions: end.shape[1] ?? 1 };
}

/** Nodes one after another, each read by the next alone; a maximum of sums changes places with the threshold after it. */
function chainFrom(
  slides: string,
  network: Network,
  values: ReadonlyMap<string, Value>,
): { readonly nodes: GraphNode[]; readonly because: string } {
  const { graph } = network;
  const nodes: GraphNode[] = [];
  let from = slides;
  for (;;) {
    const readers = graph.nodes.filter(
      (node) => ('from' in node && node.from.includes(from)) || ('of' in node && node.of === from),
    );
    const [node] = readers;
    if (!node || readers.length > 1 || graph.outputs.some((output) => output.node === from))
      return whole(
        nodes,
        values,
        `${from}: more than one node reads it. A window streams while each value has one reader.`,
      );
    const why = obstacleOf(node, from, network, values);
    if (why !== undefined) return whole(nodes, values, `${node.name}: ${why}`);
    const before = nodes.at(-1);
    if (node.op === 'threshold' && before?.op === 'maxpool') {
      // The largest sum is at or above as many thresholds as the largest count of the window.
      const [source] = before.from;
      nodes.pop();
      nodes.push({ ...node, name: before.name, from: [source] }, { ...before, name: node.name, from: [before.name] });
    } else nodes.push(node);
    from = node.name;
  }
}

/** What ends with sums goes back to where it did not: sums cannot be handed from one network to another. */
function whole(
  nodes: GraphNode[],
  values: ReadonlyMap<string, Value>,
  because: string,
): { readonly nodes: GraphNode[]; readonly because: string } {
  while (nodes.length > 0 && values.get(nodes.at(-1)?.name ?? '')?.domain === 'sums') nodes.pop();
  return { nodes, because };
}

/** Why a node cannot be computed column by column; undefined if it can. */
function obstacleOf(
  node: GraphNode,
  from: string,
  network: Network,
  values: ReadonlyMap<string, Value>,
): string | undefined {
  const value = valueOf(values, from);
  const single = (tensor: string | undefined): boolean =>
    tensor === undefined || (network.tensors.get(tensor)?.values.length ?? 0) <= (value.shape[0] ?? 1);
  switch (node.op) {
    case 'conv1d':
      return node.padding.some((padding) => padding > 0)
        ? `padding [${node.padding.join(', ')}] puts zeros at the edges of each window, where the signal has samples. Only convolutions without padding stream.`
        : undefined;
    case 'maxpool':
    case 'sumpool':
    case 'avgpool': {
      if (node.kernel.length !== 1) return 'it has two axes. A window slides along one.';
      if (node.padding.some((padding) => padding > 0)) return 'it is padded. Only pools without padding stream.';
      if (value.domain !== 'sums') return undefined;
      const next = network.graph.nodes.filter((other) => 'from' in other && other.from.includes(node.name));
      const [threshold] = next;
      const rises =
        threshold?.op === 'threshold' && network.tensors.get(threshold.mode)?.values.every((mode) => mode !== 1);
      return node.op === 'maxpool' && next.length === 1 && rises
        ? undefined
        : 'it pools sums. Pool after the threshold, or take the largest before one whose modes are n ≥ T.';
    }
    case 'threshold':
      return node.from.length > 1 ? 'it takes two values.' : undefined;
    case 'compare':
      return single(node.threshold) ? undefined : 'its thresholds differ along the window.';
    case 'scale':
    case 'readout':
      return single(node.scale) && single(node.bias) ? undefined : 'its scales differ along the window.';
    case 'batchnorm':
    case 'quantize':
    case 'dequantize':
      return undefined;
    case 'activation':
      return node.function === 'softmax' ? 'it runs over the whole window.' : undefined;
    default:
      return `a node ${node.op} cannot be computed column by column.`;
  }
}

function isSliding(node: GraphNode): node is Sliding {
  return node.op === 'conv1d' || node.op === 'maxpool' || node.op === 'sumpool' || node.op === 'avgpool';
}

function kernelOf(node: Sliding, { tensors }: Network): number {
  return node.op === 'conv1d' ? (tensors.get(node.weight)?.shape[2] ?? 1) : (node.kernel[0] ?? 1);
}

function strideOf(node: Sliding): number {
  return node.op === 'conv1d' ? node.stride : (node.stride[0] ?? 1);
}

function stageOf(group: GraphNode[], from: string, value: Value, kernel: number, network: Network): Network {
  const nodes = group.map((node): GraphNode => {
    if (node.op === 'conv1d') return { ...node, stride: 1, dilation: 1 };
    return isSliding(node) ? { ...node, stride: [1] } : node;
  });
  const { tensors, graph } = network;
  const last = nodes.at(-1)?.name ?? from;
  return {
    graph: {
      ...graph,
      inputs: [inputOf(from, [value.shape[0] ?? 1, kernel], value)],
      nodes,
      outputs: [{ name: last, node: last }],
    },
    tensors,
  };
}

function headOf({ graph, tensors }: Network, nodes: GraphNode[], slides: string, from: string, end: Value): Network {
  const others = graph.inputs.filter(({ name }) => name !== slides);
  return { graph: { ...graph, inputs: [...others, inputOf(from, end.shape, end)], nodes }, tensors };
}

function inputOf(name: string, shape: readonly number[], value: Value): Graph['inputs'][number] {
  switch (value.domain) {
    case 'real':
      return { name, shape: [...shape], kind: { domain: 'real' } };
    case 'spikes':
      return { name, shape: [...shape], kind: { domain: 'spikes', levels: value.levels } };
    case 'codes': {
      const { type, scale, zeroPoint } = value;
      return { name, shape: [...shape], kind: { domain: 'codes', type, scale, zeroPoint } };
    }
    case 'sums':
      throw new ModelError(`${name}: sums cannot be handed from one network to another.`);
  }
}
