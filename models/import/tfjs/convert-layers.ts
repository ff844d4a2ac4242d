import { z } from 'zod';
import { refusal } from '../../format/json.js';
import { ModelError } from '../../format/model-error.js';
import { countElements, type NetworkDraft } from '../network-draft.js';
import type { Layer } from './layers-model.js';
import type { Weight } from './weights.js';

/**
 * Layers one by one. TensorFlow.js puts channels last, this graph first: kernels are turned, and so is the order in which
 * a Flatten lays its elements out.
 */

/** What a layer gives, as [channels, …]. */
export interface Value {
  readonly node: string;
  readonly shape: readonly number[];
  /** 0 and 1, not yet real numbers. */
  readonly spikes: boolean;
  /** Of a flat value whose elements still lie channels first: the shape before. */
  readonly flatOf?: readonly number[];
}

export interface LayerCall {
  readonly draft: NetworkDraft;
  readonly layer: Layer;
  readonly inputs: readonly Value[];
  readonly weights: ReadonlyMap<string, Weight>;
}

export type Convert = (call: LayerCall) => Value;

export function refuse({ layer }: LayerCall, problem: string): ModelError {
  return new ModelError(`${layer.name} (${layer.kind}): ${problem}`);
}

export function configOf<Schema extends z.ZodType>(call: LayerCall, schema: Schema): z.output<Schema> {
  const { data, error } = schema.safeParse(call.layer.config);
  if (error) throw refusal(`${call.layer.name} (${call.layer.kind})`, error);
  return data;
}

export function input(call: LayerCall): Value {
  const [value, ...more] = call.inputs;
  if (value === undefined || more.length > 0) throw refuse(call, `${call.inputs.length} inputs. It takes one.`);
  return value;
}

/** Real numbers. */
export function real({ draft, layer }: LayerCall, value: Value): Value {
  if (!value.spikes) return value;
  const scale = draft.floats(`${layer.name}.one`, [1], Float32Array.of(1));
  return {
    ...value,
    node: draft.node(`${layer.name}.real`, { op: 'scale', from: [value.node], scale }),
    spikes: false,
  };
}

/** Flat elements in the order of TensorFlow.js. */
export function inOrder({ draft, layer }: LayerCall, value: Value): Value {
  const { flatOf, node, shape, spikes } = value;
  if (flatOf === undefined) return value;
  const name = `${layer.name}.order`;
  const cube = draft.node(name, { op: 'reshape', from: [node], shape: [...flatOf] });
  const turned = draft.node(name, { op: 'transpose', from: [cube], order: channelsLast(flatOf.length) });
  return { node: draft.node(name, { op: 'flatten', from: [turned] }), shape, spikes };
}

/** The order of axes from channels first to channels last, and back. */
export function channelsLast(rank: number): number[] {
  return [...Array(rank).keys()].slice(1).concat(0);
}
export function channelsFirst(rank: number): number[] {
  return [rank - 1, ...Array(rank - 1).keys()];
}

function weightOf(call: LayerCall, part: string, shape: readonly number[]): Float32Array {
  const weight = call.weights.get(`${call.layer.name}/${part}`);
  if (weight === undefined) throw refuse(call, `no weights "${call.layer.name}/${part}" in the weightsManifest.`);
  if (weight.shape.join() !== shape.join())
    throw refuse(call, `${part} is [${weight.shape.join(', ')}], but [${shape.join(', ')}] fits its input and units.`);
  return weight.values;
}

const count = z.number().int().min(1).max(4096);
const pair = z.union([z.array(count).min(1).max(2), count.transform((each) => [each, each])]);
const window = {
  padding: z.enum(['valid', 'same']).default('valid'),
  data_format: z.literal('channels_last').nullish(),
};
const activation = z.enum(['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'softmax']).nullish();
const units = { use_bias: z.boolean().default(true), activation };

/** What a layer's own activation, or a layer of its own, makes of a value. */
export function activated(call: LayerCall, value: Value, kind: z.infer<typeof activation>): Value {
  if (!kind || kind === 'linear') return value;
  const { draft, layer } = call;
  const from = real(call, value);
  const apply = (node: string): string =>
    draft.node(`${layer.name}.${kind}`, { op: 'activation', from: [node], function: kind });
  const rank = from.shape.length;
  if (kind !== 'softmax') return { ...from, node: apply(from.node) };
  // Over the channels, which then must come last. The order of a flat value does not change its sum.
  if (rank === 1) return { ...from, node: apply(from.node) };
  const last = draft.node(`${layer.name}.last`, { op: 'transpose', from: [from.node], order: channelsLast(rank) });
  const first = draft.node(`${layer.name}.first`, { op: 'transpose', from: [apply(last)], order: channelsFirst(rank) });
  return { ...from, node: first };
}

export const dense: Convert = (call) => {
  const config = configOf(
    call,
    z.looseObject({
      units: z
        .number()
        .int()
        .min(1)
        .max(1 << 20),
      ...units,
    }),
  );
  const value = input(call);
  const { draft, layer } = call;
  const [inputs = 1, ...places] = value.shape;
  const kernel = weightOf(call, 'kernel', [inputs, config.units]);
  const order = columnsOf(value);
  const weights = new Float32Array(kernel.length);
  for (let o = 0; o < config.units; o++)
    for (let i = 0; i < inputs; i++) weights[o * inputs + i] = kernel[order(i) * config.units + o] as number;
  const bias = config.use_bias
    ? { bias: draft.floats(`${layer.name}.bias`, [config.units], weightOf(call, 'bias', [config.units])) }
    : {};
  // On more axes than one, the same units at every place: a convolution of one tap.
  const weight = draft.floats(`${layer.name}.weight`, [config.units, inputs, ...places.map(() => 1)], weights);
  const from: [string] = [value.node];
  const node =
    places.length === 0
      ? draft.node(layer.name, { op: 'dense', from, weight, ...bias })
      : convolve(call, places.length, { from, weight, ...bias, groups: 1 }, [1, 1], [1, 1], [0, 0, 0, 0]);
  const result = { node, shape: [config.units, ...places], spikes: false };
  return activated(call, result, config.activation);
};

/** Which row of a dense kernel belongs to element i. */
function columnsOf({ flatOf }: Value): (i: number) => number {
  if (flatOf === undefined) return (i) => i;
  const [channels = 1, ...places] = flatOf;
  const plane = places.reduce((product, length) => product * length, 1);
  return (i) => (i % plane) * channels + Math.floor(i / plane);
}

function convolve(
  { draft, layer }: LayerCall,
  axes: number,
  synapse: { from: [string]; weight: string; bias?: string; groups: number },
  stride: readonly number[],
  dilation: readonly number[],
  padding: readonly number[],
): string {
  const [s0 = 1, s1 = 1] = stride;
  const [d0 = 1, d1 = 1] = dilation;
  const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = padding;
  return axes === 1
    ? draft.node(layer.name, { op: 'conv1d', ...synapse, stride: s0, dilation: d0, padding: [p0, p1] })
    : draft.node(layer.name, {
        op: 'conv2d',
        ...synapse,
        stride: [s0, s1],
        dilation: [d0, d1],
        padding: [p0, p1, p2, p3],
      });
}

/** All befores, then all afters: `same` as TensorFlow pads, the odd one behind. */
function paddingFor(
  lengths: readonly number[],
  kind: 'valid' | 'same',
  spans: readonly number[],
  strides: readonly number[],
): number[] {
  if (kind === 'valid') return [...lengths, ...lengths].fill(0);
  const totals = lengths.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + (spans[axis] ?? 1) - length);
  });
  return [...totals.map((total) => total >> 1), ...totals.map((total) => total - (total >> 1))];
}

function slide(
  call: LayerCall,
  lengths: readonly number[],
  padding: readonly number[],
  spans: readonly number[],
  strides: readonly number[],
): number[] {
  return lengths.map((length, axis) => {
    const room = length + (padding[axis] ?? 0) + (padding[axis + lengths.length] ?? 0) - (spans[axis] ?? 1);
    if (room < 0)
      throw refuse(call, `a window of [${spans.join(', ')}] is larger than its input [${lengths.join(', ')}].`);
    return Math.floor(room / (strides[axis] ?? 1)) + 1;
  });
}

const convConfig = z.looseObject({
  filters: z
    .number()
    .int()
    .min(1)
    .max(1 << 20)
    .optional(),
  depth_multiplier: count.default(1),
  kernel_size: pair,
  strides: pair.default([1, 1]),
  dilation_rate: pair.default([1, 1]),
  groups: count.default(1),
  ...window,
  ...units,
});

/** Conv1D, Conv2D and DepthwiseConv2D, over `axes`. */
export function convolution(axes: 1 | 2, depthwise: boolean): Convert {
  return (call) => {
    const config = configOf(call, convConfig);
    const { draft, layer } = call;
    const value = input(call);
    const [channels = 1, ...lengths] = value.shape;
    if (lengths.length !== axes) throw refuse(call, `its input has ${lengths.length + 1} axes, not ${axes + 1}.`);
    const kernel = config.kernel_size.slice(0, axes);
    const groups = depthwise ? channels : config.groups;
    const filters = depthwise ? channels * config.depth_multiplier : config.filters;
    if (filters === undefined || channels % groups !== 0 || filters % groups !== 0)
      throw refuse(call, `${filters ?? 0} filters in ${groups} groups on ${channels} channels.`);
    // [height, width, in, out] to [out, in, height, width]; depthwise [height, width, in, multiplier] has one input each.
    const perGroup = channels / groups;
    const values = weightOf(
      call,
      depthwise ? 'depthwise_kernel' : 'kernel',
      depthwise ? [...kernel, channels, config.depth_multiplier] : [...kernel, perGroup, filters],
    );
    const taps = kernel.reduce((product, length) => product * length, 1);
    const weights = new Float32Array(values.length);
    for (let o = 0; o < filters; o++)
      for (let i = 0; i < perGroup; i++)
        for (let tap = 0; tap < taps; tap++)
          weights[(o * perGroup + i) * taps + tap] = values[(tap * perGroup + i) * filters + o] as number;
    const spans = kernel.map((length, axis) => (config.dilation_rate[axis] ?? 1) * (length - 1) + 1);
    const padding = paddingFor(lengths, config.padding, spans, config.strides);
    const shape = [filters, ...slide(call, lengths, padding, spans, config.strides)];
    countElements(shape, layer.name);
    const bias = config.use_bias
      ? { bias: draft.floats(`${layer.name}.bias`, [filters], weightOf(call, 'bias', [filters])) }
      : {};
    const weight = draft.floats(`${layer.name}.weight`, [filters, perGroup, ...kernel], weights);
    const synapse = { from: [value.node] as [string], weight, ...bias, groups };
    const node = convolve(call, axes, synapse, config.strides, config.dilation_rate, padding);
    return activated(call, { node, shape, spikes: false }, config.activation);
  };
}

const poolConfig = z.looseObject({ pool_size: pair.default([2, 2]), strides: pair.nullish(), ...window });

export function pool(axes: 1 | 2, op: 'maxpool' | 'avgpool'): Convert {
  return (call) => {
    const config = configOf(call, poolConfig);
    const kernel = config.pool_size.slice(0, axes);
    const stride = (config.strides ?? config.pool_size).slice(0, axes);
    return pooled(call, axes, op, kernel, stride, config.padding);
  };
}

export function globalPool(axes: 1 | 2, op: 'maxpool' | 'avgpool'): Convert {
  return (call) => {
    const kernel = input(call).shape.slice(1);
    const value = pooled(call, axes, op, kernel, kernel, 'valid');
    const node = call.draft.node(`${call.layer.name}.flat`, { op: 'flatten', from: [value.node] });
    return { ...value, node, shape: value.shape.slice(0, 1) };
  };
}

function pooled(
  call: LayerCall,
  axes: number,
  op: 'maxpool' | 'avgpool',
  kernel: readonly number[],
  stride: readonly number[],
  kind: 'valid' | 'same',
): Value {
  const value = op === 'avgpool' ? real(call, input(call)) : input(call);
  const [channels = 1, ...lengths] = value.shape;
  if (lengths.length !== axes) throw refuse(call, `its input has ${lengths.length + 1} axes, not ${axes + 1}.`);
  const padding = paddingFor(lengths, kind, kernel, stride);
  const shape = [channels, ...slide(call, lengths, padding, kernel, stride)];
  const window = { kernel: [...kernel], stride: [...stride], padding };
  return { ...value, node: call.draft.node(call.layer.name, { op, from: [value.node], ...window }), shape };
}

const normConfig = z.looseObject({
  axis: z.union([z.number().int(), z.tuple([z.number().int()]).transform(([axis]) => axis)]).default(-1),
  epsilon: z.number().min(0).default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

export const batchNormalization: Convert = (call) => {
  const config = configOf(call, normConfig);
  const value = real(call, inOrder(call, input(call)));
  const [channels = 1] = value.shape;
  if (config.axis !== -1 && config.axis !== value.shape.length)
    throw refuse(call, `axis ${config.axis}. Channels last, axis −1, are read.`);
  const part = (name: string, weights: Float32Array): string =>
    call.draft.floats(`${call.layer.name}.${name}`, [channels], weights);
  const trained = (given: boolean, name: string, otherwise: number): Float32Array =>
    given ? weightOf(call, name, [channels]) : new Float32Array(channels).fill(otherwise);
  const node = call.draft.node(call.layer.name, {
    op: 'batchnorm',
    from: [value.node],
    gain: part('gain', trained(config.scale, 'gamma', 1)),
    bias: part('bias', trained(config.center, 'beta', 0)),
    mean: part('mean', weightOf(call, 'moving_mean', [channels])),
    variance: part('variance', weightOf(call, 'moving_variance', [channels])),
    epsilon: config.epsilon,
  });
  return { ...value, node };
};

export const activationLayer: Convert = (call) => {
  const config = configOf(call, z.looseObject({ activation }));
  return activated(call, input(call), config.activation);
};

export const softmax: Convert = (call) => {
  // The default of TensorFlow.js is 1, the first axis after the batch.
  const { axis } = configOf(call, z.looseObject({ axis: z.number().int().default(1) }));
  const value = input(call);
  if (axis !== -1 && axis !== value.shape.length)
    throw refuse(call, `axis ${axis} of ${value.shape.length + 1}. The last axis is read: −1.`);
  return activated(call, value, 'softmax');
};
