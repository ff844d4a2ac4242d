import { ModelError } from '../../format/model-error.js';
import { describeShape, elementsOf, sameShape } from '../../format/value.js';
import type { Hdf5Group } from '../hdf5/tree.js';
import { Fields, type Numbers } from '../hdf5/fields.js';

/** The nodes of NIR but for nested graphs, as its specification has them; shapes leave out the batch. */
export type NirNode =
  | { readonly type: 'Input' | 'Output'; readonly shape: readonly number[] }
  | { readonly type: 'Affine'; readonly weight: Numbers; readonly bias?: Numbers }
  | { readonly type: 'Scale'; readonly scale: Numbers }
  | NirConvolution
  | {
      readonly type: 'SumPool2d' | 'AvgPool2d';
      readonly kernel: readonly number[];
      readonly stride: readonly number[];
      readonly padding: readonly number[];
    }
  | { readonly type: 'Flatten'; readonly start: number; readonly end: number }
  | { readonly type: 'Delay'; readonly delay: Numbers }
  | { readonly type: 'Threshold'; readonly threshold: Numbers }
  | NirNeuron;

export interface NirConvolution {
  readonly type: 'Conv1d' | 'Conv2d';
  /** Lengths of the input's last axes, where the file gives them. */
  readonly lengths?: readonly number[];
  readonly weight: Numbers;
  readonly bias?: Numbers;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Before and after each axis, all befores first. */
  readonly padding: readonly number[];
  readonly groups: number;
}

/** I, IF, LI, LIF, CubaLI, CubaLIF: times in seconds, or in ticks by files of Sinabs and Spyx. */
export interface NirNeuron {
  readonly type: 'neuron';
  readonly kind: string;
  /** Of the largest parameter; [1] or [] says nothing of how many neurons there are. */
  readonly shape: readonly number[];
  readonly synapse?: { readonly tau: Numbers; readonly weight: Numbers };
  readonly tau?: Numbers;
  readonly resistance: Numbers;
  readonly leak?: Numbers;
  readonly threshold?: Numbers;
  readonly resetValue?: Numbers;
  /** Metadata `axond_reset` of the node. */
  readonly reset?: 'subtract' | 'set';
}

const neurons: Record<string, { readonly leaks: boolean; readonly synapse: boolean; readonly spikes: boolean }> = {
  I: { leaks: false, synapse: false, spikes: false },
  IF: { leaks: false, synapse: false, spikes: true },
  LI: { leaks: true, synapse: false, spikes: false },
  LIF: { leaks: true, synapse: false, spikes: true },
  CubaLI: { leaks: true, synapse: true, spikes: false },
  CubaLIF: { leaks: true, synapse: true, spikes: true },
};
const others = [
  ...['Input', 'Output', 'Affine', 'Linear', 'Scale', 'Conv1d', 'Conv2d', 'SumPool2d', 'AvgPool2d'],
  ...['Flatten', 'Delay', 'Threshold'],
];

/** One node; `path` is for messages. */
export function parseNode(path: string, group: Hdf5Group): NirNode {
  const fields = new Fields(path, group);
  const type = fields.text('type');
  const bias = (outputs: number) => {
    const numbers = fields.optional('bias');
    if (numbers === undefined) return {};
    if (numbers.values.length === outputs) return { bias: numbers };
    throw new ModelError(`${path}/bias has the shape ${describeShape(numbers.shape)}. Give [${outputs}].`);
  };
  switch (type) {
    case 'Input':
    case 'Output':
      return { type, shape: [...fields.whole('shape', fields.numbers('shape').values.length, 1)] };
    case 'Linear':
    case 'Affine': {
      const weight = matrix(fields);
      if (type === 'Affine' && !fields.has('bias')) fields.numbers('bias');
      return { type: 'Affine', weight, ...(type === 'Affine' && bias(weight.shape[0] ?? 1)) };
    }
    case 'Scale':
      return { type, scale: fields.numbers('scale') };
    case 'Conv1d':
    case 'Conv2d': {
      const convolution = parseConvolution(type, fields);
      return { ...convolution, ...bias(convolution.weight.shape[0] ?? 1) };
    }
    case 'SumPool2d':
    case 'AvgPool2d': {
      const kernel = fields.whole('kernel_size', 2, 1);
      const stride = fields.has('stride') ? fields.whole('stride', 2, 1) : kernel;
      const padding = fields.whole('padding', 2, 0, 0);
      return { type, kernel, stride, padding: [...padding, ...padding] };
    }
    case 'Flatten':
      return { type, start: axis(fields, 'start_dim', 0), end: axis(fields, 'end_dim', -1) };
    case 'Delay':
      return { type, delay: atLeast(fields, 'delay', 0) };
    case 'Threshold':
      return { type, threshold: fields.numbers('threshold') };
    default: {
      const kind = Object.hasOwn(neurons, type) ? neurons[type] : undefined;
      if (kind !== undefined) return parseNeuron(type, kind, fields, group);
      const known = [...others, ...Object.keys(neurons), 'NIRGraph'].join(', ');
      throw new ModelError(`${path}: its type ${JSON.stringify(type)} is not known. Known are ${known}.`);
    }
  }
}

/** [out, in], from a weight that may carry leading axes of length 1. */
function matrix(fields: Fields): Numbers {
  const { shape, values } = fields.numbers('weight');
  const [inputs, outputs] = [shape.at(-1), shape.at(-2)];
  if (inputs === undefined || outputs === undefined || elementsOf(shape) !== inputs * outputs)
    throw new ModelError(`${fields.path}/weight has the shape ${describeShape(shape)}. Give [outputs, inputs].`);
  return { shape: [outputs, inputs], values };
}

function parseConvolution(type: NirConvolution['type'], fields: Fields): NirConvolution {
  const axes = type === 'Conv1d' ? 1 : 2;
  const weight = fields.ranked('weight', axes + 2, `[outputs, inputs / groups${', kernel'.repeat(axes)}]`);
  const stride = fields.whole('stride', axes, 1, 1);
  const dilation = fields.whole('dilation', axes, 1, 1);
  const [groups = 1] = fields.whole('groups', 1, 1, 1);
  const shared = { type, weight, stride, dilation, groups };
  const padding = parsePadding(fields, weight.shape.slice(2), stride, dilation);
  if (!fields.has('input_shape')) return { ...shared, padding };
  return { ...shared, padding, lengths: fields.whole('input_shape', axes, 1) };
}

/** Whole numbers, "valid", or "same", which gives as many places as the input has, the odd one behind (PyTorch). */
function parsePadding(
  fields: Fields,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): number[] {
  if (!fields.isText('padding')) {
    const padding = fields.whole('padding', kernel.length, 0, 0);
    return [...padding, ...padding];
  }
  const text = fields.text('padding');
  if (text === 'valid') return kernel.flatMap(() => [0, 0]);
  if (text !== 'same')
    throw new ModelError(`${fields.path}/padding is ${JSON.stringify(text)}. Give "same", "valid" or numbers.`);
  if (stride.some((step) => step !== 1))
    throw new ModelError(
      `${fields.path}: padding "same" with a stride of ${describeShape(stride)} has no one meaning. Give numbers.`,
    );
  const total = kernel.map((length, at) => (dilation[at] ?? 1) * (length - 1));
  return [...total.map((all) => Math.floor(all / 2)), ...total.map((all) => Math.ceil(all / 2))];
}

function axis(fields: Fields, name: string, otherwise: number): number {
  const numbers = fields.optional(name);
  const [value = otherwise] = numbers?.values ?? [];
  if ((numbers?.values.length ?? 1) === 1 && Number.isInteger(value) && Math.abs(value) <= 4) return value;
  throw new ModelError(`${fields.path}/${name} is ${value}. Give one axis of the input.`);
}

function atLeast(fields: Fields, name: string, least: number, above = false): Numbers {
  const numbers = fields.numbers(name);
  const bad = numbers.values.findIndex((value) => (above ? value <= least : value < least));
  if (bad === -1) return numbers;
  const fix = above ? `above ${least}` : `of at least ${least}`;
  throw new ModelError(
    `${fields.path}/${name}: element ${bad} is ${numbers.values[bad] as number}. Give numbers ${fix}.`,
  );
}

function parseNeuron(
  kind: string,
  parts: { readonly leaks: boolean; readonly synapse: boolean; readonly spikes: boolean },
  fields: Fields,
  group: Hdf5Group,
): NirNeuron {
  const tau = parts.leaks ? atLeast(fields, parts.synapse ? 'tau_mem' : 'tau', 0, true) : undefined;
  const resistance = fields.numbers('r');
  const leak = parts.leaks ? fields.numbers('v_leak') : undefined;
  const threshold = parts.spikes ? fields.numbers('v_threshold') : undefined;
  const resetValue = parts.spikes ? fields.optional('v_reset') : undefined;
  const synapse = parts.synapse
    ? // Files before NIR 0.2 may leave out the weight.
      {
        tau: atLeast(fields, 'tau_syn', 0, true),
        weight: fields.optional('w_in') ?? { shape: [], values: Float64Array.of(1) },
      }
    : undefined;
  const all = [tau, resistance, leak, threshold, resetValue, synapse?.tau, synapse?.weight].filter(
    (numbers) => numbers !== undefined,
  );
  const largest = all.reduce((a, b) => (b.values.length > a.values.length ? b : a));
  const odd = all.find(({ shape, values }) => values.length !== 1 && !sameShape(shape, largest.shape));
  if (odd !== undefined)
    throw new ModelError(
      `${fields.path}: parameters of ${describeShape(largest.shape)} and of ${describeShape(odd.shape)}. Give all one shape, or a single number.`,
    );
  const reset = parseReset(fields.path, group);
  return {
    type: 'neuron',
    kind,
    shape: largest.shape,
    resistance,
    ...(tau && { tau }),
    ...(leak && { leak }),
    ...(threshold && { threshold }),
    ...(resetValue && { resetValue }),
    ...(synapse && { synapse }),
    ...(reset && { reset }),
  };
}

/** `axond_reset` among the metadata of a node or graph: "subtract", or "zero" for v = v_reset. */
export function parseReset(path: string, group: Hdf5Group): 'subtract' | 'set' | undefined {
  const metadata = group.groups.get('metadata');
  if (metadata?.datasets.has('axond_reset') !== true) return undefined;
  const text = new Fields(`${path}/metadata`, metadata).text('axond_reset');
  if (text === 'subtract') return text;
  if (text === 'zero' || text === 'set') return 'set';
  throw new ModelError(`${path}/metadata/axond_reset is ${JSON.stringify(text)}. Give "subtract" or "zero".`);
}
