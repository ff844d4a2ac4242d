import type { GraphNode, Network } from '../format/graph.js';
import { mostElements } from '../format/limits.js';
import { ModelError } from '../format/model-error.js';
import type { Value } from '../format/values.js';
import type { Padding, Tensor, TensorFlow } from './library.js';

/**
 * Nodes as operations of TensorFlow.js. It computes with channels last, so values are held as [1, height, width,
 * channels], [1, 1, length, channels] or [1, units]; constants of one element a channel then meet the last axis.
 */
export type Operation = (inputs: readonly Tensor[]) => Tensor;

export interface Build {
  readonly tf: TensorFlow;
  readonly network: Network;
  readonly values: ReadonlyMap<string, Value>;
  /** Tensors that live as long as the model. */
  constant(values: Float32Array, shape: readonly number[]): Tensor;
}

type NodeOf<Op extends GraphNode['op']> = Extract<GraphNode, { op: Op }>;

/** Axes of [channels, …] in the order of TensorFlow.js, without the batch. */
function lastOf(shape: readonly number[]): number[] {
  const [channels = 1, ...places] = shape;
  return [...(places.length === 1 ? [1] : []), ...places, channels];
}

/** A tensor of a value from the order of the network to that of TensorFlow.js, and back. */
export function channelsLast(tf: TensorFlow, tensor: Tensor, shape: readonly number[]): Tensor {
  if (shape.length === 1) return tf.reshape(tensor, [1, ...shape]);
  const [channels = 1] = shape;
  const flat = tf.transpose(tf.reshape(tensor, [channels, tensor.shape.reduce((a, b) => a * b, 1) / channels]), [1, 0]);
  return tf.reshape(flat, [1, ...lastOf(shape)]);
}
export function channelsFirst(tf: TensorFlow, tensor: Tensor, shape: readonly number[]): Tensor {
  if (shape.length === 1) return tf.reshape(tensor, shape);
  const [channels = 1] = shape;
  const places = tensor.shape.reduce((a, b) => a * b, 1) / channels;
  return tf.reshape(tf.transpose(tf.reshape(tensor, [places, channels]), [1, 0]), shape);
}

export function operationOf(node: GraphNode, build: Build): Operation {
  const { tf } = build;
  switch (node.op) {
    case 'dense':
      return dense(node, build);
    case 'conv1d':
    case 'conv2d':
      return convolution(node, build);
    case 'maxpool':
    case 'avgpool':
    case 'sumpool':
      return pool(node, build);
    case 'flatten':
    case 'reshape':
      return rearranged(node, build, (tensor, shape) => tf.reshape(tensor, shape));
    case 'transpose':
      return rearranged(node, build, (tensor) => tf.transpose(tensor, node.order));
    case 'concat':
      return concat(node, build);
    case 'add':
      return add(node, build);
    case 'scale':
      return scale(node, build);
    case 'compare':
      return compare(node, build);
    case 'batchnorm':
      return batchNorm(node, build);
    case 'activation':
      return activation(node, build);
    default:
      throw new ModelError(
        `${node.name}: ${node.op} is not run by TensorFlow.js. It runs float networks without state.`,
      );
  }
}

function shapeOf({ values }: Build, name: string): readonly number[] {
  const value = values.get(name);
  if (value === undefined) throw new ModelError(`${name}: no input or node of that name.`);
  return value.shape;
}

function weightsOf({ network }: Build, name: string): { shape: readonly number[]; values: Float32Array } {
  const tensor = network.tensors.get(name);
  if (!(tensor?.values instanceof Float32Array))
    throw new ModelError(`${name}: not of F32. TensorFlow.js takes real weights.`);
  return { shape: tensor.shape, values: tensor.values };
}

/** A constant of one element, one a channel or the whole shape, to meet a value of `shape`. */
function broadcast(build: Build, name: string, shape: readonly number[]): Tensor {
  const { values } = weightsOf(build, name);
  const perChannel = values.length === 1 || values.length === shape[0];
  if (perChannel) return build.constant(values, [values.length]);
  const places = values.length / (shape[0] ?? 1);
  const turned = values.map(
    (_, i) => values[(i % (shape[0] ?? 1)) * places + Math.floor(i / (shape[0] ?? 1))] as number,
  );
  return build.constant(turned, [1, ...lastOf(shape)]);
}

/** The only input of a node. */
function only(inputs: readonly Tensor[]): Tensor {
  return inputs[0] as Tensor;
}

function biased(tf: TensorFlow, sums: Tensor, bias: Tensor | undefined): Tensor {
  return bias ? tf.add(sums, bias) : sums;
}

function dense(node: NodeOf<'dense'>, build: Build): Operation {
  const { tf } = build;
  if (node.delays !== undefined)
    throw new ModelError(`${node.name}: delays are state, which TensorFlow.js does not keep.`);
  const { shape, values } = weightsOf(build, node.weight);
  const [outputs = 1, inputs = 1] = shape;
  const turned = values.map((_, i) => values[(i % outputs) * inputs + Math.floor(i / outputs)] as number);
  const weight = build.constant(turned, [inputs, outputs]);
  const bias = node.bias === undefined ? undefined : broadcast(build, node.bias, [outputs]);
  return (given) => biased(tf, tf.matMul(only(given), weight), bias);
}

/** A window over one axis as one of height 1. `padding`: all befores, then all afters. */
function twoAxes(stride: readonly number[], padding: readonly number[]): { stride: number[]; pad: Padding } {
  const [top = 0, left = 0, bottom = 0, right = 0] =
    stride.length === 1 ? [0, padding[0] ?? 0, 0, padding[1] ?? 0] : padding;
  const none = [top, left, bottom, right].every((margin) => margin === 0);
  const pad: Padding = none
    ? 'valid'
    : [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ];
  return { stride: stride.length === 1 ? [1, ...stride] : [...stride], pad };
}

function convolution(node: NodeOf<'conv1d' | 'conv2d'>, build: Build): Operation {
  const { tf } = build;
  const { shape, values } = weightsOf(build, node.weight);
  const [outputs = 1, perGroup = 1, ...kernel] = shape;
  const [height = 1, width = 1] = kernel.length === 1 ? [1, ...kernel] : kernel;
  const [channels = 1] = shapeOf(build, node.from[0]);
  const { stride, pad } = twoAxes(axesOf(node.stride), node.padding);
  const [down, right] = typeof node.dilation === 'number' ? [1, node.dilation] : node.dilation;
  // TensorFlow.js takes strides or dilations, not both: then zeros between the taps make the dilation.
  const spread = stride.some((step) => step > 1);
  const [apartDown, apartRight] = spread ? [down, right] : [1, 1];
  const dilation = spread ? [1, 1] : [down, right];
  const [fullHeight, fullWidth] = [apartDown * (height - 1) + 1, apartRight * (width - 1) + 1];
  const perOutput = outputs / node.groups;
  const depthwise = perGroup === 1 && node.groups > 1;
  // To [height, width, in, out]; where each channel has its own, to [height, width, in, outputs of each]. Other groups
  // become one kernel with zeros between them.
  const rows = depthwise ? channels : node.groups * perGroup;
  const columns = depthwise ? perOutput : outputs;
  const size = fullHeight * fullWidth * rows * columns;
  if (size > mostElements)
    throw new ModelError(
      `${node.name}: its kernel takes ${size} elements in TensorFlow.js. Use fewer groups, or no dilation with strides.`,
    );
  const filter = new Float32Array(size);
  let at = 0;
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < perGroup; i++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const tap = y * apartDown * fullWidth + x * apartRight;
          const row = Math.floor(o / perOutput) * perGroup + i;
          filter[(tap * rows + row) * columns + (depthwise ? o % perOutput : o)] = values[at++] as number;
        }
  const weight = build.constant(filter, [fullHeight, fullWidth, rows, columns]);
  const bias = node.bias === undefined ? undefined : broadcast(build, node.bias, [outputs]);
  const convolve = (x: Tensor): Tensor =>
    depthwise
      ? tf.depthwiseConv2d(x, weight, stride, pad, 'NHWC', dilation)
      : tf.conv2d(x, weight, stride, pad, 'NHWC', dilation);
  return (given) => biased(tf, convolve(only(given)), bias);
}

function axesOf(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}

function pool(node: NodeOf<'maxpool' | 'avgpool' | 'sumpool'>, build: Build): Operation {
  const { tf } = build;
  const size = node.kernel.length === 1 ? [1, ...node.kernel] : node.kernel;
  const { stride, pad } = twoAxes(node.stride, node.padding);
  if (node.op === 'maxpool') return (given) => tf.maxPool(only(given), size, stride, pad);
  if (node.op === 'avgpool') return (given) => tf.avgPool(only(given), size, stride, pad);
  const elements = build.constant(Float32Array.of(size.reduce((a, b) => a * b, 1)), [1]);
  return (given) => {
    const padded = pad === 'valid' ? only(given) : tf.pad(only(given), pad);
    return tf.mul(tf.avgPool(padded, size, stride, 'valid'), elements);
  };
}

/** An operation that goes by the order of the network. */
function rearranged(
  node: NodeOf<'flatten' | 'reshape' | 'transpose'>,
  build: Build,
  move: (tensor: Tensor, shape: readonly number[]) => Tensor,
): Operation {
  const { tf } = build;
  const before = shapeOf(build, node.from[0]);
  const after = shapeOf(build, node.name);
  return (given) => channelsLast(tf, move(channelsFirst(tf, only(given), before), after), after);
}

function concat(node: NodeOf<'concat'>, build: Build): Operation {
  const { tf } = build;
  const rank = shapeOf(build, node.name).length;
  // Channels are the last axis; the others keep their order, after the batch and the height of 1.
  const axis = rank === 1 ? 1 : node.axis === 0 ? 3 : rank === 2 ? 2 : node.axis;
  return (given) => tf.concat(given, axis);
}

function add(node: NodeOf<'add'>, build: Build): Operation {
  const { tf } = build;
  const factors = node.multipliers.map((each) => (each === 1 ? undefined : build.constant(Float32Array.of(each), [1])));
  const term = (tensor: Tensor, place: number): Tensor => {
    const factor = factors[place];
    return factor ? tf.mul(tensor, factor) : tensor;
  };
  return (given) => given.map(term).reduce((sum, tensor) => tf.add(sum, tensor));
}

function scale(node: NodeOf<'scale'>, build: Build): Operation {
  const { tf } = build;
  const shape = shapeOf(build, node.name);
  const factor = broadcast(build, node.scale, shape);
  const bias = node.bias === undefined ? undefined : broadcast(build, node.bias, shape);
  return (given) => biased(tf, tf.mul(only(given), factor), bias);
}

function compare(node: NodeOf<'compare'>, build: Build): Operation {
  const { tf } = build;
  const threshold = broadcast(build, node.threshold, shapeOf(build, node.name));
  return (given) => {
    const spikes = node.strict ? tf.greater(only(given), threshold) : tf.greaterEqual(only(given), threshold);
    return tf.cast(spikes, 'float32');
  };
}

function batchNorm(node: NodeOf<'batchnorm'>, build: Build): Operation {
  const { tf } = build;
  const gain = weightsOf(build, node.gain).values;
  const variance = weightsOf(build, node.variance).values;
  const shape = shapeOf(build, node.name);
  const factors = gain.map((value, c) => value / Math.sqrt((variance[c] as number) + node.epsilon));
  const factor = build.constant(factors, [factors.length]);
  const mean = broadcast(build, node.mean, shape);
  const bias = broadcast(build, node.bias, shape);
  return (given) => tf.add(tf.mul(tf.sub(only(given), mean), factor), bias);
}

function activation(node: NodeOf<'activation'>, build: Build): Operation {
  const { tf } = build;
  const shape = shapeOf(build, node.name);
  switch (node.function) {
    case 'relu':
      return (given) => tf.relu(only(given));
    case 'relu6':
      return (given) => tf.relu6(only(given));
    case 'sigmoid':
      return (given) => tf.sigmoid(only(given));
    case 'tanh':
      return (given) => tf.tanh(only(given));
    case 'softmax':
      // Over the last axis of the network's order.
      return (given) => channelsLast(tf, tf.softmax(channelsFirst(tf, only(given), shape), shape.length - 1), shape);
    case 'thresholdedRelu': {
      const theta = build.constant(Float32Array.of(node.theta ?? 1), [1]);
      return (given) => tf.mul(only(given), tf.cast(tf.greater(only(given), theta), 'float32'));
    }
  }
}
