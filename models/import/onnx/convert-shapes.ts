import { countElements } from '../network-draft.js';
import type { Call } from './call.js';
import type { Constant } from './constant.js';
import { toReal, type DynamicFlow, type Flow, type Real } from './flow.js';
import { windowOf } from './window.js';

/** Operations that move elements or pool them. The batch is the first axis in ONNX and left out here. */

/** Another node with the same elements; sums keep their steps only where channels stay channels. */
function moved(
  call: Call,
  flow: DynamicFlow,
  shape: readonly number[],
  add: (from: string) => string,
  keepsChannels = flow.shape[0] === shape[0],
): DynamicFlow {
  const plain = flow.form === 'sums' && !keepsChannels ? toReal(call.draft, call.name, flow) : flow;
  return { ...plain, node: add(plain.node), shape };
}

function reshaped(call: Call, flow: DynamicFlow, shape: readonly number[]): DynamicFlow {
  if (shape.join() === flow.shape.join()) return flow;
  if (countElements(shape, call.name) !== countElements(flow.shape, call.name))
    throw call.refuse(`[${flow.shape.join(', ')}] to [${shape.join(', ')}] (without the batch): not as many elements.`);
  return moved(call, flow, shape, (from) =>
    shape.length === 1
      ? call.draft.node(call.name, { op: 'flatten', from: [from] })
      : call.draft.node(call.name, { op: 'reshape', from: [from], shape: [...shape] }),
  );
}

export function flatten(call: Call): Flow {
  const flow = call.dynamic(0);
  const axis = call.integer('axis', 1);
  if (axis !== 1 && axis !== -flow.shape.length) throw call.refuse(`axis ${axis}. Flatten all but the batch: axis 1.`);
  return reshaped(call, flow, [countElements(flow.shape, call.name)]);
}

export function reshape(call: Call): Flow {
  const wanted = Array.from(call.constant(1).values);
  const given = call.input(0);
  if (given.form === 'constant') return { form: 'constant', constant: reshapedConstant(call, given.constant, wanted) };
  const flow = call.dynamic(0);
  if (call.integer('allowzero', 0) !== 0) throw call.refuse('allowzero 1 is not read.');
  if (wanted.length < 2 || wanted.length > 5)
    throw call.refuse(`to [${wanted.join(', ')}]. The batch and 1 to 4 axes are needed.`);
  const full = [1, ...flow.shape];
  const shape = wanted.map((length, axis) => (length === 0 ? (full[axis] ?? 0) : length));
  // [-1, 96] with the batch free: 96 is all there is.
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const free = shape.map((length) => (length === -1 ? countElements(flow.shape, call.name) / known : length));
  if (shape.filter((length) => length === -1).length > 1 || free[0] !== 1)
    throw call.refuse(
      `to [${wanted.join(', ')}] from [1, ${flow.shape.join(', ')}]. The batch must stay 1, and one axis at most be −1.`,
    );
  return reshaped(call, flow, free.slice(1));
}

function reshapedConstant(call: Call, constant: Constant, wanted: readonly number[]): Constant {
  const known = wanted.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const shape = wanted.map((length) => (length === -1 ? constant.values.length / known : length));
  if (wanted.length > 8 || shape.reduce((product, length) => product * length, 1) !== constant.values.length)
    throw call.refuse(`a constant [${constant.shape.join(', ')}] to [${wanted.join(', ')}].`);
  return { ...constant, shape };
}

export function squeeze(call: Call): Flow {
  const flow = call.dynamic(0);
  const rank = flow.shape.length + 1;
  const axes = axesOf(call, rank) ?? flow.shape.flatMap((length, axis) => (length === 1 ? [axis + 1] : []));
  const left = [1, ...flow.shape].filter((_, axis) => !axes.includes(axis));
  if (axes.includes(0) || left.length < 2)
    throw call.refuse(`axes [${axes.join(', ')}]. The batch and one axis must stay.`);
  return reshaped(call, flow, left.slice(1));
}

export function unsqueeze(call: Call): Flow {
  const given = call.input(0);
  const rank = (given.form === 'constant' ? given.constant.shape.length : call.dynamic(0).shape.length + 1) + 1;
  const axes = axesOf(call, rank + (axesOf(call, 100)?.length ?? 1) - 1) ?? [];
  if (axes.length > 4) throw call.refuse(`axes [${axes.join(', ')}]. At most 4 are read.`);
  const grow = (shape: readonly number[]): number[] =>
    axes.toSorted((a, b) => a - b).reduce((grown, axis) => grown.toSpliced(axis, 0, 1), [...shape]);
  if (given.form === 'constant')
    return { form: 'constant', constant: { ...given.constant, shape: grow(given.constant.shape) } };
  const flow = call.dynamic(0);
  if (axes.includes(0)) throw call.refuse('a new first axis. The batch must stay first.');
  return reshaped(call, flow, grow([1, ...flow.shape]).slice(1));
}

function axesOf(call: Call, rank: number): number[] | undefined {
  const given = call.optional(1) ? Array.from(call.constant(1).values) : call.integers('axes');
  return given?.map((axis) => (axis < 0 ? axis + rank : axis));
}

export function transpose(call: Call): Flow {
  const given = call.input(0);
  const order = call.integers('perm');
  if (given.form === 'constant' || given.form === 'quantized') {
    const { constant } = given;
    const [rows = 0, columns = 0] = constant.shape;
    if (constant.shape.length !== 2 || (order && order.join() !== '1,0'))
      throw call.refuse(`a constant [${constant.shape.join(', ')}]. Of constants, matrices are transposed.`);
    const values = constant.values.slice();
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        values[column * rows + row] = constant.values[row * columns + column] as number;
    const turned = { ...constant, shape: [columns, rows], values };
    return given.form === 'constant'
      ? { form: 'constant', constant: turned }
      : { ...given, constant: turned, axis: 1 - given.axis };
  }
  const flow = call.dynamic(0);
  const rank = flow.shape.length + 1;
  const axes = order ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (axes.toSorted((a, b) => a - b).join() !== [...Array(rank).keys()].join() || axes[0] !== 0)
    throw call.refuse(`perm [${axes.join(', ')}] of ${rank} axes. Each axis once, the batch first.`);
  const inner = axes.slice(1).map((axis) => axis - 1);
  const shape = inner.map((axis) => flow.shape[axis] ?? 1);
  return moved(
    call,
    flow,
    shape,
    (from) => call.draft.node(call.name, { op: 'transpose', from: [from], order: inner }),
    inner[0] === 0,
  );
}

export function concat(call: Call): Flow {
  const flows = Array.from({ length: call.inputs }, (_, place) => call.dynamic(place));
  const [first] = flows;
  if (first === undefined) throw call.refuse('no inputs.');
  if (flows.length === 1) return first;
  const rank = first.shape.length + 1;
  const given = call.integer('axis', 1);
  const axis = (given < 0 ? given + rank : given) - 1;
  if (axis < 0 || axis >= rank - 1) throw call.refuse(`axis ${given}. An axis after the batch is needed.`);
  const alike = flows.every(
    (flow) =>
      flow.shape.length === rank - 1 && flow.shape.every((length, i) => i === axis || length === first.shape[i]),
  );
  if (!alike)
    throw call.refuse(`shapes ${flows.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')} along axis ${given}.`);
  const shape = first.shape.with(
    axis,
    flows.reduce((sum, flow) => sum + (flow.shape[axis] ?? 0), 0),
  );
  countElements(shape, call.name);
  const join = (from: readonly DynamicFlow[]): string =>
    call.draft.node(call.name, { op: 'concat', from: from.map(({ node }) => node), axis });
  if (first.form === 'spikes' && flows.every((flow) => flow.form === 'spikes' && flow.step === first.step))
    return {
      ...first,
      node: join(flows),
      shape,
      levels: Math.max(...flows.map((flow) => (flow.form === 'spikes' ? flow.levels : 0))),
    };
  return { form: 'real', node: join(flows.map((flow) => toReal(call.draft, call.name, flow))), shape };
}

export function maxPool(call: Call): Flow {
  const given = call.dynamic(0);
  // The largest sum is the largest value as long as no step turns the order.
  const ordered =
    given.form === 'spikes'
      ? given.step > 0
      : given.form === 'sums' &&
        given.steps.every(({ kind, values }) => kind === 'add' || values.every((value) => value > 0));
  const flow = ordered ? given : toReal(call.draft, call.name, given);
  const kernel = call.integers('kernel_shape') ?? [];
  const window = windowOf(call, flow.shape.slice(1), kernel);
  if (!window.dilation.every((step) => step === 1)) throw call.refuse('dilations other than 1 are not read.');
  return pooled(call, 'maxpool', flow, kernel, window.stride, window.padding, window.output);
}

function pooled<Pooled extends DynamicFlow>(
  call: Call,
  op: 'maxpool' | 'sumpool' | 'avgpool',
  flow: Pooled,
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
  output: readonly number[],
): Pooled {
  const shape = [flow.shape[0] ?? 1, ...output];
  const window = { kernel: [...kernel], stride: [...stride], padding: [...padding] };
  return { ...flow, node: call.draft.node(call.name, { op, from: [flow.node], ...window }), shape };
}

export function averagePool(call: Call): Flow {
  const kernel = call.integers('kernel_shape') ?? [];
  const { stride, dilation, padding, output } = windowOf(call, call.dynamic(0).shape.slice(1), kernel);
  if (!dilation.every((step) => step === 1)) throw call.refuse('dilations other than 1 are not read.');
  const padded = padding.some((margin) => margin > 0);
  return average(call, kernel, stride, padding, output, !padded || call.integer('count_include_pad', 0) === 1);
}

export function globalAveragePool(call: Call): Flow {
  const kernel = call.dynamic(0).shape.slice(1);
  if (kernel.length < 1 || kernel.length > 2) throw call.refuse('one or two axes after the channels are needed.');
  const ones = kernel.map(() => 1);
  return average(call, kernel, kernel, [...kernel, ...kernel].fill(0), ones, true);
}

/** `whole`: every window counts as of full size. */
function average(
  call: Call,
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
  output: readonly number[],
  whole: boolean,
): Flow {
  const flow = call.dynamic(0);
  const size = kernel.reduce((product, length) => product * length, 1);
  if (flow.form === 'spikes' && whole && flow.levels * size <= 255) {
    const sum = pooled(call, 'sumpool', flow, kernel, stride, padding, output);
    return { ...sum, levels: flow.levels * size, step: Math.fround(flow.step / size) };
  }
  const real = toReal(call.draft, call.name, flow);
  const padded = padding.some((margin) => margin > 0);
  if (!padded || !whole) return pooled(call, 'avgpool', real, kernel, stride, padding, output);
  const sum: Real = pooled(call, 'sumpool', real, kernel, stride, padding, output);
  const scale = call.draft.floats(`${call.name}.scale`, [1], Float32Array.of(1 / size));
  return { ...sum, node: call.draft.node(call.name, { op: 'scale', from: [sum.node], scale }) };
}
