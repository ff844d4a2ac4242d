import { ModelError } from './model-error.js';
import { describeShape } from './value.js';

/** How many places a window takes along one axis: ⌊(length + padding − dilation·(kernel − 1) − 1) ÷ stride⌋ + 1. */
export function places(
  length: number,
  kernel: number,
  stride: number,
  before: number,
  after: number,
  dilation: number,
): number {
  return Math.floor((length + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** The same along one or two axes; refuses a window larger than what it slides over. `padding`: all befores, then all afters. */
export function slide(
  user: string,
  lengths: readonly number[],
  window: {
    readonly kernel: readonly number[];
    readonly stride: readonly number[];
    readonly padding: readonly number[];
    readonly dilation?: readonly number[];
  },
): number[] {
  const { kernel, stride, padding, dilation } = window;
  const axes = lengths.length;
  return lengths.map((length, axis) => {
    const [before, after] = [padding[axis] ?? 0, padding[axis + axes] ?? 0];
    const count = places(length, kernel[axis] ?? 1, stride[axis] ?? 1, before, after, dilation?.[axis] ?? 1);
    if (count < 1)
      throw new ModelError(
        `${user}: a window of ${describeShape(kernel)}${dilation ? ` dilated by ${describeShape(dilation)}` : ''} is larger than its input of ${describeShape(lengths)} with padding ${describeShape(padding)}. Make the window smaller or the padding larger.`,
      );
    return count;
  });
}
