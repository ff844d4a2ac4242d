/** Kinds of model files, told by their content. */
export type FileFormat = 'hdf5' | 'tflite' | 'pytorch' | 'safetensors' | 'tfjs' | 'portiloop' | 'onnx';

/** Longer JSON is not read: no network that comes as JSON is nearly so large. */
export const mostJsonBytes = 16 << 20;

/** The first that fits is it: ONNX has no magic number and comes last. */
const formats: readonly { format: FileFormat; title: string; fits: (bytes: Uint8Array) => boolean }[] = [
  {
    format: 'hdf5',
    title: 'NIR and lava-dl (HDF5)',
    fits: (bytes) => holds(bytes, 0, '\x89HDF\r\n\x1a\n'),
  },
  { format: 'tflite', title: 'TensorFlow Lite int8', fits: (bytes) => holds(bytes, 4, 'TFL3') },
  {
    format: 'safetensors',
    title: "safetensors (axond's own, or weights with --architecture)",
    fits: isSafetensors,
  },
  {
    format: 'pytorch',
    title: 'PyTorch state_dict with --architecture',
    // A plain pickle is from before PyTorch 1.6: the importer says so. It begins as safetensors with a header of 0x280.
    fits: (bytes) => holds(bytes, 0, 'PK\x03\x04') || holds(bytes, 0, '\x80\x02'),
  },
  { format: 'tfjs', title: 'TensorFlow.js model.json', fits: (bytes) => isJsonWith(bytes, 'modelTopology') },
  {
    format: 'portiloop',
    title: "the Portiloop's network as JSON",
    fits: (bytes) => isJsonWith(bytes, 'tensors', 'activations', 'lut'),
  },
  { format: 'onnx', title: 'ONNX', fits: isOnnx },
];

/** Undefined where it is no model that axond reads. */
export function findFormat(bytes: Uint8Array): FileFormat | undefined {
  return formats.find(({ fits }) => fits(bytes))?.format;
}

export function titleOf(format: FileFormat): string {
  return formats.find((each) => each.format === format)?.title ?? format;
}

function holds(bytes: Uint8Array, at: number, magic: string): boolean {
  return Array.from(magic).every((character, place) => bytes[at + place] === character.charCodeAt(0));
}

/** The length of a header of JSON, then the header. One too long for the file is a damaged safetensors file. */
function isSafetensors(bytes: Uint8Array): boolean {
  if (!holds(bytes, 8, '{')) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) <= 0xffffffffn;
}

/** JSON that has these keys somewhere; the importer parses it. */
function isJsonWith(bytes: Uint8Array, ...keys: readonly string[]): boolean {
  if (bytes.length > mostJsonBytes) return false;
  if (!/^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 256)))) return false;
  const text = new TextDecoder().decode(bytes);
  return keys.every((key) => text.includes(`"${key}"`));
}

/** A protobuf whose first field is the version of ModelProto, and whose second is another field of it. */
function isOnnx(bytes: Uint8Array): boolean {
  const [first, version = 0, next = 0] = bytes;
  const lengthDelimited = 2;
  const known = [2, 3, 4, 6, 7, 8, 14].map((field) => (field << 3) | lengthDelimited);
  return first === 0x08 && version > 0 && version < 0x40 && (known.includes(next) || next === 5 << 3);
}
