import type { TensorType } from '../../format/graph.js';
import { rangeOfCodes } from '../../format/value.js';
import { heaviest } from '../../format/values-spiking.js';
import { countElements } from '../network-draft.js';
import type { Call } from './call.js';
import { decode, toReal, type DynamicFlow, type Flow, type Step, type Sums } from './flow.js';
import { windowOf } from './window.js';

/**
 * Layers with weights. Codes or spikes with int8 weights (behind DequantizeLinear, or of ConvInteger and its like) give
 * exact integer sums with the float32 steps that stand for them; everything else is a float layer.
 */

/** The input of an integer layer: whole numbers, `scale` × (q − zero point). */
interface IntegerInput {
  readonly node: string;
  readonly shape: readonly number[];
  readonly scale: number;
  /** Largest magnitude of q − zero point. */
  readonly most: number;
}

/** Weights with the outputs on the first axis. */
interface IntegerWeights {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly values: Int8Array;
  /** One, or one an output. */
  readonly scale: Float32Array;
}

interface FloatWeights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

type AddLayer = (from: string, weight: string, bias?: string) => string;

export function conv(call: Call): Flow {
  const layer = convolution(call, call.dynamic(0).shape, call.weightShape(1));
  return weighted(call, call.dynamic(0), 1, false, layer.shape, layer.add);
}

export function gemm(call: Call): Flow {
  if (call.float('alpha', 1) !== 1 || call.float('beta', 1) !== 1 || call.integer('transA', 0) !== 0)
    throw call.refuse('alpha and beta must be 1 and transA 0.');
  return dense(call, call.integer('transB', 0) === 0);
}

export function matmul(call: Call): Flow {
  return dense(call, true);
}

/** `inputsFirst`: the weights are [in, out]. */
function dense(call: Call, inputsFirst: boolean): Flow {
  const flow = call.dynamic(0);
  const layer = denseLayer(call, flow.shape, call.weightShape(1), inputsFirst);
  return weighted(call, flow, 1, inputsFirst, layer.shape, layer.add);
}

/** The weights of input `place` (and the bias of the one after it) on `flow`. */
function weighted(
  call: Call,
  flow: DynamicFlow,
  place: number,
  transposed: boolean,
  shape: readonly number[],
  add: AddLayer,
): Flow {
  const outputs = shape[0] ?? 1;
  const input = integerInput(flow);
  const weights = input && integerWeights(call, place, transposed);
  const bias = call.optional(place + 1) && call.reals(place + 1).values;
  if (bias && bias.length !== outputs)
    throw call.refuse(`${bias.length} values of bias for ${outputs} outputs. Give one each.`);
  if (input && weights) {
    const steps: Step[] = [
      { kind: 'multiply', values: weights.scale.map((scale) => Math.fround(scale * input.scale)) },
    ];
    if (bias) steps.push({ kind: 'add', values: bias });
    return integerLayer(call, input, weights, shape, steps, add);
  }
  const { shape: weightShape, values } = floatWeights(call, place, transposed);
  // Spikes of another height: the factor goes into the weights, which for 0 and 1 rounds alike.
  const direct = flow.form === 'spikes' && (flow.step === 1 || flow.levels === 1);
  const scaled = direct && flow.step !== 1 ? values.map((value) => value * flow.step) : values;
  const from = direct ? flow : toReal(call.draft, call.name, flow);
  const weight = call.draft.floats(`${call.name}.weight`, weightShape, scaled);
  const biasName = bias && call.draft.floats(`${call.name}.bias`, [outputs], bias);
  return { form: 'real', node: add(from.node, weight, biasName), shape };
}

function integerLayer(
  call: Call,
  input: IntegerInput,
  weights: IntegerWeights,
  shape: readonly number[],
  steps: readonly Step[],
  add: AddLayer,
): Sums {
  const { type, values } = weights;
  const most = heaviest(values, weights.shape[0] ?? 1) * input.most;
  const weight = call.draft.tensor(`${call.name}.weight`, { type, shape: weights.shape, values });
  call.draft.assume(
    'Sums of integer layers are exact; an engine that adds dequantised products in float32 rounds them, so that a value within rounding of a threshold may spike differently there.',
  );
  return { form: 'sums', node: add(input.node, weight), shape, most, steps };
}

function integerInput(flow: DynamicFlow): IntegerInput | undefined {
  const { node, shape } = flow;
  if (flow.form === 'spikes') return { node, shape, scale: flow.step, most: flow.levels };
  if (flow.form !== 'dequantized') return undefined;
  const [low, high] = rangeOfCodes(flow.type);
  return { node, shape, scale: flow.scale, most: Math.max(high - flow.zeroPoint, flow.zeroPoint - low) };
}

/** Int8 weights, less their zero points; undefined if they are float, or do not fit into int8. */
function integerWeights(call: Call, place: number, transposed: boolean): IntegerWeights | undefined {
  const flow = call.input(place);
  if (flow.form !== 'quantized') return undefined;
  const { constant, scale, zeroPoint, axis } = flow;
  // One scale for each output, or one for all.
  if (scale.length > 1 && axis !== (transposed ? 1 : 0)) return undefined;
  return centred(call, constant, zeroPoint, scale, transposed);
}

function centred(
  call: Call,
  constant: { shape: readonly number[]; type: string; values: ArrayLike<number> },
  zeroPoint: ArrayLike<number>,
  scale: Float32Array,
  transposed: boolean,
): IntegerWeights | undefined {
  const { shape, values } = transposed ? transpose(call, constant) : constant;
  const fanIn = values.length / (shape[0] ?? 1);
  const integers = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const zero = zeroPoint[zeroPoint.length === 1 ? 0 : Math.floor(i / fanIn)] as number;
    const value = (values[i] as number) - zero;
    if (value < -127 || value > 127) return undefined;
    integers[i] = value;
  }
  return { type: constant.type === 'i4' ? 'I4' : 'I8', shape, values: integers, scale };
}

function floatWeights(call: Call, place: number, transposed: boolean): FloatWeights {
  const weights = call.reals(place);
  if (!transposed) return weights;
  const { shape, values } = transpose(call, weights);
  return { shape, values: Float32Array.from(values) };
}

function transpose(
  call: Call,
  matrix: { shape: readonly number[]; values: ArrayLike<number> },
): { shape: readonly number[]; values: Float32Array } {
  const [rows = 0, columns = 0] = matrix.shape;
  if (matrix.shape.length !== 2) throw call.refuse(`weights [${matrix.shape.join(', ')}]. A matrix is needed.`);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      values[column * rows + row] = matrix.values[row * columns + column] as number;
  return { shape: [columns, rows], values };
}

function convolution(
  call: Call,
  input: readonly number[],
  weight: readonly number[],
): { shape: readonly number[]; add: AddLayer } {
  const [outputs = 0, inputs = 0, ...kernel] = weight;
  const axes = kernel.length;
  if (axes < 1 || axes > 2 || input.length !== axes + 1)
    throw call.refuse(
      `weights [${weight.join(', ')}] on an input [${input.join(', ')}]. A convolution over one or two axes is needed.`,
    );
  const groups = call.integer('group', 1);
  if (groups < 1 || input[0] !== inputs * groups || outputs % groups !== 0)
    throw call.refuse(
      `weights [${weight.join(', ')}] of ${groups} groups, but the input has ${input[0] ?? 0} channels. Give [outputs, ${(input[0] ?? 0) / groups}, …].`,
    );
  const given = call.integers('kernel_shape');
  if (given && given.join() !== kernel.join())
    throw call.refuse(`kernel_shape [${given.join(', ')}], but the weights are [${weight.join(', ')}].`);
  const window = windowOf(call, input.slice(1), kernel);
  const shape = [outputs, ...window.output];
  countElements(shape, call.name);
  const add: AddLayer = (from, weightName, bias) => {
    const synapse = { from: [from] as [string], weight: weightName, groups, ...(bias !== undefined && { bias }) };
    const [s0 = 1, s1 = 1] = window.stride;
    const [d0 = 1, d1 = 1] = window.dilation;
    const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = window.padding;
    return axes === 1
      ? call.draft.node(call.name, { op: 'conv1d', ...synapse, stride: s0, dilation: d0, padding: [p0, p1] })
      : call.draft.node(call.name, {
          op: 'conv2d',
          ...synapse,
          stride: [s0, s1],
          dilation: [d0, d1],
          padding: [p0, p1, p2, p3],
        });
  };
  return { shape, add };
}

function denseLayer(
  call: Call,
  input: readonly number[],
  weight: readonly number[],
  inputsFirst: boolean,
): { shape: readonly number[]; add: AddLayer } {
  const [outputs = 0, inputs = 0] = inputsFirst ? weight.toReversed() : weight;
  if (weight.length !== 2 || input.length !== 1 || input[0] !== inputs)
    throw call.refuse(
      `weights [${weight.join(', ')}] on an input [${input.join(', ')}]. A flat input of ${inputs} units is needed.`,
    );
  countElements([outputs], call.name);
  return {
    shape: [outputs],
    add: (from, weightName, bias) =>
      call.draft.node(call.name, {
        op: 'dense',
        from: [from],
        weight: weightName,
        ...(bias !== undefined && { bias }),
      }),
  };
}

/** ConvInteger and MatMulInteger: codes and int8 weights to int32, zero points at inputs 2 and 3. */
export function integerProduct(call: Call): Flow {
  const matrix = call.op === 'MatMulInteger';
  const layer = matrix
    ? denseLayer(call, call.dynamic(0).shape, call.weightShape(1), true)
    : convolution(call, call.dynamic(0).shape, call.weightShape(1));
  const input = codesInput(call, 0, 1, zeroOf(call, 2));
  const weights = rawWeights(call, 1, Float32Array.of(1), call.optional(3) && call.constant(3).values, matrix);
  return integerLayer(call, input, weights, layer.shape, [], layer.add);
}

/** QLinearConv and QLinearMatMul: as dequantised, computed, quantised. */
export function quantizedProduct(call: Call): Flow {
  const matrix = call.op === 'QLinearMatMul';
  const layer = matrix
    ? denseLayer(call, call.dynamic(0).shape, call.weightShape(3), true)
    : convolution(call, call.dynamic(0).shape, call.weightShape(3));
  const outputs = layer.shape[0] ?? 1;
  const input = codesInput(call, 0, call.scalar(1), zeroOf(call, 2));
  const scales = call.reals(4).values;
  if (scales.length !== 1 && scales.length !== outputs)
    throw call.refuse(`${scales.length} scales of weights for ${outputs} outputs. Give one, or one each.`);
  const weights = rawWeights(call, 3, scales, call.constant(5).values, matrix);
  const factors = scales.map((scale) => Math.fround(scale * input.scale));
  const steps: Step[] = [{ kind: 'multiply', values: factors }];
  if (!matrix && call.optional(8)) {
    const bias = call.constant(8).values;
    if (bias.length !== outputs) throw call.refuse(`${bias.length} values of bias for ${outputs} outputs.`);
    const scaled = Float32Array.from(bias, (value, o) => value * (factors[factors.length === 1 ? 0 : o] as number));
    steps.push({ kind: 'add', values: scaled });
  }
  const sums = integerLayer(call, input, weights, layer.shape, steps, layer.add);
  call.draft.assume(`${call.op}: quantised as by QuantizeLinear; onnxruntime may round a tie to the other code.`);
  return quantize(call, sums, 6);
}

/** To codes of the scale at input `place` and the zero point after it. */
export function quantize(call: Call, flow: DynamicFlow, place: number): Flow {
  const scale = call.scalar(place);
  const zero = call.optional(place + 1) && call.constant(place + 1);
  const type = zero?.type ?? 'u8';
  if (type !== 'u8' && type !== 'i8') throw call.refuse(`to ${type}. Quantise to uint8 or int8.`);
  if (!(scale > 0)) throw call.refuse(`scale ${scale}. A scale is positive.`);
  const zeroPoint = zero?.values[0] ?? 0;
  const meaning = { scale, zeroPoint };
  if (flow.form === 'spikes') {
    const { node, shape, levels } = flow;
    const code = roundHalfEven(Math.fround(flow.step / scale));
    const exact = levels === 1 || code === flow.step / scale;
    if (exact && code >= 0 && code * levels + zeroPoint <= (type === 'u8' ? 255 : 127))
      return { form: 'codes', node, shape, type, meaning, spikes: { levels, code } };
  }
  const real = toReal(call.draft, call.name, flow);
  const node = call.draft.node(call.name, {
    op: 'quantize',
    from: [real.node],
    output: { type, scale, zeroPoint },
    halves: 'even',
  });
  return { form: 'codes', node, shape: real.shape, type, meaning };
}

function zeroOf(call: Call, place: number): number {
  return call.optional(place) ? call.scalar(place) : 0;
}

function codesInput(call: Call, place: number, scale: number, zeroPoint: number): IntegerInput {
  const flow = call.dynamic(place);
  const plain = flow.form === 'spikes' && flow.step === 1 && zeroPoint === 0;
  const input =
    flow.form === 'codes'
      ? integerInput(decode(call.name, flow, scale, zeroPoint))
      : plain
        ? integerInput({ ...flow, step: scale })
        : undefined;
  if (input === undefined) throw call.refuse(`input ${place} is not of 8-bit integers.`);
  return input;
}

function rawWeights(
  call: Call,
  place: number,
  scale: Float32Array,
  zeroPoint: ArrayLike<number> | undefined,
  transposed: boolean,
): IntegerWeights {
  const weights = centred(call, call.constant(place), zeroPoint ?? [0], scale, transposed);
  if (weights === undefined)
    throw call.refuse('weights less their zero point pass ±127. Quantise them to int8, symmetric.');
  return weights;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  return part > 0.5 || (part === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
