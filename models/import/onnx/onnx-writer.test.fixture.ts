/** Writes small ONNX files for tests, straight in the wire format: it shares nothing with the reader. */

type Bytes = readonly number[];

const varint = (value: number): Bytes => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
};
export const numberField = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
export const bytesField = (field: number, bytes: ArrayLike<number>): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...Array.from(bytes),
];
export const textField = (field: number, text: string): Bytes => bytesField(field, Buffer.from(text));
const floatField = (field: number, value: number): Bytes => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

export const types = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10, i4: 22 } as const;
export type ElementType = keyof typeof types;

export interface TensorSpec {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const arrays = {
  f32: Float32Array,
  u8: Uint8Array,
  i8: Int8Array,
  i32: Int32Array,
  bool: Uint8Array,
} as const;

export function rawOf({ type, values }: TensorSpec): Uint8Array {
  if (type === 'i64') return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  if (type === 'i4')
    return Uint8Array.from(
      { length: Math.ceil(values.length / 2) },
      (_, i) => ((values[2 * i] ?? 0) & 15) | ((values[2 * i + 1] ?? 0) << 4),
    );
  if (type === 'f16') throw new Error('write f16 as raw bytes');
  return new Uint8Array(arrays[type].from(values).buffer);
}

export function tensorMessage(name: string, spec: TensorSpec, raw: ArrayLike<number> = rawOf(spec)): Bytes {
  return [
    ...spec.shape.flatMap((length) => numberField(1, length)),
    ...numberField(2, types[spec.type]),
    ...textField(8, name),
    ...bytesField(9, raw),
  ];
}

export interface PortSpec {
  readonly name: string;
  readonly type: ElementType;
  /** A text is an axis of free length. */
  readonly shape: readonly (number | string)[];
}

function portMessage({ name, type, shape }: PortSpec): Bytes {
  const axes = shape.flatMap((axis) =>
    bytesField(1, typeof axis === 'number' ? numberField(1, axis) : textField(2, axis)),
  );
  return [
    ...textField(1, name),
    ...bytesField(2, bytesField(1, [...numberField(1, types[type]), ...bytesField(2, axes)])),
  ];
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** A number with a fraction, or one written as `{ float }`, is a float. */
  readonly attributes?: Record<string, number | string | readonly number[] | { float: number }>;
  readonly domain?: string;
}

function nodeMessage({ op, inputs, output, attributes = {}, domain }: NodeSpec): Bytes {
  const attribute = Object.entries(attributes).flatMap(([name, value]) => {
    const content =
      typeof value === 'number'
        ? [...numberField(3, value), ...numberField(20, 2)]
        : typeof value === 'string'
          ? [...textField(4, value), ...numberField(20, 3)]
          : 'float' in value
            ? [...floatField(2, value.float), ...numberField(20, 1)]
            : [...bytesField(8, value.flatMap(varint)), ...numberField(20, 7)];
    return bytesField(5, [...textField(1, name), ...content]);
  });
  return [
    ...inputs.flatMap((input) => textField(1, input)),
    ...textField(2, output),
    ...textField(3, `${op}_${output}`),
    ...textField(4, op),
    ...attribute,
    ...(domain === undefined ? [] : textField(7, domain)),
  ];
}

export interface ModelSpec {
  readonly opset?: number;
  readonly inputs: readonly PortSpec[];
  readonly outputs: readonly PortSpec[];
  readonly nodes: readonly NodeSpec[];
  readonly tensors?: Record<string, TensorSpec>;
}

export function onnxBytes({ opset = 13, inputs, outputs, nodes, tensors = {} }: ModelSpec): Uint8Array {
  const graph = [
    ...nodes.flatMap((node) => bytesField(1, nodeMessage(node))),
    ...textField(2, 'test'),
    ...Object.entries(tensors).flatMap(([name, spec]) => bytesField(5, tensorMessage(name, spec))),
    ...inputs.flatMap((port) => bytesField(11, portMessage(port))),
    ...outputs.flatMap((port) => bytesField(12, portMessage(port))),
  ];
  return modelBytes(graph, opset);
}

/** Around a graph that is already encoded. */
export function modelBytes(graph: Bytes, opset = 13): Uint8Array {
  return Uint8Array.from([...numberField(1, 8), ...bytesField(7, graph), ...bytesField(8, numberField(2, opset))]);
}

export const floats = (shape: readonly number[], values: readonly number[]): TensorSpec => ({
  type: 'f32',
  shape,
  values,
});
