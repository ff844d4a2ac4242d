import type { ModelValues } from '../../runtime/contracts.js';
import type { Tensor } from '../format/graph.js';
import { elementsOf } from '../format/value.js';
import { type NodeContext, type NodeOf, type NodeStep } from './node-context.js';
import { slidingWindow, type Window } from './window.js';

const { fround } = Math;

export function prepareSynapses(node: NodeOf<'dense' | 'conv1d' | 'conv2d'>, context: NodeContext): NodeStep {
  if (node.op === 'dense' && node.delays !== undefined) return delayedDense(node, node.delays, context);
  const [from] = node.from;
  const input = context.value(from);
  const weight = context.tensor(node.weight);
  const window =
    node.op === 'dense'
      ? slidingWindow([elementsOf(input.shape), 1], [1], [1], [0, 0])
      : slidingWindow(input.shape, weight.shape.slice(2), axes(node.stride), node.padding, axes(node.dilation));
  const groups = node.op === 'dense' ? 1 : node.groups;
  const output = context.array(node.name);
  if (weight.type === 'F32') {
    const bias = biasOf(node.bias, weight, context);
    return realSums(window, groups, context.array(from), weight, bias, output);
  }
  const zero = input.domain === 'codes' ? input.zeroPoint : 0;
  return integerSums(window, groups, context.array(from), zero, weight, output);
}

function axes(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}

function biasOf(name: string | undefined, weight: Tensor, context: NodeContext): Float32Array {
  const outputs = weight.shape[0] ?? 0;
  return name === undefined ? new Float32Array(outputs) : Float32Array.from(context.tensor(name).values);
}

function integerSums(
  window: Window,
  groups: number,
  input: ModelValues,
  zero: number,
  { shape, values: weights }: Tensor,
  output: ModelValues,
): NodeStep {
  const { height, width, kernelHeight, kernelWidth, outHeight, outWidth } = window;
  const outputs = shape[0] ?? 0;
  const perGroup = window.channels / groups;
  return () => {
    for (let o = 0, at = 0; o < outputs; o++) {
      const firstChannel = Math.floor((o * groups) / outputs) * perGroup;
      for (let row = 0; row < outHeight; row++)
        for (let column = 0; column < outWidth; column++) {
          let sum = 0;
          let w = o * perGroup * kernelHeight * kernelWidth;
          for (let channel = firstChannel; channel < firstChannel + perGroup; channel++)
            for (let down = 0; down < kernelHeight; down++) {
              const y = row * window.strideDown + down * window.dilationDown - window.top;
              for (let right = 0; right < kernelWidth; right++, w++) {
                const x = column * window.strideRight + right * window.dilationRight - window.left;
                if (y < 0 || y >= height || x < 0 || x >= width) continue;
                sum += (weights[w] as number) * ((input[(channel * height + y) * width + x] as number) - zero);
              }
            }
          output[at++] = sum;
        }
    }
  };
}

/** As `integerSums`, rounded to float32 after each product and each addition. */
function realSums(
  window: Window,
  groups: number,
  input: ModelValues,
  { shape, values: weights }: Tensor,
  bias: Float32Array,
  output: ModelValues,
): NodeStep {
  const { height, width, kernelHeight, kernelWidth, outHeight, outWidth } = window;
  const outputs = shape[0] ?? 0;
  const perGroup = window.channels / groups;
  return () => {
    for (let o = 0, at = 0; o < outputs; o++) {
      const firstChannel = Math.floor((o * groups) / outputs) * perGroup;
      for (let row = 0; row < outHeight; row++)
        for (let column = 0; column < outWidth; column++) {
          let sum = bias[o] as number;
          let w = o * perGroup * kernelHeight * kernelWidth;
          for (let channel = firstChannel; channel < firstChannel + perGroup; channel++)
            for (let down = 0; down < kernelHeight; down++) {
              const y = row * window.strideDown + down * window.dilationDown - window.top;
              for (let right = 0; right < kernelWidth; right++, w++) {
                const x = column * window.strideRight + right * window.dilationRight - window.left;
                if (y < 0 || y >= height || x < 0 || x >= width) continue;
                const value = fround(input[(channel * height + y) * width + x] as number);
                if (value !== 0) sum = fround(sum + fround((weights[w] as number) * value));
              }
            }
          output[at++] = sum;
        }
    }
  };
}

/** The last ticks' spikes stand in a ring of planes; synapse (o, j) reads the plane of `delays[o, j]` ticks ago. */
function delayedDense(node: NodeOf<'dense'>, delaysName: string, context: NodeContext): NodeStep {
  const [from] = node.from;
  const input = context.array(from);
  const weight = context.tensor(node.weight);
  const weights = weight.values;
  const output = context.array(node.name);
  const delays = Int32Array.from(context.tensor(delaysName).values);
  const real = weight.type === 'F32';
  const bias = biasOf(node.bias, weight, context);
  const inputs = input.length;
  const depth = delays.reduce((most, delay) => Math.max(most, delay), 0) + 1;
  const ring = context.state(node.name, 'ring', new Uint8Array(depth * inputs));
  const position = context.state(node.name, 'position', new Int32Array(1));
  return () => {
    const now = position[0] as number;
    for (let j = 0; j < inputs; j++) ring[now * inputs + j] = input[j] as number;
    for (let o = 0; o < output.length; o++) {
      let sum = bias[o] as number;
      for (let j = 0; j < inputs; j++) {
        const s = o * inputs + j;
        const then = (now + depth - (delays[s] as number)) % depth;
        const spikes = ring[then * inputs + j] as number;
        if (spikes === 0) continue;
        const product = (weights[s] as number) * spikes;
        sum = real ? fround(sum + fround(product)) : sum + product;
      }
      output[o] = sum;
    }
    position[0] = (now + 1) % depth;
  };
}
