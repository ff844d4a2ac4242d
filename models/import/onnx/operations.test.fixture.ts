import {
  floats,
  onnxBytes,
  type ElementType,
  type ModelSpec,
  type NodeSpec,
  type TensorSpec,
} from './onnx-writer.test.fixture.js';

/**
 * Small models that between them hold every operation that is read, with weights and inputs from a seed. What onnxruntime
 * makes of them is recorded in operations.onnxruntime.json.
 */
export interface Operation {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly type: 'f32' | 'u8' | 'i8';
  /** Three of them, each of the length of `shape`. */
  readonly inputs: readonly (readonly number[])[];
}

/** Numbers in 0 … 1 from a seed (Numerical Recipes' linear congruence). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Draft {
  readonly shape: readonly number[];
  readonly type?: 'f32' | 'u8' | 'i8';
  readonly output?: ElementType;
  readonly opset?: number;
  readonly nodes: readonly NodeSpec[];
  readonly tensors: Record<string, TensorSpec | readonly number[]>;
}

const node = (op: string, inputs: string, output: string, attributes: NodeSpec['attributes'] = {}): NodeSpec => ({
  op,
  inputs: inputs.split(' ').map((name) => (name === '-' ? '' : name)),
  output,
  attributes,
});
const scalar = (value: number): TensorSpec => floats([], [value]);
const u8 = (value: number): TensorSpec => ({ type: 'u8', shape: [], values: [value] });
const i64 = (...values: number[]): TensorSpec => ({ type: 'i64', shape: [values.length], values });
const batchNorm = (c: number, at: string, to: string): NodeSpec =>
  node('BatchNormalization', `${at} g${c} b${c} m${c} v${c}`, to, { epsilon: { float: 1e-3 } });
/** Tensors of a batch norm of c channels: two of the gains are negative. */
const normTensors = (c: number): Record<string, TensorSpec | readonly number[]> => ({
  [`g${c}`]: floats(
    [c],
    Array.from({ length: c }, (_, i) => (i % 3 === 1 ? -0.75 : 1.25) + i / 8),
  ),
  [`b${c}`]: [c],
  [`m${c}`]: [c],
  [`v${c}`]: floats(
    [c],
    Array.from({ length: c }, (_, i) => 0.5 + i / 4),
  ),
});

const codes = { type: 'u8' as const };
const xCodes = { xs: scalar(1 / 32), xz: u8(120) };
const dqX = node('DequantizeLinear', 'x xs xz', 'xf');

/** Four channels whose threshold is what the code 77 comes to when each operation is rounded to float32. */
const ties = (() => {
  const { fround } = Math;
  const weights = [90, -37, 121, 5];
  const scales = [0.0123, 0.00711, 0.0301, 0.0877].map(fround);
  const biases = [0.3, -0.7, 0.1, 0.9].map(fround);
  const gains = [1.3, 0.7, -2.1, 0.37].map(fround);
  const offsets = [0.11, -0.6, 0.45, 0.07].map(fround);
  const means = [0.7, -1.3, 2.9, 0.13].map(fround);
  const variances = [1.7, 0.31, 5.3, 0.077].map(fround);
  const thresholds = weights.map((weight, c) => {
    const at = (values: readonly number[]): number => values[c] ?? 0;
    const a = fround(fround(weight * (77 - 120) * at(scales)) + at(biases));
    const factor = fround(at(gains) * fround(1 / fround(Math.sqrt(fround(at(variances) + fround(1e-3))))));
    return fround(fround(a * factor) + fround(at(offsets) - fround(at(means) * factor)));
  });
  return { weights, scales, biases, gains, offsets, means, variances, thresholds };
})();

const drafts: Record<string, Draft> = {
  'conv1d with groups, stride, padding and dilation': {
    shape: [4, 12],
    nodes: [
      node('Conv', 'x w b', 'c', { kernel_shape: [3], strides: [2], pads: [2, 1], dilations: [2], group: 2 }),
      node('Relu', 'c', 'y'),
    ],
    tensors: { w: [6, 2, 3], b: [6] },
  },
  'conv2d, padded as SAME_UPPER, clipped at 6': {
    shape: [3, 7, 6],
    nodes: [node('Conv', 'x w', 'c', { auto_pad: 'SAME_UPPER', strides: [2, 2] }), node('Clip', 'c zero six', 'y')],
    tensors: { w: [4, 3, 3, 2], zero: scalar(0), six: scalar(6) },
  },
  'conv2d, padded as SAME_LOWER, clipped on both sides': {
    shape: [2, 5, 5],
    nodes: [node('Conv', 'x w', 'c', { auto_pad: 'SAME_LOWER', strides: [2, 2] }), node('Clip', 'c low high', 'y')],
    tensors: { w: [3, 2, 2, 2], low: scalar(-0.25), high: scalar(0.5) },
  },
  'batch norm, global average pool, gemm and softmax': {
    shape: [2, 6, 5],
    nodes: [
      node('Conv', 'x w', 'c'),
      batchNorm(5, 'c', 'n'),
      node('Sigmoid', 'n', 's'),
      node('GlobalAveragePool', 's', 'p'),
      node('Flatten', 'p', 'f'),
      node('Gemm', 'f d e', 'g'),
      node('Softmax', 'g', 'y'),
    ],
    tensors: { w: [5, 2, 3, 3], ...normTensors(5), d: [5, 4], e: [4] },
  },
  'matmul, add, sub, mul, div and tanh': {
    shape: [7],
    nodes: [
      node('MatMul', 'x w', 'm'),
      node('Add', 'm b', 'a'),
      node('Sub', 'one a', 's'),
      node('Mul', 's f', 'p'),
      node('Div', 'p three', 'd'),
      node('Sub', 'd b', 'e'),
      node('Neg', 'e', 'n'),
      node('Tanh', 'n', 'y'),
    ],
    tensors: { w: [7, 5], b: [5], f: floats([1, 5], [1, -2, 3, -0.5, 0.25]), one: scalar(1), three: scalar(3) },
  },
  'average pools that count padding and that do not': {
    shape: [3, 9],
    nodes: [
      node('AveragePool', 'x', 'p', { kernel_shape: [3], strides: [2], pads: [1, 1], count_include_pad: 1 }),
      node('AveragePool', 'p', 'q', { kernel_shape: [2], pads: [1, 0] }),
      node('MaxPool', 'q', 'y', { kernel_shape: [2], pads: [0, 1], strides: [2] }),
    ],
    tensors: {},
  },
  'reshape, transpose, concat, squeeze and unsqueeze': {
    shape: [4, 6],
    nodes: [
      node('Reshape', 'x s', 'r'),
      node('Transpose', 'r', 't', { perm: [0, 3, 1, 2] }),
      node('Reshape', 't q', 'u'),
      node('Concat', 'u x', 'k', { axis: -1 }),
      node('Unsqueeze', 'k two', 'z'),
      node('Squeeze', 'z two', 'v'),
      node('ThresholdedRelu', 'v', 'y', { alpha: { float: 0.25 } }),
    ],
    tensors: { s: i64(0, 2, 2, -1), q: i64(-1, 4, 6), two: i64(2) },
  },
  'a residual sum of two layers': {
    shape: [3, 8],
    nodes: [
      node('Conv', 'x w', 'a', { pads: [1, 1] }),
      node('Conv', 'x v', 'b'),
      node('Sub', 'a b', 'c'),
      node('Add', 'c x', 'd'),
      node('Dropout', 'd', 'e'),
      node('Identity', 'e', 'y'),
    ],
    tensors: { w: [3, 3, 3], v: [3, 3, 1] },
  },
  'spikes of height 0.5, their average, a float layer': {
    shape: [3, 8],
    nodes: [
      node('Conv', 'x w b', 'c', { pads: [1, 1] }),
      node('LessOrEqual', 'limits c', 'l'),
      node('Where', 'l half zero', 's'),
      node('AveragePool', 's', 'p', { kernel_shape: [2], strides: [2] }),
      node('Flatten', 'p', 'f'),
      node('Gemm', 'f d', 'y', { transB: 1 }),
    ],
    tensors: {
      w: [4, 3, 3],
      b: [4],
      limits: floats([4, 1], [0.1, -0.2, 0.3, 0]),
      half: scalar(0.5),
      zero: scalar(0),
      d: [3, 16],
    },
  },
  'spikes of −1 and 1, and of values below a threshold': {
    shape: [5],
    nodes: [
      node('Greater', 'x t', 'g'),
      node('Where', 'g one minus', 's'),
      node('Less', 'x t', 'l'),
      node('Where', 'l zero one', 'r'),
      node('Add', 's r', 'y'),
    ],
    tensors: { t: scalar(0.125), one: scalar(1), minus: scalar(-1), zero: scalar(0) },
  },
  'codes, conv2d, batch norm, spikes, int8 layers': {
    ...codes,
    shape: [2, 6, 6],
    nodes: [
      dqX,
      node('DequantizeLinear', 'w ws wz', 'wf', { axis: 0 }),
      node('Conv', 'xf wf b', 'c', { pads: [1, 1, 1, 1] }),
      batchNorm(4, 'c', 'n'),
      node('GreaterOrEqual', 'n t', 'g'),
      node('Cast', 'g', 's', { to: 1 }),
      node('AveragePool', 's', 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('DequantizeLinear', 'v vs vz', 'vf', { axis: 0 }),
      node('Conv', 'p vf', 'd'),
      node('Greater', 'd t', 'h'),
      node('Not', 'h', 'i'),
      node('Cast', 'i', 'j', { to: 1 }),
      node('Flatten', 'j', 'f'),
      node('DequantizeLinear', 'u us', 'uf'),
      node('MatMul', 'f uf', 'm'),
      node('Add', 'm ub', 'y'),
    ],
    tensors: {
      ...xCodes,
      w: { type: 'i8', shape: [4, 2, 3, 3], values: [] },
      ws: floats([4], [0.01, 0.013, 0.017, 0.02]),
      wz: { type: 'i8', shape: [4], values: [0, 0, 0, 0] },
      b: [4],
      ...normTensors(4),
      t: scalar(0.2),
      v: { type: 'i8', shape: [5, 4, 2, 2], values: [] },
      vs: floats([5], [0.01, 0.01, 0.02, 0.03, 0.04]),
      vz: { type: 'i8', shape: [5], values: [0, 0, 0, 0, 0] },
      u: { type: 'i8', shape: [20, 3], values: [] },
      us: scalar(0.0625),
      ub: [3],
    },
  },
  'codes, the pool before the batch norm, a bias of int32': {
    ...codes,
    shape: [3, 10],
    nodes: [
      dqX,
      node('DequantizeLinear', 'w ws', 'wf'),
      node('DequantizeLinear', 'bi bs', 'bf'),
      node('Conv', 'xf wf bf', 'c'),
      node('MaxPool', 'c', 'p', { kernel_shape: [2], strides: [2] }),
      batchNorm(4, 'p', 'n'),
      node('Greater', 'n t', 'g'),
      node('Cast', 'g', 'y', { to: 1 }),
    ],
    tensors: {
      ...xCodes,
      w: { type: 'i8', shape: [4, 3, 3], values: [] },
      ws: scalar(1 / 64),
      bi: { type: 'i32', shape: [4], values: [100, -2000, 30, 4000] },
      bs: scalar(1 / 2048),
      ...normTensors(4),
      t: floats([4, 1], [0.1, -0.3, 0.2, 0.05]),
    },
  },
  'an int8 network of codes throughout': {
    ...codes,
    shape: [9],
    nodes: [
      dqX,
      node('DequantizeLinear', 'w ws', 'wf'),
      node('Gemm', 'xf wf b', 'm', { transB: 1 }),
      node('Relu', 'm', 'r'),
      node('QuantizeLinear', 'r rs rz', 'q'),
      node('DequantizeLinear', 'q rs rz', 'd'),
      node('DequantizeLinear', 'v vs vz', 'vf', { axis: 1 }),
      node('MatMul', 'd vf', 'y'),
    ],
    tensors: {
      ...xCodes,
      w: { type: 'i8', shape: [6, 9], values: [] },
      ws: scalar(0.0078125),
      b: [6],
      rs: scalar(0.0625),
      rz: u8(3),
      v: { type: 'i8', shape: [6, 4], values: [] },
      vs: floats([4], [0.01, 0.02, 0.03, 0.04]),
      vz: { type: 'i8', shape: [4], values: [0, 0, 0, 0] },
    },
  },
  'real input quantised, spikes quantised on their way': {
    shape: [3, 8],
    nodes: [
      node('QuantizeLinear', 'x xs xz', 'q'),
      node('DequantizeLinear', 'q xs xz', 'xf'),
      node('DequantizeLinear', 'w ws', 'wf'),
      node('Conv', 'xf wf', 'c'),
      node('Greater', 'c t', 'g'),
      node('Cast', 'g', 's', { to: 1 }),
      node('QuantizeLinear', 's ss sz', 'sq'),
      node('DequantizeLinear', 'sq ss sz', 'sd'),
      node('MaxPool', 'sd', 'p', { kernel_shape: [2] }),
      node('Conv', 'p wf2', 'y'),
    ],
    tensors: {
      ...xCodes,
      w: { type: 'i8', shape: [4, 3, 3], values: [] },
      ws: scalar(0.015625),
      t: scalar(0.1),
      ss: scalar(1 / 255),
      sz: u8(0),
      wf2: [2, 4, 2],
    },
  },
  'integer operations': {
    ...codes,
    shape: [2, 9],
    nodes: [
      node('ConvInteger', 'x w xz', 'c', { strides: [2] }),
      node('Cast', 'c', 'cf', { to: 1 }),
      node('Mul', 'cf k', 'm'),
      node('Add', 'm b', 'a'),
      node('Greater', 'a zero', 'g'),
      node('Cast', 'g', 's', { to: 2 }),
      node('Flatten', 's', 'f'),
      node('MatMulInteger', 'f v', 'i'),
      node('Cast', 'i', 'if', { to: 1 }),
      node('Mul', 'if k', 'y'),
    ],
    tensors: {
      xz: u8(120),
      w: { type: 'i8', shape: [3, 2, 3], values: [] },
      k: scalar(0.0009765625),
      b: floats([3, 1], [0.5, -0.25, 0.125]),
      zero: scalar(0),
      v: { type: 'i8', shape: [12, 3], values: [] },
    },
  },
  'quantised operations': {
    ...codes,
    shape: [2, 9],
    nodes: [
      node('QLinearConv', 'x xs xz w ws wz ys yz bi', 'c'),
      node('Flatten', 'c', 'f'),
      node('QLinearMatMul', 'f ys yz v vs wz zs zz', 'm'),
      node('DequantizeLinear', 'm zs zz', 'y'),
    ],
    tensors: {
      ...xCodes,
      w: { type: 'i8', shape: [3, 2, 3], values: [] },
      ws: floats([3], [0.0078125, 0.015625, 0.00390625]),
      wz: { type: 'i8', shape: [], values: [0] },
      ys: scalar(0.09),
      yz: u8(128),
      bi: { type: 'i32', shape: [3], values: [500, -500, 0] },
      v: { type: 'i8', shape: [21, 4], values: [] },
      vs: scalar(0.0078125),
      zs: scalar(0.11),
      zz: u8(128),
    },
  },
  'spikes added to spikes, and joined': {
    type: 'i8',
    shape: [2, 6],
    nodes: [
      node('DequantizeLinear', 'x xs', 'xf'),
      node('DequantizeLinear', 'w ws', 'wf'),
      node('Conv', 'xf wf', 'c'),
      node('Greater', 'c low', 'g'),
      node('Cast', 'g', 's', { to: 1 }),
      node('Greater', 'c high', 'h'),
      node('Cast', 'h', 'r', { to: 1 }),
      node('Add', 's r', 'a'),
      node('Concat', 'a r', 'k', { axis: 1 }),
      node('DequantizeLinear', 'v ws', 'vf'),
      node('Conv', 'k vf', 'y'),
    ],
    tensors: {
      xs: scalar(1 / 32),
      w: { type: 'i8', shape: [3, 2, 3], values: [] },
      ws: scalar(1 / 64),
      low: scalar(-0.3),
      high: scalar(0.4),
      v: { type: 'i8', shape: [2, 6, 2], values: [] },
    },
  },
  'an int8 layer of real weights, then a real one of int8 weights': {
    type: 'i8',
    shape: [6],
    nodes: [
      node('DequantizeLinear', 'x xs xz', 'xf'),
      node('Gemm', 'xf w', 'm', { transB: 1 }),
      node('DequantizeLinear', 'v vs', 'vf'),
      node('Gemm', 'm vf', 'y', { transB: 1 }),
    ],
    tensors: {
      xs: scalar(1 / 32),
      xz: { type: 'i8', shape: [], values: [-7] },
      w: [4, 6],
      v: { type: 'i8', shape: [3, 4], values: [] },
      vs: scalar(1 / 64),
    },
  },
  'sums that meet their threshold exactly': {
    ...codes,
    shape: [1, 256],
    nodes: [
      node('ConvInteger', 'x w xz', 'c'),
      node('Cast', 'c', 'cf', { to: 1 }),
      node('Mul', 'cf k', 'm'),
      node('Add', 'm o', 'a'),
      batchNorm(4, 'a', 'n'),
      node('Greater', 'n t', 'g'),
      node('Cast', 'g', 's', { to: 1 }),
      node('GreaterOrEqual', 'n t', 'h'),
      node('Cast', 'h', 'r', { to: 1 }),
      node('Concat', 's r', 'y', { axis: 1 }),
    ],
    tensors: {
      xz: u8(120),
      w: { type: 'i8', shape: [4, 1, 1], values: ties.weights },
      k: floats([4, 1], ties.scales),
      o: floats([4, 1], ties.biases),
      g4: floats([4], ties.gains),
      b4: floats([4], ties.offsets),
      m4: floats([4], ties.means),
      v4: floats([4], ties.variances),
      t: floats([4, 1], ties.thresholds),
    },
  },
  'weights of four bits, constants of the graph': {
    ...codes,
    opset: 21,
    shape: [6],
    nodes: [
      dqX,
      node('DequantizeLinear', 'w ws', 'wf', { axis: 0 }),
      node('Transpose', 'wf', 'wt', { perm: [1, 0] }),
      node('MatMul', 'xf wt', 'm'),
      { op: 'Constant', inputs: [], output: 't', attributes: { value_float: { float: 0.3 } } },
      node('Greater', 'm t', 'g'),
      node('Cast', 'g', 's', { to: 1 }),
      { op: 'Constant', inputs: [], output: 'd', attributes: { value_ints: [1, 5, 1] } },
      node('Reshape', 's d', 'y'),
    ],
    tensors: { ...xCodes, w: { type: 'i4', shape: [5, 6], values: [] }, ws: floats([5], [0.1, 0.2, 0.1, 0.3, 0.05]) },
  },
};

/** Weights that are given by shape alone are drawn here: real ones in −1 … 1, int8 in −127 … 127, four bits in −8 … 7. */
function filled(spec: TensorSpec | readonly number[], random: () => number): TensorSpec {
  if (!('type' in spec))
    return floats(
      spec,
      Array.from({ length: product(spec) }, () => 2 * random() - 1),
    );
  if (spec.values.length > 0) return spec;
  const [low, count] = spec.type === 'i4' ? [-8, 16] : [-127, 255];
  return { ...spec, values: Array.from({ length: product(spec.shape) }, () => low + Math.floor(count * random())) };
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const operations: readonly Operation[] = Object.entries(drafts).map(([name, draft], index) => {
  const random = randomFrom(index + 1);
  const { shape, type = 'f32', output = 'f32', nodes, opset } = draft;
  const spec: ModelSpec = {
    ...(opset !== undefined && { opset }),
    inputs: [{ name: 'x', type, shape: [1, ...shape] }],
    outputs: [{ name: 'y', type: output, shape: [] }],
    nodes,
    tensors: Object.fromEntries(Object.entries(draft.tensors).map(([key, value]) => [key, filled(value, random)])),
  };
  const draw = {
    f32: () => 2 * random() - 1,
    u8: () => Math.floor(256 * random()),
    i8: () => Math.floor(256 * random()) - 128,
  };
  const inputs = [0, 1, 2].map(() => Array.from({ length: product(shape) }, () => Math.fround(draw[type]())));
  return { name, bytes: onnxBytes(spec), shape, type, inputs };
});
