import { elementsOf } from '../../format/value.js';
import { ModelError } from '../../format/model-error.js';
import { fromBrainFloat, halfToFloat } from '../../format/safetensors.js';

/** Tensors by name, as files without a graph hold them; `[]` is the shape of a scalar. */
export type Weights = ReadonlyMap<string, WeightArray>;
export interface WeightArray {
  readonly shape: readonly number[];
  readonly values: Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array;
}

/** How elements are stored, little-endian. Numbers that no tensor of a network holds become doubles. */
export const elementBytes = { bool: 1, u8: 1, i8: 1, i16: 2, f16: 2, bf16: 2, i32: 4, f32: 4, i64: 8, f64: 8 } as const;
export type Element = keyof typeof elementBytes;

/** Elements one after another. */
export function decodeElements(element: Element, bytes: Uint8Array): WeightArray['values'] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = elementBytes[element];
  const length = bytes.length / size;
  const each = (read: (at: number) => number) => ({ length, read });
  const fill = <Values extends WeightArray['values']>(values: Values, { read }: ReturnType<typeof each>): Values => {
    for (let n = 0; n < length; n++) values[n] = read(n * size);
    return values;
  };
  switch (element) {
    case 'bool':
    case 'u8':
      return Uint8Array.from(bytes);
    case 'i8':
      return Int8Array.from(bytes);
    case 'i16':
      return fill(
        new Int32Array(length),
        each((at) => view.getInt16(at, true)),
      );
    case 'i32':
      return fill(
        new Int32Array(length),
        each((at) => view.getInt32(at, true)),
      );
    case 'i64':
      return fill(
        new Float64Array(length),
        each((at) => Number(view.getBigInt64(at, true))),
      );
    case 'f16':
      return fill(
        new Float32Array(length),
        each((at) => halfToFloat(view.getUint16(at, true))),
      );
    case 'bf16':
      return fill(
        new Float32Array(length),
        each((at) => fromBrainFloat(view.getUint16(at, true))),
      );
    case 'f32':
      return fill(
        new Float32Array(length),
        each((at) => view.getFloat32(at, true)),
      );
    case 'f64':
      return fill(
        new Float64Array(length),
        each((at) => view.getFloat64(at, true)),
      );
  }
}

/** What a file holds, for messages. */
export function listWeights(weights: Weights): string {
  const all = [...weights].map(
    ([name, { shape, values }]) => `${name} ${values.constructor.name.replace('Array', '')} [${shape.join(', ')}]`,
  );
  return all.length > 60 ? `${all.slice(0, 60).join(', ')} and ${all.length - 60} more` : all.join(', ');
}

/** Copies a view with strides out of a storage; refuses one that leaves it. */
export function strided(
  name: string,
  storage: WeightArray['values'],
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): WeightArray {
  const count = elementsOf(shape);
  const last = shape.reduce((sum, extent, axis) => sum + (extent - 1) * (strides[axis] ?? 0), offset);
  if (count > 0 && last >= storage.length)
    throw new ModelError(
      `${name}: reads element ${last} of a storage of ${storage.length}. The file is damaged: copy it again.`,
    );
  const values = storage.slice(0, 0).constructor as new (length: number) => WeightArray['values'];
  const copied = new values(count);
  const place = shape.map(() => 0);
  let at = offset;
  for (let n = 0; n < count; n++) {
    copied[n] = storage[at] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] ?? 0;
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < (shape[axis] as number)) break;
      at -= (strides[axis] ?? 0) * (shape[axis] as number);
      place[axis] = 0;
    }
  }
  return { shape, values: copied };
}
