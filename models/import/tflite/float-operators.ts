import type { GraphNode } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { requireCounts, type Conversion } from './conversion.js';
import type { TfliteOperator } from './tflite-file.js';

/** Operators of float networks: dense layers and activations. */

type Convert = (conversion: Conversion, operator: TfliteOperator) => void;
type Activation = Extract<GraphNode, { op: 'activation' }>['function'];

export const floatOperators: Readonly<Record<string, Convert>> = {
  FULLY_CONNECTED: fullyConnected,
  LOGISTIC: (conversion, operator) => activation(conversion, operator, 'sigmoid'),
  TANH: (conversion, operator) => activation(conversion, operator, 'tanh'),
  RELU: (conversion, operator) => activation(conversion, operator, 'relu'),
  RELU6: (conversion, operator) => activation(conversion, operator, 'relu6'),
  SOFTMAX: (conversion, operator) => activation(conversion, operator, 'softmax'),
};

/** Activations that are fused into an operator, by their numbers. */
const fused: readonly (Activation | undefined)[] = [undefined, 'relu', undefined, 'relu6', 'tanh'];

function fullyConnected(conversion: Conversion, operator: TfliteOperator): void {
  requireCounts(operator, [2, 3], 1);
  const [out = 0] = operator.outputs;
  const number = operator.options?.i8(0) ?? 0;
  const then = fused[number];
  const name = conversion.nameFor(out, then ? ' sum' : '');
  if (number !== 0 && !then) throw new ModelError(`${name}: fused activation ${number}. ReLU, ReLU6 and tanh are run.`);
  const from = conversion.reads(operator.inputs[0], name);
  const { tensor, values } = conversion.f32s(operator.inputs[1], `weights of ${name}`);
  const weight = conversion.put(`${name}.weight`, { type: 'F32', shape: tensor.shape, values });
  let bias: string | undefined;
  if ((operator.inputs[2] ?? -1) >= 0) {
    const { values: biases } = conversion.f32s(operator.inputs[2], `bias of ${name}`);
    bias = conversion.put(`${name}.bias`, { type: 'F32', shape: [biases.length], values: biases });
  }
  conversion.nodes.push({ op: 'dense', name, from: [from], weight, ...(bias !== undefined && { bias }) });
  if (then) activate(conversion, out, name, then);
  else conversion.gives(out, name);
}

function activation(conversion: Conversion, operator: TfliteOperator, then: Activation): void {
  requireCounts(operator, [1, 1], 1);
  const [out = 0] = operator.outputs;
  const beta = then === 'softmax' ? operator.options?.f32(0) : 1;
  if (beta !== 1) throw new ModelError(`${conversion.tensor(out).name}: SOFTMAX with beta ${beta ?? 0}. It must be 1.`);
  activate(conversion, out, conversion.reads(operator.inputs[0], conversion.tensor(out).name), then);
}

function activate(conversion: Conversion, out: number, from: string, then: Activation): void {
  const name = conversion.nameFor(out);
  conversion.nodes.push({ op: 'activation', name, from: [from], function: then });
  conversion.gives(out, name);
}
