import { graphSchema, type Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { inferValues } from '../../format/values.js';
import { Conversion, shapeOf } from './conversion.js';
import { floatOperators } from './float-operators.js';
import { movingOperators } from './moving-operators.js';
import { quantizedOperators } from './quantized-operators.js';
import { readTfliteFile, type TfliteOperator } from './tflite-file.js';

/**
 * A TensorFlow Lite file as a network: int8 networks whole, and float ones of dense layers. Inputs and outputs keep their
 * names, scales and zero points; values lose their batch axis.
 */
export function importTflite(bytes: Uint8Array): Network {
  const conversion = new Conversion(readTfliteFile(bytes), bytes.length);
  for (const operator of conversion.file.operators) {
    const convert = operatorsFor(conversion, operator)[operator.name];
    if (!convert) throw refusal(conversion, operator);
    convert(conversion, operator);
  }
  const { graph, tensors } = conversion.network();
  const parsed = graphSchema.safeParse(graph);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ModelError(`The network does not fit: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`);
  }
  const network = { graph: parsed.data, tensors };
  const values = inferValues(network);
  for (const [tensor, name] of conversion.given()) {
    const [claimed, found] = [shapeOf(tensor), values.get(name)?.shape ?? []];
    if (claimed.join() !== found.join())
      throw new ModelError(
        `${name}: the file says shape [${claimed.join(', ')}], but it comes to [${found.join(', ')}].`,
      );
  }
  return network;
}

function operatorsFor(conversion: Conversion, { inputs, name }: TfliteOperator) {
  const values = inputs.filter((index) => index >= 0).map((index) => conversion.tensor(index));
  const isFloat = values.some(({ type, constant }) => type === 'f32' && !constant);
  if (name in movingOperators) return movingOperators;
  return isFloat && name !== 'QUANTIZE' ? floatOperators : quantizedOperators;
}

function refusal(conversion: Conversion, operator: TfliteOperator): ModelError {
  const made = operator.outputs[0] === undefined ? '' : ` (it gives ${conversion.tensor(operator.outputs[0]).name})`;
  const float = operatorsFor(conversion, operator) === floatOperators;
  const known = Object.keys({ ...movingOperators, ...(float ? floatOperators : quantizedOperators) });
  return new ModelError(
    `${operator.name}${float ? ' of float values' : ''}${made}: an operator that axond does not run. It runs ${known.join(', ')}.`,
  );
}
