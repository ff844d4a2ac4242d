import { ModelError } from '../../format/model-error.js';
import { operatorName } from './builtin-operators.js';
import { readRoot, type Table } from './flatbuffer.js';

/** A TensorFlow Lite file (schema version 3) as plain objects: one subgraph, tensors by index. */
export interface TfliteFile {
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface TfliteTensor {
  readonly name: string;
  /** As in the file, with the batch. */
  readonly shape: readonly number[];
  readonly type: TfliteType;
  /** The bytes of a constant, within the file; undefined for what an operator or the caller fills. */
  readonly constant?: Uint8Array;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** The axis along which `scales` run, where there are several. */
  readonly scaleAxis: number;
}

export interface TfliteOperator {
  readonly name: string;
  /** Indices of tensors; −1 for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: Table;
}

const types = {
  0: 'f32',
  1: 'f16',
  2: 'i32',
  3: 'u8',
  4: 'i64',
  5: 'text',
  6: 'bool',
  7: 'i16',
  8: 'complex64',
  9: 'i8',
  10: 'f64',
  11: 'complex128',
  12: 'u64',
  13: 'resource',
  14: 'variant',
  15: 'u32',
  16: 'u16',
  17: 'i4',
} as const;
export type TfliteType = (typeof types)[keyof typeof types];

const bytesOf: Partial<Record<TfliteType, number>> = { f32: 4, i32: 4, u8: 1, i64: 8, i16: 2, i8: 1 };

const mostTensors = 1 << 16;
const mostOperators = 4096;
const mostRank = 8;
const mostChannels = 1 << 16;

export function readTfliteFile(bytes: Uint8Array): TfliteFile {
  const model = readRoot(bytes, 'TFL3');
  const version = model.u32(0);
  if (version !== 3) throw new ModelError(`The file has schema version ${version}. Convert it to version 3.`);
  const subgraphs = model.tables(2, 64);
  const subgraph = subgraphs[0];
  if (!subgraph || subgraphs.length > 1)
    throw new ModelError(`The file has ${subgraphs.length} subgraphs. Only one without control flow is run.`);
  const buffers = model.tables(4, mostTensors);
  const codes = model.tables(1, mostOperators).map((code) => {
    const custom = code.text(1, 80);
    const name = operatorName(Math.max(code.i8(0), code.i32(3)));
    return name === 'CUSTOM' ? `CUSTOM ${custom}` : name;
  });
  const tensors = subgraph.tables(0, mostTensors).map((tensor, index) => readTensor(tensor, index, buffers));
  const operators = subgraph.tables(3, mostOperators).map((operator, place): TfliteOperator => {
    const code = operator.u32(0);
    const name = codes[code];
    if (name === undefined)
      throw new ModelError(`Operator ${place} has code ${code} of ${codes.length}. The file is damaged: get it anew.`);
    const options = operator.table(4);
    return {
      name,
      inputs: known(operator.i32s(1, 256), tensors, `${name} (operator ${place})`, -1),
      outputs: known(operator.i32s(2, 256), tensors, `${name} (operator ${place})`, 0),
      ...(options && { options }),
    };
  });
  return {
    tensors,
    operators,
    inputs: known(subgraph.i32s(1, 16), tensors, 'inputs', 0),
    outputs: known(subgraph.i32s(2, 16), tensors, 'outputs', 0),
  };
}

function known(indices: number[], tensors: readonly TfliteTensor[], where: string, least: number): number[] {
  for (const index of indices)
    if (index < least || index >= tensors.length)
      throw new ModelError(`${where}: tensor ${index} of ${tensors.length}. The file is damaged: get it anew.`);
  return indices;
}

function readTensor(tensor: Table, index: number, buffers: readonly Table[]): TfliteTensor {
  const name = tensor.text(3, 1000) || `tensor ${index}`;
  const shape = tensor.i32s(0, mostRank);
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (shape.some((extent) => extent < 0) || elements > 2 ** 31)
    throw new ModelError(
      `${name}: shape [${shape.join(', ')}]. Extents are whole, not negative, 2³¹ elements at most.`,
    );
  const type = (types as Partial<Record<number, TfliteType>>)[tensor.i8(1)];
  if (!type) throw new ModelError(`${name}: unknown type ${tensor.i8(1)}. Types up to i4 (17) are known.`);
  if (tensor.has(6)) throw new ModelError(`${name}: stored sparse. Convert the network without sparsity.`);

  const place = tensor.u32(2);
  const buffer = buffers[place];
  if (!buffer) throw new ModelError(`${name}: buffer ${place} of ${buffers.length}. The file is damaged: get it anew.`);
  if (buffer.has(1) || buffer.has(2))
    throw new ModelError(`${name}: its data lie outside the tables, as in files > 2 GB.`);
  const constant = buffer.bytes(0);
  const elementSize = bytesOf[type];
  if (constant.length > 0 && elementSize !== undefined && constant.length !== elements * elementSize)
    throw new ModelError(
      `${name}: ${type} [${shape.join(', ')}] takes ${elements * elementSize} bytes, but buffer ${place} has ${constant.length}. Get the file anew.`,
    );

  const quantization = tensor.table(4);
  const scales = quantization?.f32s(2, mostChannels) ?? [];
  const zeroPoints = (quantization?.i64s(3, mostChannels) ?? []).map(Number);
  if (scales.some((scale) => !(scale > 0 && scale < Infinity)))
    throw new ModelError(
      `${name}: a scale of ${scales.find((scale) => !(scale > 0 && scale < Infinity))}. Scales are positive.`,
    );
  return {
    name,
    shape,
    type,
    ...(constant.length > 0 && { constant }),
    scales,
    zeroPoints,
    scaleAxis: quantization?.i32(6) ?? 0,
  };
}
