import { ModelError } from '../../format/model-error.js';
import { mostElements } from '../../format/limits.js';
import { fromBrainFloat, halfToFloat } from '../../format/safetensors.js';
import type { TensorProto } from './model-proto.js';
import { WireReader } from './wire.js';

/** A tensor whose elements are known when the model is read, row-major. */
export interface Constant {
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** Real types as Float32Array, 64-bit integers as Float64Array, 4 bits unpacked. */
  readonly values: Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;
}

export type ElementType =
  'f32' | 'u8' | 'i8' | 'u16' | 'i16' | 'i32' | 'i64' | 'bool' | 'f16' | 'f64' | 'bf16' | 'u4' | 'i4';

/** By number of TensorProto.DataType. */
const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, 'f32'],
  [2, 'u8'],
  [3, 'i8'],
  [4, 'u16'],
  [5, 'i16'],
  [6, 'i32'],
  [7, 'i64'],
  [9, 'bool'],
  [10, 'f16'],
  [11, 'f64'],
  [16, 'bf16'],
  [21, 'u4'],
  [22, 'i4'],
]);

export function elementTypeOf(dataType: number): ElementType | undefined {
  return elementTypes.get(dataType);
}

const bitsOf: Record<ElementType, number> = {
  f32: 32,
  u8: 8,
  i8: 8,
  u16: 16,
  i16: 16,
  i32: 32,
  i64: 64,
  bool: 8,
  f16: 16,
  f64: 64,
  bf16: 16,
  u4: 4,
  i4: 4,
};

/** Checks the claimed size against the bytes that are there before it makes an array. */
export function readConstant(proto: TensorProto): Constant {
  const what = `ONNX tensor "${proto.name}"`;
  const type = elementTypes.get(proto.dataType);
  if (type === undefined)
    throw new ModelError(`${what}: element type ${proto.dataType} is not read. Use float, int8, uint8 or int32.`);
  if (proto.external)
    throw new ModelError(`${what}: its data lie in another file. Save the model as one file, without external data.`);
  let count = 1;
  for (const length of proto.dims) {
    if (!(length >= 0 && length <= mostElements))
      throw new ModelError(`${what}: shape [${proto.dims.join(', ')}]. An axis has 0 to ${mostElements} elements.`);
    count *= length;
  }
  if (count > mostElements)
    throw new ModelError(`${what}: shape [${proto.dims.join(', ')}], more than ${mostElements} elements.`);
  if (proto.raw) {
    const needed = Math.ceil((count * bitsOf[type]) / 8);
    if (proto.raw.length !== needed)
      throw new ModelError(
        `${what}: ${type} [${proto.dims.join(', ')}] takes ${needed} bytes, but ${proto.raw.length} are there.`,
      );
    return { shape: proto.dims, type, values: fromRaw(proto.raw, type, count) };
  }
  return { shape: proto.dims, type, values: fromNumbers(proto, type, count, what) };
}

function fromRaw(raw: Uint8Array, type: ElementType, count: number): Constant['values'] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = arrayFor(type, count);
  for (let i = 0; i < count; i++) values[i] = element(view, type, i);
  return values;
}

function element(view: DataView, type: ElementType, i: number): number {
  switch (type) {
    case 'f32':
      return view.getFloat32(4 * i, true);
    case 'f64':
      return view.getFloat64(8 * i, true);
    case 'f16':
      return halfToFloat(view.getUint16(2 * i, true));
    case 'bf16':
      return fromBrainFloat(view.getUint16(2 * i, true));
    case 'i64':
      return Number(view.getBigInt64(8 * i, true));
    case 'i32':
      return view.getInt32(4 * i, true);
    case 'i16':
      return view.getInt16(2 * i, true);
    case 'u16':
      return view.getUint16(2 * i, true);
    case 'i8':
      return view.getInt8(i);
    case 'u8':
    case 'bool':
      return view.getUint8(i);
    case 'u4':
      return nibble(view, i);
    case 'i4':
      return (nibble(view, i) << 28) >> 28;
  }
}

/** The first of two is the low half of the byte. */
function nibble(view: DataView, i: number): number {
  return (view.getUint8(i >> 1) >> (4 * (i & 1))) & 15;
}

function fromNumbers(proto: TensorProto, type: ElementType, count: number, what: string): Constant['values'] {
  const bits = bitsOf[type];
  // Two 4-bit elements share a number.
  const perNumber = bits === 4 ? 2 : 1;
  // Each number takes a byte of the file at least, so that the claimed count cannot exceed what was read.
  const given = proto.numbers.packed.reduce((sum, { bytes }) => sum + bytes.length, proto.numbers.single.length);
  if (count > given * perNumber)
    throw new ModelError(`${what}: ${count} elements claimed, but only ${given} bytes of them are there.`);
  const values = arrayFor(type, count);
  let at = 0;
  const put = (number: number): void => {
    if (perNumber === 2) {
      const pair = new DataView(Uint8Array.of(number).buffer);
      if (at < count) values[at++] = element(pair, type, 0);
      if (at < count) values[at++] = element(pair, type, 1);
    } else {
      if (at >= count) throw new ModelError(`${what}: more elements than its shape [${proto.dims.join(', ')}] holds.`);
      values[at++] = type === 'f16' ? halfToFloat(number) : type === 'bf16' ? fromBrainFloat(number) : number;
    }
  };
  const real = type === 'f32' || type === 'f64';
  for (const { kind, bytes } of proto.numbers.packed) {
    if (real !== (kind !== 'integer')) throw new ModelError(`${what}: ${type} elements in a field for ${kind}s.`);
    if (kind === 'integer') {
      const reader = new WireReader(bytes, `tensor "${proto.name}"`);
      while (reader.more()) put(reader.integer());
      continue;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const step = kind === 'float' ? 4 : 8;
    for (let i = 0; i + step <= bytes.length; i += step)
      put(kind === 'float' ? view.getFloat32(i, true) : view.getFloat64(i, true));
  }
  for (const number of proto.numbers.single) put(number);
  if (at < count) throw new ModelError(`${what}: ${at} elements, but its shape is [${proto.dims.join(', ')}].`);
  return values;
}

function arrayFor(type: ElementType, count: number): Constant['values'] {
  switch (type) {
    case 'f32':
    case 'f64':
    case 'f16':
    case 'bf16':
      return new Float32Array(count);
    case 'i64':
      return new Float64Array(count);
    case 'i32':
    case 'i16':
    case 'u16':
      return new Int32Array(count);
    case 'i8':
    case 'i4':
      return new Int8Array(count);
    case 'u8':
    case 'u4':
    case 'bool':
      return new Uint8Array(count);
  }
}
