import { ModelError } from '../../format/model-error.js';
import { describeShape, elementsOf } from '../../format/value.js';
import {
  decodeElements,
  elementBytes,
  strided,
  type Element,
  type WeightArray,
  type Weights,
} from '../architecture/weights.js';
import { isKind, isTuple, readPickle, type Pickled } from './pickle.js';
import { readStoredZip } from './zip.js';

const storages: Readonly<Record<string, Element>> = {
  'torch FloatStorage': 'f32',
  'torch DoubleStorage': 'f64',
  'torch HalfStorage': 'f16',
  'torch BFloat16Storage': 'bf16',
  'torch LongStorage': 'i64',
  'torch IntStorage': 'i32',
  'torch ShortStorage': 'i16',
  'torch CharStorage': 'i8',
  'torch ByteStorage': 'u8',
  'torch BoolStorage': 'bool',
};
const rebuildTensor = 'torch._utils _rebuild_tensor_v2';
const rebuildParameter = 'torch._utils _rebuild_parameter';
const allowed = new Set([...Object.keys(storages), rebuildTensor, rebuildParameter, 'collections OrderedDict']);

/** The tensors of a state_dict that torch.save wrote (PyTorch 1.6 or newer). Nothing in the file is run. */
export function readStateDict(file: Uint8Array): Weights {
  if (file[0] === 0x80)
    throw new ModelError('PyTorch file: written before PyTorch 1.6. Load it there and save its state_dict again.');
  const members = readStoredZip(file);
  const [pickleName] = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const pickle = pickleName === undefined ? undefined : members.get(pickleName);
  if (pickleName === undefined || pickle === undefined)
    throw new ModelError(
      'PyTorch file: it has no data.pkl (TorchScript and other archives are not read). Save model.state_dict() with torch.save.',
    );
  const root = pickleName.slice(0, -'data.pkl'.length);
  const order = members.get(`${root}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== 'little')
    throw new ModelError('PyTorch file: written on a big-endian machine. Save it on a little-endian one.');
  return new StateDict(members, root, file.length).read(readPickle(pickle, allowed));
}

class StateDict {
  readonly #members: ReadonlyMap<string, Uint8Array>;
  readonly #root: string;
  readonly #storages = new Map<string, WeightArray['values']>();
  /** Bytes that tensors may still take: views may repeat a storage without end. */
  #left: number;

  constructor(members: ReadonlyMap<string, Uint8Array>, root: string, fileBytes: number) {
    this.#members = members;
    this.#root = root;
    this.#left = Math.max(16 << 20, 4 * fileBytes);
  }

  read(value: Pickled): Weights {
    const weights = new Map<string, WeightArray>();
    for (const [name, entry] of dictOf(value)) {
      if (typeof name !== 'string' || name.length > 150 || weights.has(name)) continue;
      const tensor = this.#tensor(name, entry);
      if (tensor !== undefined) weights.set(name, tensor);
    }
    if (weights.size === 0)
      throw new ModelError('PyTorch file: it holds no tensors by name. Save model.state_dict() with torch.save.');
    return weights;
  }

  /** Undefined for what is no tensor (numbers beside them in a checkpoint). */
  #tensor(name: string, value: Pickled): WeightArray | undefined {
    if (!isKind(value, 'call')) return undefined;
    if (value.name === rebuildParameter) {
      const [inner] = value.items;
      return isKind(inner, 'call') && inner.name === rebuildTensor ? this.#tensor(name, inner) : undefined;
    }
    const [stored, offset, size, stride] = value.items;
    const [shape, strides] = [extents(name, size), extents(name, stride)];
    if (!isKind(stored, 'persistent') || !isExtent(offset) || shape.length !== strides.length || shape.length > 8)
      throw new ModelError(`${name}: is not stored as PyTorch stores a tensor. Save it again.`);
    const storage = this.#storage(name, stored.id);
    this.#left -= elementsOf(shape) * storage.BYTES_PER_ELEMENT;
    if (!(this.#left >= 0))
      throw new ModelError(
        `${name}: with its shape ${describeShape(shape)} the tensors take many times the file. It is damaged: copy it again.`,
      );
    return strided(name, storage, offset, shape, strides);
  }

  #storage(name: string, id: Pickled): WeightArray['values'] {
    const [tag, type, key, , count] = isTuple(id) ? id.items : [];
    const element = isKind(type, 'global') ? storages[type.name] : undefined;
    if (tag !== 'storage' || element === undefined || typeof key !== 'string' || !isExtent(count))
      throw new ModelError(`${name}: its storage is not as PyTorch writes it. Save it again.`);
    const known = this.#storages.get(`${element} ${key}`);
    if (known !== undefined) return known;
    const bytes = this.#members.get(`${this.#root}data/${key}`);
    if (bytes?.length !== count * elementBytes[element])
      throw new ModelError(
        `${name}: its storage data/${key} has ${bytes?.length ?? 'no'} bytes, but ${count} elements of ${element}. The file is damaged: copy it again.`,
      );
    this.#left -= count * 8;
    if (this.#left < 0)
      throw new ModelError(`${name}: the storages take many times the file. It is damaged: copy it again.`);
    const values = decodeElements(element, bytes);
    this.#storages.set(`${element} ${key}`, values);
    return values;
  }
}

/** The dictionary of tensors: the file's own, or the one that a checkpoint holds under a name such as state_dict. */
function dictOf(value: Pickled): ReadonlyMap<Pickled, Pickled> {
  const entries = isKind(value, 'dict') ? value.entries : new Map<Pickled, Pickled>();
  const tensors = (dict: ReadonlyMap<Pickled, Pickled>) => [...dict.values()].some((entry) => isKind(entry, 'call'));
  if (tensors(entries)) return entries;
  for (const key of ['state_dict', 'model_state_dict', 'model']) {
    const inner = entries.get(key);
    if (isKind(inner, 'dict') && tensors(inner.entries)) return inner.entries;
  }
  return entries;
}

function isExtent(value: Pickled | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 40;
}

function extents(name: string, value: Pickled | undefined): number[] {
  const items = isTuple(value) ? value.items : [null];
  if (items.every(isExtent)) return items;
  throw new ModelError(`${name}: its shape or strides are not whole numbers. Save it again.`);
}
