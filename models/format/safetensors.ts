import { z } from 'zod';
import type { Tensor } from './graph.js';
import { parseJson, refusal } from './json.js';
import { ModelError } from './model-error.js';
import { describeShape, elementsOf } from './value.js';

/**
 * safetensors: the length N of the header as u64, N bytes of JSON, then the elements, all little-endian. The JSON gives
 * type, shape and place of each tensor, and texts under `__metadata__`.
 */
export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Elements as stored; a reader gives a view into the file, at any alignment. */
  readonly bytes: Uint8Array;
}

const bytesPerElement = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
export type Dtype = keyof typeof bytesPerElement;
const dtypes = Object.keys(bytesPerElement) as [Dtype, ...Dtype[]];

/** The format's own limit is 100 MB; what describes a network of axond is far smaller. */
const mostHeader = 1 << 20;

const natural = z.number().int().min(0);
const entrySchema = z.strictObject({
  dtype: z.enum(dtypes),
  shape: z.array(natural).max(8),
  data_offsets: z.tuple([natural, natural]),
});
const metadataSchema = z.record(z.string(), z.string());

export function readSafetensors(file: Uint8Array): Safetensors {
  const { header, body } = split(file);
  const metadata = new Map<string, string>();
  const tensors = new Map<string, StoredTensor>();
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      const parsed = metadataSchema.safeParse(entry);
      if (!parsed.success) throw refusal('__metadata__', parsed.error);
      for (const [key, text] of Object.entries(parsed.data)) metadata.set(key, text);
      continue;
    }
    const parsed = entrySchema.safeParse(entry);
    if (!parsed.success) throw refusal(`tensor ${name}`, parsed.error);
    const { dtype, shape, data_offsets } = parsed.data;
    const [begin, end] = data_offsets;
    if (begin > end || end > body.length)
      throw new ModelError(
        `tensor ${name}: lies at ${begin} to ${end} of ${body.length} bytes. The file was cut off or is damaged: copy it again.`,
      );
    const size = elementsOf(shape) * bytesPerElement[dtype];
    if (size !== end - begin)
      throw new ModelError(
        `tensor ${name}: ${dtype} ${describeShape(shape)} takes ${size} bytes, but ${end - begin} are stored. Write the file again.`,
      );
    ranges.push({ name, begin, end });
    tensors.set(name, { dtype, shape, bytes: body.subarray(begin, end) });
  }
  checkCover(ranges, body.length);
  return { metadata, tensors };
}

function split(file: Uint8Array): { header: object; body: Uint8Array } {
  if (file.length < 10) throw new ModelError(`safetensors: ${file.length} bytes are no file of this kind.`);
  const claimed = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (claimed > BigInt(mostHeader))
    throw new ModelError(
      `safetensors: its header claims ${claimed.toString()} bytes, more than ${mostHeader}. The file is of another kind or damaged.`,
    );
  const start = 8 + Number(claimed);
  if (start > file.length)
    throw new ModelError(
      `safetensors: its header claims ${Number(claimed)} bytes, the file has ${file.length}. It was cut off: copy it again.`,
    );
  if (file[8] !== 0x7b) throw new ModelError('safetensors: its header is no JSON object. The file is of another kind.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, start));
  } catch {
    throw new ModelError('safetensors: its header is not UTF-8. The file is damaged: copy it again.');
  }
  const header = parseJson(text, 'safetensors header');
  if (typeof header !== 'object' || header === null)
    throw new ModelError('safetensors: its header is no JSON object. The file is of another kind.');
  return { header, body: file.subarray(start) };
}

/** Every byte belongs to one tensor. */
function checkCover(ranges: { name: string; begin: number; end: number }[], length: number): void {
  let covered = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      throw new ModelError(
        `tensor ${name}: begins at ${begin}, where the one before ends at ${covered}. Store tensors without overlap and hole.`,
      );
    covered = end;
  }
  if (covered !== length)
    throw new ModelError(
      `safetensors: ${length - covered} of ${length} bytes belong to no tensor. Something was appended, or the header is damaged.`,
    );
}

/** The widest elements come first and the header is padded to 8 bytes, so that all of them are aligned. */
export function writeSafetensors({ metadata, tensors }: Safetensors): Uint8Array {
  const ordered = [...tensors].sort(([, a], [, b]) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype]);
  // Without a prototype, a tensor may have any name.
  const header = Object.create(null) as Record<string, unknown>;
  if (metadata.size > 0) header['__metadata__'] = Object.fromEntries(metadata);
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (name === '__metadata__' || elementsOf(shape) * bytesPerElement[dtype] !== bytes.length)
      throw new ModelError(`tensor ${name}: ${bytes.length} bytes of ${dtype} ${describeShape(shape)}. Correct it.`);
    header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > mostHeader)
    throw new ModelError(
      `safetensors: a header of ${padded} bytes. Use fewer or shorter names: at most ${mostHeader}.`,
    );
  const file = new Uint8Array(8 + padded + end).fill(0x20, 8, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(json, 8);
  let at = 8 + padded;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * Elements as axond holds them: 16-bit floats become F32, flags U8, other integers I32. Refuses integers beyond int32 and
 * types without a place in a network.
 */
export function decodeTensor(name: string, { dtype, shape, bytes }: StoredTensor): Tensor {
  // A copy, whatever it is given: the slice of a Buffer is a view.
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'I8':
      return { type: 'I8', shape, values: new Int8Array(buffer) };
    case 'U8':
    case 'BOOL':
      return { type: 'U8', shape, values: new Uint8Array(buffer) };
    case 'I32':
      return { type: 'I32', shape, values: new Int32Array(buffer) };
    case 'F32':
      return { type: 'F32', shape, values: new Float32Array(buffer) };
    case 'F64':
      return { type: 'F64', shape, values: new Float64Array(buffer) };
    case 'F16':
      return { type: 'F32', shape, values: Float32Array.from(new Uint16Array(buffer), halfToFloat) };
    case 'BF16':
      return { type: 'F32', shape, values: Float32Array.from(new Uint16Array(buffer), fromBrainFloat) };
    case 'I16':
      return { type: 'I32', shape, values: Int32Array.from(new Int16Array(buffer)) };
    case 'U16':
      return { type: 'I32', shape, values: Int32Array.from(new Uint16Array(buffer)) };
    case 'U32':
      return { type: 'I32', shape, values: within(name, new Uint32Array(buffer)) };
    case 'I64':
      return { type: 'I32', shape, values: within(name, new BigInt64Array(buffer)) };
    case 'U64':
      return { type: 'I32', shape, values: within(name, new BigUint64Array(buffer)) };
    case 'F8_E4M3':
    case 'F8_E5M2':
      throw new ModelError(`tensor ${name}: is ${dtype}. Convert it to F32 or quantise it to I8 first.`);
  }
}

function within(name: string, values: Uint32Array | BigInt64Array | BigUint64Array): Int32Array {
  const narrow = new Int32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    narrow[at] = Number(values[at]);
    if (BigInt(narrow[at] as number) !== BigInt(values[at] as number | bigint))
      throw new ModelError(
        `tensor ${name}: element ${at} is ${String(values[at])}, beyond int32. Use smaller numbers.`,
      );
  }
  return narrow;
}

/** IEEE 754 binary16. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16, the upper half of a float32. */
export function fromBrainFloat(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}
