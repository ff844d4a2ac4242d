import { exp } from '../../../runtime/signal/math.js';
import { ModelError } from '../../format/model-error.js';
import { rangeOfCodes } from '../../format/value.js';
import { clamp, converted, convertedTwice, roundHalvesAway, roundHalvesToEven } from '../../int8/arithmetic.js';
import { axisOf, codesOf, requireCounts, shapeOf, type Conversion, type Kind } from './conversion.js';
import type { TfliteOperator, TfliteTensor } from './tflite-file.js';

/** Operators that compute with codes. Field numbers are those of the option tables in TensorFlow Lite's schema. */

type Convert = (conversion: Conversion, operator: TfliteOperator) => void;

export const quantizedOperators: Readonly<Record<string, Convert>> = {
  FULLY_CONNECTED: fullyConnected,
  CONV_2D: (conversion, operator) => convolution(conversion, operator, false),
  DEPTHWISE_CONV_2D: (conversion, operator) => convolution(conversion, operator, true),
  MAX_POOL_2D: (conversion, operator) => pool(conversion, operator, 'qmaxpool'),
  AVERAGE_POOL_2D: (conversion, operator) => pool(conversion, operator, 'qavgpool'),
  MEAN: mean,
  ADD: (conversion, operator) => binary(conversion, operator, 'qadd'),
  SUB: (conversion, operator) => binary(conversion, operator, 'qsubtract'),
  MUL: (conversion, operator) => binary(conversion, operator, 'qmultiply'),
  LOGISTIC: (conversion, operator) =>
    lookup(
      conversion,
      operator,
      byFunction((x) => 1 / (1 + exp(-x))),
    ),
  TANH: (conversion, operator) => lookup(conversion, operator, byFunction(tanh)),
  RELU: (conversion, operator) => lookup(conversion, operator, convertedTwice, 1),
  RELU6: (conversion, operator) => lookup(conversion, operator, convertedTwice, 3),
  SOFTMAX: softmax,
  QUANTIZE: quantize,
  DEQUANTIZE: dequantize,
};

function fullyConnected(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [2, 3], 1);
  const [out = 0] = operator.outputs;
  const output = conversion.tensor(out);
  if ((operator.options?.i8(1) ?? 0) !== 0)
    throw new ModelError(`${output.name}: FULLY_CONNECTED with shuffled weights. Convert the network without them.`);
  const from = conversion.reads(operator.inputs[0], output.name);
  const name = conversion.nameFor(out);
  const { tensor, values } = conversion.i8s(operator.inputs[1], `weights of ${name}`);
  const [rows = 1, columns = 1] = tensor.shape;
  if (tensor.shape.length !== 2)
    throw new ModelError(`${name}: weights of ${tensor.shape.length} axes. They have two.`);
  conversion.put(`${name}.weight`, { type: 'I8', shape: [rows, columns], values });
  conversion.nodes.push({
    op: 'qdense',
    name,
    from: [from],
    weight: `${name}.weight`,
    ...scaleAndBias(conversion, operator, name, tensor, 0),
    ...written(output, operator.options?.i8(0)),
  });
  conversion.gives(out, name);
}

function scaleAndBias(
  conversion: Conversion,
  operator: TfliteOperator,
  name: string,
  weight: TfliteTensor,
  channelAxis: number,
): { weightScale: string; bias?: string } {
  if (weight.scales.length > 1 && weight.scaleAxis !== channelAxis)
    throw new ModelError(
      `${name}: weight scales along axis ${weight.scaleAxis}, not along the outputs (${channelAxis}).`,
    );
  if (weight.scales.length === 0)
    throw new ModelError(`${name}: i8 weights without a scale. Quantise the network whole.`);
  if (weight.zeroPoints.some((zero) => zero !== 0))
    throw new ModelError(
      `${name}: weights with a zero point of ${weight.zeroPoints.find((zero) => zero !== 0)}. It must be 0.`,
    );
  const weightScale = conversion.put(`${name}.scale`, {
    type: 'F32',
    shape: [weight.scales.length],
    values: Float32Array.from(weight.scales),
  });
  if ((operator.inputs[2] ?? -1) < 0) return { weightScale };
  const { values } = conversion.i32s(operator.inputs[2], `bias of ${name}`);
  return { weightScale, bias: conversion.put(`${name}.bias`, { type: 'I32', shape: [values.length], values }) };
}

function convolution(conversion: Conversion, operator: TfliteOperator, depthwise: boolean): void {
  requireCounts(operator, [2, 3], 1);
  const [out = 0] = operator.outputs;
  const output = conversion.tensor(out);
  const from = conversion.reads(operator.inputs[0], output.name);
  const name = conversion.nameFor(out);
  const { tensor, values } = conversion.i8s(operator.inputs[1], `weights of ${name}`);
  const [first = 1, height = 1, width = 1, last = 1] = tensor.shape;
  if (tensor.shape.length !== 4)
    throw new ModelError(`${name}: weights of ${tensor.shape.length} axes. They have four.`);
  const inputShape = imageOf(conversion.tensor(operator.inputs[0]), name);
  const channels = inputShape[2];
  const options = operator.options;
  const dilated = depthwise ? [6, 5] : [5, 4];
  const dilation: [number, number] = [
    options?.i32(dilated[0] as number, 1) ?? 1,
    options?.i32(dilated[1] as number, 1) ?? 1,
  ];
  const stride: [number, number] = [options?.i32(2) ?? 1, options?.i32(1) ?? 1];
  const group = depthwise ? 1 : last;
  const groups = channels / group;
  if (!Number.isInteger(groups) || (depthwise && first !== 1))
    throw new ModelError(
      `${name}: weights of shape [${tensor.shape.join(', ')}] for an input of ${channels} channels.`,
    );
  const outputs = depthwise ? last : first;
  conversion.put(`${name}.weight`, {
    type: 'I8',
    shape: [outputs, height, width, group],
    values: depthwise ? channelsFirst(values, height * width, outputs) : values,
  });
  conversion.nodes.push({
    op: 'qconv2d',
    name,
    from: [from],
    weight: `${name}.weight`,
    ...scaleAndBias(conversion, operator, name, tensor, depthwise ? 3 : 0),
    stride,
    padding: paddingOf(options?.i8(0), inputShape, [height, width], stride, dilation),
    dilation,
    groups,
    ...written(output, options?.i8(depthwise ? 4 : 3)),
  });
  conversion.gives(out, name);
}

/** [place][channel] to [channel][place]. */
function channelsFirst(values: Int8Array, places: number, channels: number): Int8Array {
  return values.map((_, at) => values[(at % places) * channels + Math.floor(at / places)] as number);
}

function imageOf(tensor: TfliteTensor, name: string): [number, number, number] {
  const [height, width, channels, more] = shapeOf(tensor);
  if (height === undefined || width === undefined || channels === undefined || more !== undefined)
    throw new ModelError(
      `${name}: input of shape [${tensor.shape.join(', ')}]. It must be [1, height, width, channels].`,
    );
  return [height, width, channels];
}

/** SAME padding (0): as many windows as fit strides, the odd element at the end. VALID (1): none. */
function paddingOf(
  padding = 0,
  [height, width]: readonly [number, number, number],
  [tall, wide]: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
): [number, number, number, number] {
  if (padding === 1) return [0, 0, 0, 0];
  const total = (extent: number, kernel: number, step: number, spread: number): number =>
    Math.max(0, (Math.ceil(extent / step) - 1) * step + (kernel - 1) * spread + 1 - extent);
  const vertical = total(height, tall, stride[0], dilation[0]);
  const horizontal = total(width, wide, stride[1], dilation[1]);
  return [vertical >> 1, horizontal >> 1, vertical - (vertical >> 1), horizontal - (horizontal >> 1)];
}

function pool(conversion: Conversion, operator: TfliteOperator, op: 'qmaxpool' | 'qavgpool'): void {
  requireCounts(operator, [1, 1], 1);
  const [out = 0] = operator.outputs;
  const output = conversion.tensor(out);
  const from = conversion.reads(operator.inputs[0], output.name);
  const name = conversion.nameFor(out);
  const input = conversion.tensor(operator.inputs[0]);
  sameKind(name, input, output);
  const options = operator.options;
  const stride: [number, number] = [options?.i32(2) ?? 1, options?.i32(1) ?? 1];
  const kernel: [number, number] = [options?.i32(4) ?? 1, options?.i32(3) ?? 1];
  conversion.nodes.push({
    op,
    name,
    from: [from],
    kernel,
    stride,
    padding: paddingOf(options?.i8(0), imageOf(input, name), kernel, stride, [1, 1]),
    ...written(output, options?.i8(5)),
  });
  conversion.gives(out, name);
}

export function sameKind(name: string, input: TfliteTensor, output: TfliteTensor): void {
  const [a, b] = [codesOf(input), codesOf(output)];
  if (a.type !== b.type || a.scale !== b.scale || a.zeroPoint !== b.zeroPoint)
    throw new ModelError(
      `${name}: from ${a.type} (scale ${a.scale}, zero point ${a.zeroPoint}) to ${b.type} (${b.scale}, ${b.zeroPoint}). They must be alike here.`,
    );
}

function mean(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [2, 2], 1);
  const [out = 0] = operator.outputs;
  const output = conversion.tensor(out);
  const input = conversion.tensor(operator.inputs[0]);
  const from = conversion.reads(operator.inputs[0], output.name);
  const axes = [...conversion.i32s(operator.inputs[1], `axes of ${output.name}`).values].map((axis) =>
    axisOf(input, axis),
  );
  if (input.shape.length !== 4 || axes.sort().join() !== '0,1')
    throw new ModelError(`${output.name}: MEAN over other axes than height and width (1 and 2 of four).`);
  const name = conversion.nameFor(out, output.shape.length === 2 ? '' : ' flat');
  conversion.nodes.push({ op: 'qmean', name, from: [from], ...written(output, 0) });
  conversion.gives(out, output.shape.length === 2 ? name : reshaped(conversion, out, name));
}

/** A node that gives `from` under the shape that the tensor of this index has. */
export function reshaped(conversion: Conversion, index: number, from: string): string {
  const name = conversion.nameFor(index);
  conversion.nodes.push({ op: 'reshape', name, from: [from], shape: shapeOf(conversion.tensor(index)) });
  return name;
}

function binary(conversion: Conversion, operator: TfliteOperator, op: 'qadd' | 'qsubtract' | 'qmultiply'): void {
  requireCounts(operator, [2, 2], 1);
  const [out = 0] = operator.outputs;
  const output = conversion.tensor(out);
  const from = operator.inputs.map((index) => {
    const name = conversion.reads(index, output.name);
    const shape = shapeOf(conversion.tensor(index));
    const whole = shapeOf(output);
    // [1, 1, channels] beside [height, width, channels]: the same elements as [channels].
    const lead = shape.findIndex((extent) => extent !== 1);
    if (lead <= 0 || shape.length !== whole.length || shape.every((extent, axis) => extent === whole[axis]))
      return name;
    const short = conversion.nameFor(index, ' short');
    conversion.nodes.push({ op: 'reshape', name: short, from: [name], shape: shape.slice(lead) });
    return short;
  }) as [string, string];
  const name = conversion.nameFor(out);
  conversion.nodes.push({ op, name, from, ...written(output, operator.options?.i8(0)) });
  conversion.gives(out, name);
}

/** What a node writes: the output's codes and where its fused activation cuts off. */
function written(output: TfliteTensor, activation = 0): { output: Kind; low: number; high: number } {
  const kind = codesOf(output);
  const [low, high] = rangeOfCodes(kind.type);
  const codeOf = (value: number): number =>
    clamp(roundHalvesAway(Math.fround(value / kind.scale)) + kind.zeroPoint, low, high);
  switch (activation) {
    case 0:
      return { output: kind, low, high };
    case 1:
      return { output: kind, low: codeOf(0), high };
    case 2:
      return { output: kind, low: codeOf(-1), high: codeOf(1) };
    case 3:
      return { output: kind, low: codeOf(0), high: codeOf(6) };
    default:
      throw new ModelError(
        `${output.name}: fused activation ${activation}. None (0), ReLU (1), −1…1 (2) and ReLU6 (3) are run.`,
      );
  }
}

/** Output code, before it is cut off, of an input code. */
type CodeToCode = (code: number, input: Kind, output: Kind) => number;

/** What depends on one code alone becomes a table. */
function lookup(conversion: Conversion, operator: TfliteOperator, codeFor: CodeToCode, activation = 0): void {
  requireCounts(operator, [1, 1], 1);
  const [out = 0] = operator.outputs;
  const from = conversion.reads(operator.inputs[0], conversion.tensor(out).name);
  const input = codesOf(conversion.tensor(operator.inputs[0]));
  const { output, low, high } = written(conversion.tensor(out), activation);
  if (input.type === 'i16' || output.type === 'i16')
    throw new ModelError(`${conversion.tensor(out).name}: ${operator.name} of i16 codes. It is run on i8 and u8.`);
  const [least] = rangeOfCodes(input.type);
  const values = Int32Array.from({ length: 256 }, (_, at) => clamp(codeFor(at + least, input, output), low, high));
  const name = conversion.nameFor(out);
  conversion.put(`${name}.table`, { type: 'I32', shape: [256], values });
  conversion.nodes.push({ op: 'qlookup', name, from: [from], table: `${name}.table`, output });
  conversion.gives(out, name);
}

function byFunction(activation: (x: number) => number): CodeToCode {
  return (code, input, output) => {
    const value = Math.fround(activation(Math.fround(input.scale * (code - input.zeroPoint))));
    return roundHalvesToEven(Math.fround(value / output.scale)) + output.zeroPoint;
  };
}

function tanh(x: number): number {
  const square = exp(-2 * Math.abs(x));
  const size = (1 - square) / (1 + square);
  return x < 0 ? -size : size;
}

function softmax(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [1, 1], 1);
  const [out = 0] = operator.outputs;
  const from = conversion.reads(operator.inputs[0], conversion.tensor(out).name);
  const beta = operator.options?.f32(0) ?? 0;
  const name = conversion.nameFor(out);
  if (!(beta > 0 && beta < Infinity)) throw new ModelError(`${name}: SOFTMAX with beta ${beta}. It must be above 0.`);
  conversion.nodes.push({ op: 'qsoftmax', name, from: [from], beta, output: codesOf(conversion.tensor(out)) });
  conversion.gives(out, name);
}

function quantize(conversion: Conversion, operator: TfliteOperator): void {
  if (conversion.tensor(operator.inputs[0]).type !== 'f32') {
    lookup(conversion, operator, converted);
    return;
  }
  requireCounts(operator, [1, 1], 1);
  const [out = 0] = operator.outputs;
  const from = conversion.reads(operator.inputs[0], conversion.tensor(out).name);
  const name = conversion.nameFor(out);
  conversion.nodes.push({
    op: 'quantize',
    name,
    from: [from],
    output: codesOf(conversion.tensor(out)),
    halves: 'even',
  });
  conversion.gives(out, name);
}

function dequantize(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [1, 1], 1);
  const [out = 0] = operator.outputs;
  const from = conversion.reads(operator.inputs[0], conversion.tensor(out).name);
  const name = conversion.nameFor(out);
  conversion.nodes.push({ op: 'dequantize', name, from: [from] });
  conversion.gives(out, name);
}
