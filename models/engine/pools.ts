import type { ModelValues } from '../../runtime/contracts.js';
import type { NodeContext, NodeOf, NodeStep } from './node-context.js';
import { slidingWindow } from './window.js';

const { fround } = Math;

/**
 * Writes element `at` of the output from rows `top` … `bottom` − 1 and columns `left` … `right` − 1 of a channel, at least
 * one element. (A number returned would be an allocation.)
 */
type Pooling = (at: number, channel: number, top: number, bottom: number, left: number, right: number) => void;

export function preparePool(node: NodeOf<'maxpool' | 'sumpool' | 'avgpool'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const { shape, domain } = context.value(from);
  const window = slidingWindow(shape, node.kernel, node.stride, node.padding);
  const { channels, height, width, outHeight, outWidth } = window;
  const input = context.array(from);
  const output = context.array(node.name);
  const pooling =
    node.op === 'maxpool'
      ? largest(input, height, width, output)
      : domain === 'real'
        ? realSum(input, height, width, output, node.op === 'avgpool')
        : integerSum(input, height, width, output);
  return () => {
    for (let channel = 0, at = 0; channel < channels; channel++)
      for (let row = 0; row < outHeight; row++) {
        const top = row * window.strideDown - window.top;
        for (let column = 0; column < outWidth; column++, at++) {
          const left = column * window.strideRight - window.left;
          pooling(
            at,
            channel,
            Math.max(0, top),
            Math.min(height, top + window.kernelHeight),
            Math.max(0, left),
            Math.min(width, left + window.kernelWidth),
          );
        }
      }
  };
}

/** The first of the largest, which settles NaN and −0. */
function largest(input: ModelValues, height: number, width: number, output: ModelValues): Pooling {
  return (at, channel, top, bottom, left, right) => {
    let most = input[(channel * height + top) * width + left] as number;
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const value = input[(channel * height + y) * width + x] as number;
        if (value > most) most = value;
      }
    output[at] = most;
  };
}

function integerSum(input: ModelValues, height: number, width: number, output: ModelValues): Pooling {
  return (at, channel, top, bottom, left, right) => {
    let sum = 0;
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) sum += input[(channel * height + y) * width + x] as number;
    output[at] = sum;
  };
}

/** From 0, row by row, each addition rounded to float32. */
function realSum(input: ModelValues, height: number, width: number, output: ModelValues, average: boolean): Pooling {
  return (at, channel, top, bottom, left, right) => {
    let sum = 0;
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) sum = fround(sum + (input[(channel * height + y) * width + x] as number));
    output[at] = average ? sum / ((bottom - top) * (right - left)) : sum;
  };
}
