import type { Network } from './graph.js';
import { mostAxis, mostSum } from './limits.js';
import { ModelError } from './model-error.js';
import { shapedTensor, tensorOf } from './tensors.js';
import { describeShape, describeValue, elementsOf, rangeOfCodes, sameShape, type Codes, type Value } from './value.js';
import { heaviest, largest, take, takeRank, type NodeOf } from './values-spiking.js';
import { slide } from './windows.js';

type Kind = Pick<Codes, 'type' | 'scale' | 'zeroPoint'>;

/** Codes of this kind and shape; refuses a zero point outside the type. */
export function codes(user: string, kind: Kind, shape: readonly number[]): Codes {
  const [low, high] = rangeOfCodes(kind.type);
  if (kind.zeroPoint < low || kind.zeroPoint > high)
    throw new ModelError(`${user}: zero point ${kind.zeroPoint} of ${kind.type} codes. Use ${low} to ${high}.`);
  return { domain: 'codes', type: kind.type, scale: kind.scale, zeroPoint: kind.zeroPoint, shape };
}

function written(
  node: { readonly name: string; readonly output: Kind; readonly low: number; readonly high: number },
  shape: readonly number[],
): Codes {
  const [low, high] = rangeOfCodes(node.output.type);
  if (node.low < low || node.high > high || node.low > node.high)
    throw new ModelError(
      `${node.name}: cuts off at ${node.low} and ${node.high}. Use two codes from ${low} to ${high}, the lower first.`,
    );
  return codes(node.name, node.output, shape);
}

/** Scales and bias of a weight, and what its sums can reach: int32 for 8-bit input, exact in float64 for 16-bit input. */
function checkWeights(node: NodeOf<'qdense' | 'qconv2d'>, input: Codes, network: Network): void {
  const weight = tensorOf(network, node.weight, 'I8', node.name);
  const outputs = weight.shape[0] ?? 1;
  const scale = shapedTensor(network, node.weightScale, 'F32', [[1], [outputs]], node.name);
  const wrong = scale.values.find((each) => each <= 0);
  if (wrong !== undefined) throw new ModelError(`${node.name}: a weight scale of ${wrong}. Give one above 0.`);
  let bias = 0;
  if (node.bias !== undefined)
    for (const each of shapedTensor(network, node.bias, 'I32', [[outputs]], node.name).values)
      bias = Math.max(bias, Math.abs(each));
  const most = heaviest(weight.values, outputs) * largest(input) + bias;
  if (input.type !== 'i16' && most > mostSum)
    throw new ModelError(
      `${node.name}: a sum can reach ${most}, more than int32 holds (${mostSum}). Use smaller weights or fewer inputs.`,
    );
}

export function inferQdense(node: NodeOf<'qdense'>, value: Value, network: Network): Value {
  const input = take(node.name, value, ['codes']);
  const weight = tensorOf(network, node.weight, 'I8', node.name);
  const [outputs = 1] = weight.shape;
  shapedTensor(network, node.weight, 'I8', [[outputs, elementsOf(input.shape)]], node.name);
  checkWeights(node, input, network);
  return written(node, [outputs]);
}

const image = '[height, width, channels]';

export function inferQconv2d(node: NodeOf<'qconv2d'>, value: Value, network: Network): Value {
  const input = take(node.name, value, ['codes']);
  takeRank(node.name, input, 3, image);
  const [height = 1, width = 1, channels = 1] = input.shape;
  const weight = tensorOf(network, node.weight, 'I8', node.name);
  const [outputs = 1, tall = 1, wide = 1, group = 0] = weight.shape;
  if (weight.shape.length !== 4 || group * node.groups !== channels || outputs % node.groups !== 0)
    throw new ModelError(
      `${node.name}: weight is I8 ${describeShape(weight.shape)} in ${node.groups} groups, but its input is ${describeValue(input)}. Give a weight of [outputs, height, width, ${channels} / groups], the outputs a multiple of the groups.`,
    );
  checkWeights(node, input, network);
  return written(node, [...slide(node.name, [height, width], { ...node, kernel: [tall, wide] }), outputs]);
}

export function inferQpool(node: NodeOf<'qmaxpool' | 'qavgpool'>, value: Value): Value {
  const input = take(node.name, value, ['codes']);
  takeRank(node.name, input, 3, image);
  const [height = 1, width = 1, channels = 1] = input.shape;
  if (node.padding.some((padding, at) => padding >= (node.kernel[at % 2] ?? 1)))
    throw new ModelError(
      `${node.name}: padding ${describeShape(node.padding)} leaves windows of ${describeShape(node.kernel)} without an element. Pad by less than the kernel.`,
    );
  return written(node, [...slide(node.name, [height, width], node), channels]);
}

export function inferQmean(node: NodeOf<'qmean'>, value: Value): Value {
  const input = take(node.name, value, ['codes']);
  takeRank(node.name, input, 3, image);
  return written(node, input.shape.slice(2));
}

export function inferQbinary(node: NodeOf<'qadd' | 'qsubtract' | 'qmultiply'>, inputs: readonly [Value, Value]): Value {
  const [a, b] = [take(node.name, inputs[0], ['codes']), take(node.name, inputs[1], ['codes'])];
  const [small, large] = elementsOf(a.shape) < elementsOf(b.shape) ? [a, b] : [b, a];
  const repeats =
    elementsOf(small.shape) === 1 ||
    sameShape(small.shape, large.shape.slice(Math.max(0, large.shape.length - small.shape.length)));
  if (!repeats)
    throw new ModelError(
      `${node.name}: takes ${describeValue(a)} and ${describeValue(b)}. Give it two of one shape, or one that is the end of the other's shape.`,
    );
  return written(node, large.shape);
}

export function inferQlookup(node: NodeOf<'qlookup'>, value: Value, network: Network): Value {
  const input = take(node.name, value, ['codes']);
  if (input.type === 'i16')
    throw new ModelError(`${node.name}: its input is ${describeValue(input)}. A table of 256 takes i8 or u8 codes.`);
  const table = shapedTensor(network, node.table, ['I8', 'U8', 'I32'], [[256]], node.name);
  checkCodes(node.name, node.table, table.values, node.output);
  return codes(node.name, node.output, input.shape);
}

function checkCodes(
  user: string,
  tensor: string,
  values: { readonly [Symbol.iterator]: () => Iterator<number> },
  kind: Kind,
): void {
  const [low, high] = rangeOfCodes(kind.type);
  for (const each of values)
    if (each < low || each > high)
      throw new ModelError(`${user}: tensor ${tensor} holds ${each}. ${kind.type} codes are ${low} to ${high}.`);
}

export function inferQsoftmax(node: NodeOf<'qsoftmax'>, value: Value): Value {
  return codes(node.name, node.output, take(node.name, value, ['codes']).shape);
}

export function inferQslice(node: NodeOf<'qslice'>, value: Value): Value {
  const input = take(node.name, value, ['codes']);
  const axis = input.shape[node.axis];
  if (axis === undefined || node.start + node.length > axis)
    throw new ModelError(
      `${node.name}: takes ${node.length} from ${node.start} on along axis ${node.axis} of ${describeValue(input)}. Stay within it.`,
    );
  return { ...input, shape: input.shape.with(node.axis, node.length) };
}

export function inferQpad(node: NodeOf<'qpad'>, value: Value): Value {
  const input = take(node.name, value, ['codes']);
  const rank = input.shape.length;
  if (node.before.length !== rank || node.after.length !== rank)
    throw new ModelError(
      `${node.name}: margins ${describeShape(node.before)} and ${describeShape(node.after)} for ${describeValue(input)}. Give one before and one after each axis.`,
    );
  const shape = input.shape.map((axis, place) => axis + (node.before[place] ?? 0) + (node.after[place] ?? 0));
  if (shape.some((axis) => axis > mostAxis))
    throw new ModelError(`${node.name}: becomes ${describeShape(shape)}. Keep each axis within ${mostAxis}.`);
  return { ...input, shape };
}

export function inferQconstant(node: NodeOf<'qconstant'>, network: Network): Value {
  const tensor = tensorOf(network, node.codes, ['I8', 'U8'], node.name);
  checkCodes(node.name, node.codes, tensor.values, node.output);
  return codes(node.name, node.output, tensor.shape);
}

export function inferQuantize(node: NodeOf<'quantize'>, value: Value): Value {
  return codes(node.name, node.output, take(node.name, value, ['real']).shape);
}

export function inferDequantize(node: NodeOf<'dequantize'>, value: Value): Value {
  return { domain: 'real', shape: take(node.name, value, ['codes']).shape };
}
