import { ModelError } from '../../format/model-error.js';
import { axisOf, codesOf, requireCounts, shapeOf, type Conversion } from './conversion.js';
import { reshaped, sameKind } from './quantized-operators.js';
import type { TfliteOperator } from './tflite-file.js';

/** Operators that only move elements; those that keep their order serve float networks as well. */

type Convert = (conversion: Conversion, operator: TfliteOperator) => void;

export const movingOperators: Readonly<Record<string, Convert>> = {
  RESHAPE: reshape,
  SQUEEZE: reshape,
  EXPAND_DIMS: reshape,
  TRANSPOSE: transpose,
  SPLIT: (conversion, operator) => split(conversion, operator, operator.inputs[1], operator.inputs[0]),
  SPLIT_V: (conversion, operator) => split(conversion, operator, operator.inputs[0], operator.inputs[2]),
  UNPACK: unpack,
  CONCATENATION: concatenation,
  PAD: pad,
};

/** The shape is that of the output; what names it again is not read. */
function reshape(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [1, 2], 1);
  const [out = 0] = operator.outputs;
  const [input, output] = [conversion.tensor(operator.inputs[0]), conversion.tensor(out)];
  if (input.type !== 'f32') sameKind(output.name, input, output);
  const from = conversion.reads(operator.inputs[0], output.name);
  conversion.gives(out, reshaped(conversion, out, from));
}

function transpose(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [2, 2], 1);
  const [out = 0] = operator.outputs;
  const [input, output] = [conversion.tensor(operator.inputs[0]), conversion.tensor(out)];
  sameKind(output.name, input, output);
  const from = conversion.reads(operator.inputs[0], output.name);
  const order = [...conversion.i32s(operator.inputs[1], `order of ${output.name}`).values].map((axis) =>
    axisOf(input, axis),
  );
  if (input.shape.length > 1 && order.shift() !== -1)
    throw new ModelError(`${output.name}: TRANSPOSE moves the batch. It must stay the first axis.`);
  const name = conversion.nameFor(out);
  conversion.nodes.push({ op: 'transpose', name, from: [from], order });
  conversion.gives(out, name);
}

function split(
  conversion: Conversion,
  operator: TfliteOperator,
  whole: number | undefined,
  axisTensor: number | undefined,
): void {
  const input = conversion.tensor(whole);
  const from = conversion.reads(whole, operator.name);
  const { values } = conversion.i32s(axisTensor, `axis of ${operator.name}`);
  const axis = requireAxis(operator, axisOf(input, values[0] ?? 0));
  let start = 0;
  for (const out of operator.outputs) {
    const output = conversion.tensor(out);
    sameKind(output.name, input, output);
    const length = shapeOf(output)[axis] ?? 0;
    const name = conversion.nameFor(out);
    conversion.nodes.push({ op: 'qslice', name, from: [from], axis, start, length });
    conversion.gives(out, name);
    start += length;
  }
}

function requireAxis(operator: TfliteOperator, axis: number): number {
  if (axis < 0) throw new ModelError(`${operator.name} along the batch. Only the other axes are cut and joined.`);
  return axis;
}

/** Slices along an axis that then falls away; the batch has one. */
function unpack(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.tensor(operator.inputs[0]);
  const axis = axisOf(input, operator.options?.i32(1) ?? 0);
  const from = conversion.reads(operator.inputs[0], operator.name);
  operator.outputs.forEach((out, start) => {
    const output = conversion.tensor(out);
    sameKind(output.name, input, output);
    let cut = from;
    if (axis !== -1) {
      cut = conversion.nameFor(out, ' cut');
      conversion.nodes.push({ op: 'qslice', name: cut, from: [from], axis, start, length: 1 });
    }
    conversion.gives(out, reshaped(conversion, out, cut));
  });
}

function concatenation(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [2, 64], 1);
  const [out = 0] = operator.outputs;
  const output = conversion.tensor(out);
  if ((operator.options?.i8(1) ?? 0) !== 0)
    throw new ModelError(`${output.name}: CONCATENATION with a fused activation. Put the activation before it.`);
  const from = operator.inputs.map((index) => {
    sameKind(output.name, conversion.tensor(index), output);
    return conversion.reads(index, output.name);
  });
  const axis = requireAxis(operator, axisOf(output, operator.options?.i32(0) ?? 0));
  const name = conversion.nameFor(out);
  conversion.nodes.push({ op: 'qconcat', name, from, axis });
  conversion.gives(out, name);
}

function pad(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [2, 2], 1);
  const [out = 0] = operator.outputs;
  const [input, output] = [conversion.tensor(operator.inputs[0]), conversion.tensor(out)];
  sameKind(output.name, input, output);
  codesOf(input);
  const from = conversion.reads(operator.inputs[0], output.name);
  const { values } = conversion.i32s(operator.inputs[1], `margins of ${output.name}`);
  const margins = [...values];
  const batch = input.shape.length > 1 ? margins.splice(0, 2) : [];
  if (batch.some((margin) => margin !== 0))
    throw new ModelError(`${output.name}: PAD of the batch. Pad the other axes.`);
  const name = conversion.nameFor(out);
  conversion.nodes.push({
    op: 'qpad',
    name,
    from: [from],
    before: margins.filter((_, at) => at % 2 === 0),
    after: margins.filter((_, at) => at % 2 === 1),
  });
  conversion.gives(out, name);
}
