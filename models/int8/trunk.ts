import type { GraphNode, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { tensorOf } from '../format/tensors.js';
import { describeShape, elementsOf, rangeOfCodes, type Codes, type Value } from '../format/value.js';
import { inferValues } from '../format/values.js';
import { codeArray, type CodeArray } from './buffers.js';
import { windowLayer, type WindowNode } from './window-layer.js';

/**
 * The trunk of a network whose one input slides along time: the convolutions, pools and tables that follow it, one after
 * the other, each column of which depends on a few columns before it and on nothing else. A new sample adds one column to
 * each. Behind it stands the head, which reads the trunk's last columns whole.
 */
export interface Trunk {
  /** Elements of a sample, and how many samples the network's input holds. */
  readonly channels: number;
  readonly samples: number;
  readonly stages: readonly Stage[];
  /** What the trunk gives, as the head's input of this name. */
  readonly end: { readonly name: string; readonly kind: Codes };
  readonly head: Network;
}

/** A layer of the trunk, with the columns of its input that its newest window covers. */
export interface Stage {
  readonly node: string;
  readonly history: CodeArray;
  /** Columns in `history`, and elements of a column. */
  readonly span: number;
  readonly channels: number;
  /** From the whole of `history` to the column of `output` that starts at `to`. */
  compute(output: CodeArray, to: number): void;
}

type Columns = Codes & { readonly shape: readonly [1, number, number] };

export function splitTrunk(network: Network, slides: string): Trunk {
  const values = inferValues(network);
  const input = network.graph.inputs.find(({ name }) => name === slides);
  if (!input)
    throw new ModelError(
      `${slides}: not an input of ${network.graph.name || 'the network'}. Name one: ${network.graph.inputs.map(({ name }) => name).join(', ')}.`,
    );
  const inside: GraphNode[] = [];
  const stages: Stage[] = [];
  let last = slides;
  let columns = columnsOf(values.get(slides));
  let first = columns;
  // Why the trunk ends where it does; told if there is none.
  let reason = '';
  for (;;) {
    const readers = network.graph.nodes.filter((node) => 'from' in node && node.from.some((name) => name === last));
    const [reader] = readers;
    if (!reader || readers.length > 1) {
      reason = `${last} is read by ${readers.length} nodes`;
      break;
    }
    const next = columnsOf(values.get(reader.name));
    const problem = problemOf(reader, columns, network);
    const isOutput = network.graph.outputs.some(({ node }) => node === reader.name);
    if (!next || problem !== undefined || isOutput) {
      reason = problem ?? (isOutput ? `${reader.name} is an output` : `${reader.name} is not [1, columns, channels]`);
      break;
    }
    if (columns && reader.op !== 'reshape') stages.push(stageOf(reader, columns, network));
    inside.push(reader);
    first ??= next;
    columns = next;
    last = reader.name;
  }
  if (!first || !columns || !stages.some(({ span }) => span > 1))
    throw new ModelError(
      `${slides}: no convolution or pool along time can be computed column by column, since ${reason}. Run the network on whole windows.`,
    );
  const [, samples, channels] = first.shape;
  const graph = {
    ...network.graph,
    inputs: [
      ...network.graph.inputs.filter((each) => each !== input),
      { name: last, shape: [...columns.shape], kind: { ...kindOf(columns), domain: 'codes' as const } },
    ],
    nodes: network.graph.nodes.filter((node) => !inside.includes(node)),
  };
  return { channels, samples, stages, end: { name: last, kind: columns }, head: { graph, tensors: network.tensors } };
}

function kindOf({ type, scale, zeroPoint }: Codes): Pick<Codes, 'type' | 'scale' | 'zeroPoint'> {
  return { type, scale, zeroPoint };
}

/** A value of codes that is a row of columns; undefined for any other. */
function columnsOf(value: Value | undefined): Columns | undefined {
  const [height, width, channels, more] = value?.shape ?? [];
  if (value?.domain !== 'codes' || height !== 1 || width === undefined || channels === undefined || more !== undefined)
    return undefined;
  return { ...value, shape: [1, width, channels] };
}

/** Why a node is not computed column by column; undefined if it is. */
function problemOf(node: GraphNode, columns: Columns | undefined, network: Network): string | undefined {
  // The elements of a reshape keep their order: once there are columns, they must stay as they are.
  if (node.op === 'reshape')
    return !columns || node.shape.join() === columns.shape.join()
      ? undefined
      : `${node.name} takes columns of ${describeShape(columns.shape)} apart`;
  if (!columns) return `${node.name} reads it before it is [1, columns, channels]`;
  if (node.op === 'qlookup') return undefined;
  if (node.op !== 'qconv2d' && node.op !== 'qmaxpool' && node.op !== 'qavgpool') return `${node.name} is a ${node.op}`;
  if (node.padding.some((margin) => margin > 0)) return `${node.name} pads its input`;
  if (node.stride[1] !== 1) return `${node.name} has a stride of ${node.stride[1]}`;
  if (columns.type === 'i16') return `${node.name} reads i16 codes`;
  const tall = node.op === 'qconv2d' ? tensorOf(network, node.weight, 'I8', node.name).shape[1] : node.kernel[0];
  return tall === 1 ? undefined : `${node.name} has a kernel of height ${tall ?? 0}`;
}

function stageOf(node: GraphNode, columns: Columns, network: Network): Stage {
  const channels = columns.shape[2];
  if (node.op === 'qlookup') {
    const table = tensorOf(network, node.table, ['I8', 'U8', 'I32'], node.name).values;
    const [least] = rangeOfCodes(columns.type);
    const history = codeArray(columns.type, channels);
    return {
      node: node.name,
      history,
      span: 1,
      channels,
      compute(output, to) {
        for (let channel = 0; channel < channels; channel++)
          output[to + channel] = table[(history[channel] as number) - least] as number;
      },
    };
  }
  const window = node as WindowNode;
  const wide = windowLayer(window, columns, 1, network).span[1];
  const layer = windowLayer(window, columns, wide, network);
  const history = codeArray(columns.type, elementsOf([wide, channels]));
  return {
    node: node.name,
    history,
    span: wide,
    channels,
    compute: (output, to) => layer.compute(history, 0, output, to, wide),
  };
}
