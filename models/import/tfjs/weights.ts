import { mostElements } from '../../format/limits.js';
import { ModelError } from '../../format/model-error.js';
import { halfToFloat } from '../../format/safetensors.js';
import type { WeightEntry, WeightsManifest } from './layers-model.js';

export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const mostBytes = 256 << 20;
const bytesOf = { float32: 4, int32: 4, uint8: 1, uint16: 2, float16: 2, bool: 1 };

/** All weights by the last two parts of their names, `layer/kernel`; quantised ones as real numbers: q × scale + min. */
export function readWeights(
  manifest: WeightsManifest,
  readBeside: (name: string) => Uint8Array,
): ReadonlyMap<string, Weight> {
  const weights = new Map<string, Weight>();
  const read = new Set<string>();
  let total = 0;
  for (const group of manifest) {
    const files = group.paths.map((path) => {
      if (!/^[^/\\\0]+$/.test(path) || path === '.' || path === '..')
        throw new ModelError(`model.json: weights in "${path}". They must lie in the folder of model.json.`);
      if (read.has(path)) throw new ModelError(`model.json: names the weights "${path}" twice. Name each file once.`);
      read.add(path);
      const file = readBeside(path);
      total += file.length;
      if (total > mostBytes)
        throw new ModelError(`model.json: weights of ${total} bytes up to "${path}". At most ${mostBytes} are read.`);
      return file;
    });
    const bytes = files.length === 1 && files[0] ? files[0] : Buffer.concat(files);
    let at = 0;
    for (const entry of group.weights) {
      const count = countOf(entry);
      const size = count * bytesOf[storedAs(entry)];
      if (at + size > bytes.length)
        throw new ModelError(
          `${entry.name}: ${size} bytes at ${at} of ${group.paths.join(' + ')}, which has ${bytes.length}. The file is cut off or belongs to another model.`,
        );
      const key = keyOf(entry.name);
      if (weights.has(key))
        throw new ModelError(`${entry.name}: two weights are named ${key}. Rename one of the layers.`);
      weights.set(key, { shape: entry.shape, values: decode(bytes.subarray(at, at + size), entry, count) });
      at += size;
    }
    if (at !== bytes.length)
      throw new ModelError(
        `${group.paths.join(' + ')}: ${bytes.length} bytes, but the weights take ${at}. The file belongs to another model.`,
      );
  }
  return weights;
}

/** `model/conv1d/kernel:0` is `conv1d/kernel`. */
function keyOf(name: string): string {
  return name.replace(/:0$/, '').split('/').slice(-2).join('/');
}

function countOf({ name, shape }: WeightEntry): number {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count > mostElements)
    throw new ModelError(`${name}: shape [${shape.join(', ')}]. At most ${mostElements} elements are read.`);
  return count;
}

function storedAs({ name, dtype, quantization }: WeightEntry): keyof typeof bytesOf {
  if (quantization) return quantization.dtype;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint8' || dtype === 'bool') return dtype;
  throw new ModelError(`${name}: dtype ${dtype}. Save the weights as float32, or quantised.`);
}

function decode(bytes: Uint8Array, entry: WeightEntry, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  const stored = storedAs(entry);
  // float16 is converted, the integers are scaled.
  const { scale = 1, min = 0 } = stored === 'float16' ? {} : (entry.quantization ?? {});
  for (let i = 0; i < count; i++) values[i] = element(view, stored, i) * scale + min;
  return values;
}

function element(view: DataView, type: keyof typeof bytesOf, i: number): number {
  switch (type) {
    case 'float32':
      return view.getFloat32(4 * i, true);
    case 'int32':
      return view.getInt32(4 * i, true);
    case 'uint16':
      return view.getUint16(2 * i, true);
    case 'float16':
      return halfToFloat(view.getUint16(2 * i, true));
    case 'uint8':
    case 'bool':
      return view.getUint8(i);
  }
}
