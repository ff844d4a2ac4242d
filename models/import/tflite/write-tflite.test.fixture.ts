import { Builder } from 'flatbuffers';

/** A TensorFlow Lite file from plain objects, by the `flatbuffers` package and not by the reader under test. */
export interface FileToWrite {
  readonly tensors: readonly TensorToWrite[];
  readonly operators: readonly OperatorToWrite[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly version?: number;
}

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** Number of the type in the schema: 0 f32, 2 i32, 3 u8, 4 i64, 7 i16, 9 i8. */
  readonly type: number;
  readonly constant?: Uint8Array | Int8Array | Int32Array | Float32Array;
  readonly scales?: readonly number[];
  readonly zeroPoints?: readonly number[];
  readonly scaleAxis?: number;
}

export interface OperatorToWrite {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Type of the options in the schema, and the options' fields by id: a byte, an int32 or a float. */
  readonly optionsType?: number;
  readonly options?: readonly (readonly [id: number, kind: 'i8' | 'i32' | 'f32', value: number])[];
}

export function writeTflite(file: FileToWrite): Uint8Array {
  const builder = new Builder(1024);
  const codes = [...new Set(file.operators.map(({ code }) => code))];
  const buffers = [table(builder, 1, () => undefined)];
  const tensors = file.tensors.map((tensor) => {
    const { constant } = tensor;
    const bytes = constant && new Uint8Array(constant.buffer, constant.byteOffset, constant.byteLength);
    const data = bytes && vector(builder, 1, [...bytes], (byte) => builder.addInt8(byte));
    if (data !== undefined) buffers.push(table(builder, 1, () => builder.addFieldOffset(0, data, 0)));
    const buffer = data === undefined ? 0 : buffers.length - 1;
    const name = builder.createString(tensor.name);
    const shape = vector(builder, 4, tensor.shape, (extent) => builder.addInt32(extent));
    const quantization = tensor.scales && writeQuantization(builder, tensor);
    return table(builder, 8, () => {
      builder.addFieldOffset(0, shape, 0);
      builder.addFieldInt8(1, tensor.type, 0);
      builder.addFieldInt32(2, buffer, 0);
      builder.addFieldOffset(3, name, 0);
      if (quantization !== undefined) builder.addFieldOffset(4, quantization, 0);
    });
  });
  const operators = file.operators.map((operator) => writeOperator(builder, operator, codes.indexOf(operator.code)));
  const lists = [tensors, file.inputs, file.outputs, operators] as const;
  const offsets = lists.map((list, place) =>
    vector(builder, 4, list, (each) => (place === 1 || place === 2 ? builder.addInt32(each) : builder.addOffset(each))),
  );
  const subgraph = table(builder, 5, () => offsets.forEach((offset, id) => builder.addFieldOffset(id, offset, 0)));
  const operatorCodes = codes.map((code) =>
    table(builder, 4, () => {
      builder.addFieldInt8(0, Math.min(code, 127), 0);
      builder.addFieldInt32(2, 1, 0);
      builder.addFieldInt32(3, code, 0);
    }),
  );
  const parts = [operatorCodes, [subgraph], buffers].map((list) =>
    vector(builder, 4, list, (at) => builder.addOffset(at)),
  );
  const model = table(builder, 5, () => {
    builder.addFieldInt32(0, file.version ?? 3, 0);
    builder.addFieldOffset(1, parts[0] ?? 0, 0);
    builder.addFieldOffset(2, parts[1] ?? 0, 0);
    builder.addFieldOffset(4, parts[2] ?? 0, 0);
  });
  builder.finish(model, 'TFL3');
  return builder.asUint8Array();
}

function writeQuantization(builder: Builder, { scales = [], zeroPoints = [], scaleAxis = 0 }: TensorToWrite): number {
  const scale = vector(builder, 4, scales, (each) => builder.addFloat32(each));
  const zeros = vector(builder, 8, zeroPoints, (each) => builder.addInt64(BigInt(each)));
  return table(builder, 7, () => {
    builder.addFieldOffset(2, scale, 0);
    builder.addFieldOffset(3, zeros, 0);
    builder.addFieldInt32(6, scaleAxis, 0);
  });
}

function writeOperator(builder: Builder, operator: OperatorToWrite, code: number): number {
  const inputs = vector(builder, 4, operator.inputs, (each) => builder.addInt32(each));
  const outputs = vector(builder, 4, operator.outputs, (each) => builder.addInt32(each));
  const options =
    operator.options &&
    table(builder, 10, () => {
      for (const [id, kind, value] of operator.options ?? []) {
        if (kind === 'i8') builder.addFieldInt8(id, value, 0);
        else if (kind === 'i32') builder.addFieldInt32(id, value, 0);
        else builder.addFieldFloat32(id, value, 0);
      }
    });
  return table(builder, 5, () => {
    builder.addFieldInt32(0, code, 0);
    builder.addFieldOffset(1, inputs, 0);
    builder.addFieldOffset(2, outputs, 0);
    builder.addFieldInt8(3, operator.optionsType ?? 0, 0);
    if (options !== undefined) builder.addFieldOffset(4, options, 0);
  });
}

function table(builder: Builder, fields: number, fill: () => void): number {
  builder.startObject(fields);
  fill();
  return builder.endObject();
}

function vector<T>(builder: Builder, size: number, values: readonly T[], add: (value: T) => void): number {
  builder.startVector(size, values.length, size);
  for (const value of [...values].reverse()) add(value);
  return builder.endVector();
}
