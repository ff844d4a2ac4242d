import { parentPort } from 'node:worker_threads';
import { takeLibraryError } from './library-errors.js';
import { Dataset, File, Group, Module, ready } from 'h5wasm';
import { type Hdf5Dataset, type Hdf5Group, hdf5Limits, mostDepth, mostObjects } from './tree.js';

/**
 * The thread that reads HDF5, started by read-hdf5.ts. The library is C, compiled to WebAssembly: a hostile file can make
 * it trap, loop or ask for memory, not touch anything outside. It sees one file, in memory, and no disk. Here its memory is
 * bounded; its time is bounded by whoever started the thread.
 */

export type ThreadAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tree'; readonly tree: Hdf5Group }
  /** `broken`: the library trapped, and its memory cannot be trusted any more. */
  | { readonly kind: 'refused'; readonly reason: string; readonly broken: boolean };

/** A file that asks for more than its limits, or for what this reader does not read. */
class Refusal extends Error {}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: { readonly Memory: { readonly prototype: Memory } };

const page = 65536;
let mostMemory = Infinity;
// How the C allocator asks for more; a refusal here makes its malloc return nothing, which HDF5 reports as an error.
// eslint-disable-next-line @typescript-eslint/unbound-method
const growMemory = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (this: Memory, pages: number) {
  if (this.buffer.byteLength + pages * page > mostMemory) throw new RangeError('over the memory limit');
  return growMemory.call(this, pages);
};

const path = '/model.h5';

class TreeReader {
  readonly #transfer: ArrayBuffer[] = [];
  readonly #mostValueBytes: number;
  #valueBytes = 0;
  #objects = 0;

  constructor(memoryBytes: number) {
    this.#mostValueBytes = memoryBytes / 2;
  }

  get transfer(): ArrayBuffer[] {
    return this.#transfer;
  }

  group(group: Group, depth: number): Hdf5Group {
    if (depth > mostDepth) throw new Refusal(`${group.path}: groups are nested more than ${mostDepth} deep`);
    const groups = new Map<string, Hdf5Group>();
    const datasets = new Map<string, Hdf5Dataset>();
    for (const name of group.keys()) {
      if (++this.#objects > mostObjects) throw new Refusal(`more than ${mostObjects} groups and datasets`);
      const entity = name === '.' ? null : group.get(name);
      if (entity instanceof Group) groups.set(name, this.group(entity, depth + 1));
      else if (entity instanceof Dataset) datasets.set(name, this.#dataset(entity));
      else throw new Refusal(`${group.path}: ${JSON.stringify(name)} is neither a group nor a dataset`);
    }
    return { groups, datasets };
  }

  #dataset(dataset: Dataset): Hdf5Dataset {
    const { shape, size, total_size: count, virtual_sources: elsewhere } = dataset.metadata;
    if (shape === null) throw new Refusal(`${dataset.path} has no values`);
    if (elsewhere !== undefined && elsewhere.length > 0) throw new Refusal(`${dataset.path} lies in other files`);
    const elements = shape.reduce((product, extent) => product * extent, 1);
    // Doubles come out where other numbers go in.
    this.#valueBytes += elements * Math.max(size, 8);
    if (elements !== count || !(this.#valueBytes <= this.#mostValueBytes))
      throw new Refusal(
        `${dataset.path} of shape [${shape.join(', ')}] is over the limit of ${this.#mostValueBytes} bytes`,
      );
    return { shape, values: this.#values(dataset, dataset.value) };
  }

  #values(dataset: Dataset, value: unknown): Float32Array | Float64Array | string[] {
    if (typeof value === 'string') return [value];
    if (typeof value === 'number' || typeof value === 'bigint') return Float64Array.of(Number(value));
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    if (value instanceof Float32Array || value instanceof Float64Array) return this.#sent(value.slice());
    if (value instanceof BigInt64Array || value instanceof BigUint64Array)
      return this.#sent(Float64Array.from(value, Number));
    for (const kind of [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array])
      if (value instanceof kind) return this.#sent(Float64Array.from(value));
    throw new Refusal(`${dataset.path} holds neither numbers nor strings`);
  }

  #sent<Values extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(values: Values): Values {
    this.#transfer.push(values.buffer);
    return values;
  }
}

function read(bytes: Uint8Array): { tree: Hdf5Group; transfer: ArrayBuffer[] } {
  const { memoryBytes } = hdf5Limits(bytes.length);
  takeLibraryError();
  mostMemory = memoryBytes;
  Module.FS.writeFile(path, bytes);
  try {
    const file = new File(path, 'r');
    if (file.file_id < 0n) throw new Refusal('not an HDF5 file');
    try {
      const reader = new TreeReader(memoryBytes);
      const tree = reader.group(file, 0);
      const error = takeLibraryError();
      if (error !== undefined) throw new Refusal(error);
      return { tree, transfer: reader.transfer };
    } finally {
      file.close();
    }
  } finally {
    Module.FS.unlink(path);
  }
}

const mostKeptBytes = 32 << 20;

function isTrap(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError';
}

if (parentPort !== null) {
  const port = parentPort;
  await ready;
  const answer = (message: ThreadAnswer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  port.on('message', (bytes: Uint8Array) => {
    try {
      const { tree, transfer } = read(bytes);
      answer({ kind: 'tree', tree }, transfer);
    } catch (error) {
      const reported = takeLibraryError();
      const reason = reported ?? (error instanceof Error ? error.message : String(error));
      // What the library reports itself leaves it whole, but for memory that it may not have given back.
      const whole = error instanceof Refusal || (reported !== undefined && !isTrap(error));
      answer({ kind: 'refused', reason, broken: !whole || Module.HEAPU8.length > mostKeptBytes });
    }
  });
  answer({ kind: 'ready' });
}
