import type { ModelValues } from '../../runtime/contracts.js';
import { exp } from '../../runtime/signal/math.js';
import { spread, type NodeContext, type NodeOf, type NodeStep } from './node-context.js';

const { fround } = Math;

export function prepareBatchNorm(node: NodeOf<'batchnorm'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const { shape } = context.value(from);
  const input = context.array(from);
  const output = context.array(node.name);
  const gain = spread(context.tensor(node.gain), shape);
  const bias = spread(context.tensor(node.bias), shape);
  const mean = spread(context.tensor(node.mean), shape);
  const epsilon = fround(node.epsilon);
  const deviation = spread(context.tensor(node.variance), shape).map((variance) =>
    Math.sqrt(fround(variance + epsilon)),
  );
  return () => {
    for (let i = 0; i < input.length; i++) {
      const centred = fround((input[i] as number) - (mean[i] as number));
      const scaled = fround(fround(centred / (deviation[i] as number)) * (gain[i] as number));
      output[i] = fround(scaled + (bias[i] as number));
    }
  };
}

export function prepareActivation(node: NodeOf<'activation'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const input = context.array(from);
  const output = context.array(node.name);
  if (node.function === 'softmax') return softmax(input, output, context.value(from).shape.at(-1) ?? 1);
  const theta = fround(node.theta ?? 1);
  const kind = node.function;
  return () => {
    for (let i = 0; i < input.length; i++) {
      const x = input[i] as number;
      switch (kind) {
        case 'relu':
          output[i] = x < 0 ? 0 : x;
          break;
        case 'relu6':
          output[i] = x < 0 ? 0 : x > 6 ? 6 : x;
          break;
        case 'thresholdedRelu':
          output[i] = x <= theta ? 0 : x;
          break;
        case 'sigmoid':
          output[i] = 1 / (1 + exp(-x));
          break;
        case 'tanh':
          output[i] = tanh(x);
          break;
      }
    }
  };
}

function tanh(x: number): number {
  const size = Math.abs(x);
  if (size < 2 ** -12) return x;
  const power = exp(-2 * size);
  const value = (1 - power) / (1 + power);
  return x < 0 ? -value : value;
}

function softmax(input: ModelValues, output: ModelValues, row: number): NodeStep {
  const powers = new Float64Array(row);
  return () => {
    for (let start = 0; start < input.length; start += row) {
      let most = -Infinity;
      for (let i = 0; i < row; i++) most = Math.max(most, input[start + i] as number);
      let sum = 0;
      for (let i = 0; i < row; i++) sum += powers[i] = exp((input[start + i] as number) - most);
      for (let i = 0; i < row; i++) output[start + i] = (powers[i] as number) / sum;
    }
  };
}

export function prepareQuantize(node: NodeOf<'quantize'>, context: NodeContext): NodeStep {
  const input = context.array(node.from[0]);
  const output = context.array(node.name);
  const { type, scale, zeroPoint } = node.output;
  const [low, high] = type === 'u8' ? [0, 255] : type === 'i8' ? [-128, 127] : [-32768, 32767];
  const even = node.halves === 'even';
  return () => {
    for (let i = 0; i < input.length; i++) {
      const x = fround((input[i] as number) / scale);
      const code = (even ? x + toEven - toEven : Math.trunc(x + (x < 0 ? -0.5 : 0.5))) + zeroPoint;
      output[i] = code >= high ? high : code > low ? code : low;
    }
  };
}

/** Added, it leaves a double no room for fractions, and halves go to the even neighbour. */
const toEven = 1.5 * 2 ** 52;

export function prepareDequantize(node: NodeOf<'dequantize'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const value = context.value(from);
  const input = context.array(from);
  const output = context.array(node.name);
  const scale = value.domain === 'codes' ? fround(value.scale) : 1;
  const zero = value.domain === 'codes' ? value.zeroPoint : 0;
  return () => {
    for (let i = 0; i < input.length; i++) output[i] = fround(scale * ((input[i] as number) - zero));
  };
}
