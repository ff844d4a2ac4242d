import type { Call } from './call.js';

/** Geometry of a convolution or pool over the last one or two axes, checked. */
export interface Window {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** All befores, then all afters. */
  readonly padding: readonly number[];
  readonly output: readonly number[];
}

const mostExtent = 4096;

export function windowOf(call: Call, input: readonly number[], kernel: readonly number[]): Window {
  const axes = kernel.length;
  if (axes < 1 || axes > 2 || input.length !== axes)
    throw call.refuse(`a window [${kernel.join(', ')}] over axes [${input.join(', ')}]. One or two axes are read.`);
  const list = (name: string, length: number, least: number): readonly number[] => {
    const values = call.integers(name) ?? new Array<number>(length).fill(least);
    if (values.length !== length || !values.every((value) => value >= least && value <= mostExtent))
      throw call.refuse(`${name} [${values.join(', ')}]. ${length} numbers from ${least} to ${mostExtent} are needed.`);
    return values;
  };
  if (!kernel.every((length) => length >= 1 && length <= mostExtent))
    throw call.refuse(`a kernel of [${kernel.join(', ')}]. Each axis is 1 to ${mostExtent}.`);
  const stride = list('strides', axes, 1);
  const dilation = list('dilations', axes, 1);
  const span = kernel.map((length, axis) => (dilation[axis] ?? 1) * (length - 1) + 1);
  const padding = paddingOf(call, input, stride, span, () => list('pads', 2 * axes, 0));
  const output = input.map((length, axis) => {
    const padded = length + (padding[axis] ?? 0) + (padding[axis + axes] ?? 0);
    const places = (padded - (span[axis] ?? 1)) / (stride[axis] ?? 1);
    if (call.integer('ceil_mode', 0) !== 0 && !Number.isInteger(places))
      throw call.refuse('ceil_mode makes a last window that hangs over. Use ceil_mode 0 or pad the input.');
    return Math.floor(places) + 1;
  });
  if (!output.every((length) => length >= 1))
    throw call.refuse(`a window of [${span.join(', ')}] does not fit into the input [${input.join(', ')}].`);
  return { stride, dilation, padding, output };
}

function paddingOf(
  call: Call,
  input: readonly number[],
  stride: readonly number[],
  span: readonly number[],
  given: () => readonly number[],
): readonly number[] {
  const auto = call.text('auto_pad', 'NOTSET');
  if (auto === 'NOTSET') return given();
  if (auto === 'VALID') return [...input, ...input].fill(0);
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') throw call.refuse(`auto_pad ${auto} is not known.`);
  const totals = input.map((length, axis) => {
    const step = stride[axis] ?? 1;
    return Math.max(0, (Math.ceil(length / step) - 1) * step + (span[axis] ?? 1) - length);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total) => Math.ceil(total / 2));
  return auto === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}
