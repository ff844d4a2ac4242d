import type { Call } from './call.js';
import type { Constant } from './constant.js';
import { quantize } from './convert-layers.js';
import {
  decode,
  not,
  toReal,
  toSpikes,
  withStep,
  type DynamicFlow,
  type Flow,
  type Real,
  type Relation,
  type Step,
} from './flow.js';

/** Operations on each element: affine ones, comparisons, which make spikes, activations, and the borders of int8. */

/**
 * A constant as it meets a value of `shape` (no batch) by ONNX's broadcasting: one element, one a channel, or all.
 */
function broadcast(
  call: Call,
  constant: { shape: readonly number[]; values: Float32Array },
  shape: readonly number[],
): Float32Array {
  const { values } = constant;
  if (values.length === 1) return values;
  const full = [1, ...shape];
  const aligned = [...new Array<number>(Math.max(0, full.length - constant.shape.length)).fill(1), ...constant.shape];
  const channels = full.map((length, axis) => (axis === 1 ? length : 1));
  if (aligned.join() !== channels.join() && aligned.join() !== full.join())
    throw call.refuse(
      `a constant [${constant.shape.join(', ')}] with [${full.join(', ')}]. Give one number, one a channel, or the whole shape.`,
    );
  return values;
}

/** The input that depends on the network's, and the constant beside it if there is one. */
function sides(call: Call): {
  flow: DynamicFlow;
  constant?: { shape: readonly number[]; values: Float32Array };
  swapped: boolean;
} {
  const isConstant = (place: number): boolean => ['constant', 'quantized'].includes(call.input(place).form);
  if (isConstant(1)) return { flow: call.dynamic(0), constant: call.reals(1), swapped: false };
  if (isConstant(0)) return { flow: call.dynamic(1), constant: call.reals(0), swapped: true };
  return { flow: call.dynamic(0), swapped: false };
}

export function batchNormalization(call: Call): Flow {
  if (call.integer('training_mode', 0) !== 0) throw call.refuse('training_mode 1. Export the model for inference.');
  const flow = call.dynamic(0);
  const channels = flow.shape[0] ?? 1;
  const [gain, bias, mean, variance] = [1, 2, 3, 4].map((place) => call.reals(place).values);
  if (!gain || !bias || !mean || !variance || [gain, bias, mean, variance].some(({ length }) => length !== channels))
    throw call.refuse(`its parameters must have ${channels} elements each, one a channel.`);
  const epsilon = call.float('epsilon', 1e-5);
  if (!(epsilon >= 0) || !variance.every((value) => value + epsilon > 0))
    throw call.refuse(`a variance that is not positive, epsilon ${epsilon} included.`);
  if (flow.form === 'sums') {
    // As onnxruntime computes it: one factor and one offset a channel.
    const factor = gain.map((value, c) => Math.fround(value * inverseDeviation(variance[c] as number, epsilon)));
    const offset = bias.map((value, c) => value - Math.fround((mean[c] as number) * (factor[c] as number)));
    const scaled = withStep(call.draft, call.name, flow, { kind: 'multiply', values: factor });
    return withStep(call.draft, call.name, scaled, { kind: 'add', values: offset });
  }
  const real = toReal(call.draft, call.name, flow);
  const tensor = (part: string, values: Float32Array): string =>
    call.draft.floats(`${call.name}.${part}`, [channels], values);
  const node = call.draft.node(call.name, {
    op: 'batchnorm',
    from: [real.node],
    gain: tensor('gain', gain),
    bias: tensor('bias', bias),
    mean: tensor('mean', mean),
    variance: tensor('variance', variance),
    epsilon,
  });
  return { ...real, node };
}

/** 1 ÷ √(variance + epsilon), each operation in float32. */
function inverseDeviation(variance: number, epsilon: number): number {
  return Math.fround(1 / Math.fround(Math.sqrt(Math.fround(variance + Math.fround(epsilon)))));
}

export function arithmetic(call: Call): Flow {
  const { flow, constant, swapped } = sides(call);
  if (constant === undefined) return sum(call);
  const values = broadcast(call, constant, flow.shape);
  const apply = (to: DynamicFlow, kind: Step['kind'], by: Float32Array): DynamicFlow =>
    withStep(call.draft, call.name, to, { kind, values: by });
  switch (call.op) {
    case 'Add':
      return apply(flow, 'add', values);
    case 'Mul':
      return apply(flow, 'multiply', values);
    case 'Sub':
      return swapped
        ? apply(apply(flow, 'multiply', Float32Array.of(-1)), 'add', values)
        : apply(
            flow,
            'add',
            values.map((value) => -value),
          );
    default: {
      if (swapped || !values.every((value) => value !== 0)) throw call.refuse('only x ÷ constant (not 0) is read.');
      const inverse = values.map((value) => 1 / value);
      // Where the inverse is not exact, the quotient may differ in the last bit: no integer threshold is made of it.
      const exact = values.every(
        (value, i) => 1 / value === inverse[i] && Number.isInteger(Math.log2(Math.abs(value))),
      );
      return apply(exact ? flow : toReal(call.draft, call.name, flow), 'multiply', inverse);
    }
  }
}

/** Two values that both depend on the input. */
function sum(call: Call): Flow {
  if (call.op !== 'Add' && call.op !== 'Sub')
    throw call.refuse('of two values that depend on the input. One must be a constant.');
  const first = call.dynamic(0);
  const second = call.dynamic(1);
  if (first.shape.join() !== second.shape.join())
    throw call.refuse(`[${first.shape.join(', ')}] and [${second.shape.join(', ')}]. Both must have one shape.`);
  const sign = call.op === 'Add' ? 1 : -1;
  const add = (a: string, b: string): string =>
    call.draft.node(call.name, { op: 'add', from: [a, b], multipliers: [1, sign] });
  if (sign === 1 && first.form === 'spikes' && second.form === 'spikes' && first.step === second.step) {
    const levels = first.levels + second.levels;
    if (levels <= 255) return { ...first, node: add(first.node, second.node), levels };
  }
  const { draft, name } = call;
  return {
    form: 'real',
    node: add(toReal(draft, name, first).node, toReal(draft, name, second).node),
    shape: first.shape,
  };
}

export function negate(call: Call): Flow {
  return withStep(call.draft, call.name, call.dynamic(0), { kind: 'multiply', values: Float32Array.of(-1) });
}

const relations: Record<string, [Relation, Relation]> = {
  // As written, and with the sides exchanged.
  Greater: ['>', '<'],
  GreaterOrEqual: ['>=', '<='],
  Less: ['<', '>'],
  LessOrEqual: ['<=', '>='],
};

export function compare(call: Call): Flow {
  const { flow, constant, swapped } = sides(call);
  const relation = relations[call.op]?.[swapped ? 1 : 0];
  if (constant === undefined || relation === undefined)
    throw call.refuse('of two values that depend on the input. One must be a constant: the threshold.');
  const threshold = broadcast(call, constant, flow.shape);
  const foldable = flow.form === 'sums' && (threshold.length === 1 || threshold.length === flow.shape[0]);
  const of = foldable ? flow : toReal(call.draft, call.name, flow);
  return { form: 'truth', of, relation, threshold, name: call.name };
}

export function negation(call: Call): Flow {
  const flow = call.input(0);
  if (flow.form !== 'truth') throw call.refuse('not of a comparison. Only Greater, Less and the like are negated.');
  return not(flow);
}

/** Numbers of TensorProto.DataType that a spike may be cast to. */
const castTypes: ReadonlyMap<number, string> = new Map([
  [1, 'f32'],
  [2, 'u8'],
  [3, 'i8'],
  [6, 'i32'],
  [7, 'i64'],
  [9, 'bool'],
]);

export function cast(call: Call): Flow {
  const to = castTypes.get(call.integer('to', 0));
  const flow = call.input(0);
  if (to === undefined) throw call.refuse(`to element type ${call.integer('to', 0)}. Cast to float.`);
  if (flow.form === 'truth') return to === 'bool' ? flow : toSpikes(call.draft, flow);
  if (flow.form === 'constant' && to === 'f32')
    return {
      form: 'constant',
      constant: { ...flow.constant, type: 'f32', values: Float32Array.from(flow.constant.values) },
    };
  if (flow.form === 'codes') {
    if (to === 'f32' || to === 'i32') return decode(call.name, flow, 1, 0);
  } else if (to === 'f32' || flow.form === 'spikes') return flow;
  throw call.refuse(`of a value of form ${flow.form} to ${to}.`);
}

export function where(call: Call): Flow {
  const condition = call.input(0);
  if (condition.form !== 'truth') throw call.refuse('its condition is no comparison with a constant.');
  const high = call.scalar(1);
  const low = call.scalar(2);
  // Also the other way round: 0 where it holds.
  const spikes = toSpikes(call.draft, high === 0 && low !== 0 ? not(condition) : condition);
  if (low === 0 || high === 0) return { ...spikes, step: low === 0 ? high : low };
  const step = Math.fround(high - low);
  if (Math.fround(step + low) !== high) throw call.refuse(`${high} or ${low}. Use 1 and 0.`);
  const scaled = { ...spikes, step };
  return withStep(call.draft, call.name, scaled, { kind: 'add', values: Float32Array.of(low) });
}

function activation(call: Call, real: Real, kind: 'relu' | 'relu6' | 'sigmoid' | 'tanh' | 'softmax'): Real {
  return { ...real, node: call.draft.node(call.name, { op: 'activation', from: [real.node], function: kind }) };
}

export function relu(call: Call): Flow {
  const flow = call.dynamic(0);
  // Spikes are never negative.
  if (flow.form === 'spikes' && flow.step >= 0) return flow;
  return activation(call, toReal(call.draft, call.name, flow), 'relu');
}

export function sigmoid(call: Call): Flow {
  return activation(call, call.real(0), 'sigmoid');
}

export function tanh(call: Call): Flow {
  return activation(call, call.real(0), 'tanh');
}

export function softmax(call: Call): Flow {
  const real = call.real(0);
  const axis = call.integer('axis', call.opset < 13 ? 1 : -1);
  const last = real.shape.length;
  // Before operator set 13 all axes from `axis` on were one.
  if ((axis !== -1 && axis !== last) || (call.opset < 13 && last !== 1))
    throw call.refuse(`axis ${axis} of ${last + 1} axes. The last axis is needed.`);
  return activation(call, real, 'softmax');
}

export function thresholdedRelu(call: Call): Flow {
  const real = call.real(0);
  const theta = call.float('alpha', 1);
  const node = call.draft.node(call.name, { op: 'activation', from: [real.node], function: 'thresholdedRelu', theta });
  return { ...real, node };
}

export function clip(call: Call): Flow {
  const limit = (place: number, attribute: string, otherwise: number): number =>
    call.optional(place) ? call.scalar(place) : call.float(attribute, otherwise);
  const low = limit(1, 'min', -Infinity);
  const high = limit(2, 'max', Infinity);
  const flow = call.dynamic(0);
  if (flow.form === 'spikes' && low <= 0 && flow.step >= 0 && flow.step * flow.levels <= high) return flow;
  const real = toReal(call.draft, call.name, flow);
  if (!(low <= high)) throw call.refuse(`from ${low} to ${high}.`);
  if (low === 0 && high >= 3.4e38) return activation(call, real, 'relu');
  if (low === 0 && high === 6) return activation(call, real, 'relu6');
  if (!Number.isFinite(low) || !Number.isFinite(high))
    throw call.refuse(`from ${low} to ${high}. Two limits are needed, or 0 and none.`);
  // clip(x) = low + relu(x − low) − relu(x − high)
  const above = (level: number): Real => {
    const shifted = withStep(call.draft, call.name, real, { kind: 'add', values: Float32Array.of(-level) });
    return activation(call, toReal(call.draft, call.name, shifted), 'relu');
  };
  const from: [string, string] = [above(low).node, above(high).node];
  const node = call.draft.node(call.name, { op: 'add', from, multipliers: [1, -1] });
  return withStep(call.draft, call.name, { ...real, node }, { kind: 'add', values: Float32Array.of(low) });
}

export function identity(call: Call): Flow {
  return call.input(0);
}

export function dropout(call: Call): Flow {
  if (call.optional(2) && call.scalar(2) !== 0) throw call.refuse('training_mode 1. Export the model for inference.');
  return call.input(0);
}

export function constantOf(call: Call): Flow {
  const tensor = call.tensor('value');
  const float = call.has('value_float') ? [call.float('value_float', 0)] : undefined;
  const integers = call.has('value_int') ? [call.integer('value_int', 0)] : call.integers('value_ints');
  const constant: Constant | undefined =
    tensor ??
    (float && { shape: [], type: 'f32', values: Float32Array.from(float) }) ??
    (integers && {
      shape: call.has('value_int') ? [] : [integers.length],
      type: 'i64',
      values: Float64Array.from(integers),
    });
  if (constant === undefined)
    throw call.refuse('without a value that is read: value, value_float, value_int or value_ints.');
  return { form: 'constant', constant };
}

export function quantizeLinear(call: Call): Flow {
  if (call.integer('block_size', 0) !== 0) throw call.refuse('in blocks. Quantise per tensor.');
  return quantize(call, call.dynamic(0), 1);
}

export function dequantizeLinear(call: Call): Flow {
  if (call.integer('block_size', 0) !== 0) throw call.refuse('in blocks. Quantise per tensor or per channel.');
  const scale = call.reals(1).values;
  const zero = call.optional(2) && call.constant(2).values;
  if (!scale.every((value) => value > 0 && value < Infinity)) throw call.refuse('a scale that is not positive.');
  const flow = call.input(0);
  if (flow.form === 'codes') return decode(call.name, flow, call.scalar(1), zero ? call.scalar(2) : 0);
  if (flow.form !== 'constant') throw call.refuse(`of a value of form ${flow.form}. It takes int8 or uint8.`);
  const { constant } = flow;
  const given = call.integer('axis', 1);
  const axis = scale.length === 1 ? 0 : given < 0 ? given + constant.shape.length : given;
  if (scale.length !== 1 && constant.shape[axis] !== scale.length)
    throw call.refuse(`${scale.length} scales along axis ${axis} of [${constant.shape.join(', ')}].`);
  if (zero && zero.length !== 1 && zero.length !== scale.length)
    throw call.refuse(`${zero.length} zero points for ${scale.length} scales.`);
  if (constant.values instanceof Float32Array) throw call.refuse(`of ${constant.type}. It takes integers.`);
  return { form: 'quantized', constant, scale, zeroPoint: zero ?? [0], axis };
}
