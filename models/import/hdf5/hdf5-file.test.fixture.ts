import { File, Module, ready, type Group } from 'h5wasm';
import type { Hdf5Dataset, Hdf5Group } from './tree.js';

/** A group as an object: numbers and texts are scalars, arrays are rows, objects with `shape` arrays, others groups. */
export interface Plain {
  readonly [name: string]: Entry;
}
type Entry = number | string | readonly number[] | readonly string[] | PlainArray | Plain;
interface PlainArray {
  readonly shape: readonly number[];
  readonly values: readonly number[] | readonly string[] | Float32Array;
}

export function tree(plain: Plain): Hdf5Group {
  const groups = new Map<string, Hdf5Group>();
  const datasets = new Map<string, Hdf5Dataset>();
  for (const [name, entry] of Object.entries(plain)) {
    if (typeof entry === 'number') datasets.set(name, { shape: [], values: Float64Array.of(entry) });
    else if (typeof entry === 'string') datasets.set(name, { shape: [], values: [entry] });
    else if (isRow(entry)) datasets.set(name, { shape: [entry.length], values: held(entry) });
    else if (isArray(entry)) datasets.set(name, { shape: entry.shape, values: held(entry.values) });
    else groups.set(name, tree(entry));
  }
  return { groups, datasets };
}

function held(values: PlainArray['values']): Hdf5Dataset['values'] {
  if (values instanceof Float32Array) return values;
  return typeof values[0] === 'string' ? (values as readonly string[]) : Float64Array.from(values as readonly number[]);
}

function isRow(entry: Entry): entry is readonly number[] | readonly string[] {
  return Array.isArray(entry);
}

function isArray(entry: PlainArray | Plain): entry is PlainArray {
  return Array.isArray(entry['shape']) && 'values' in entry;
}

/** An HDF5 file, written by the library in this process. */
export async function writeHdf5(fill: (file: File) => void): Promise<Uint8Array> {
  await ready;
  const file = new File('/written.h5', 'w');
  fill(file);
  file.close();
  const bytes = Module.FS.readFile('/written.h5').slice();
  Module.FS.unlink('/written.h5');
  return bytes;
}

/** Writes a tree as NIR's own library does: numbers with gzip where they are arrays, texts of variable length. */
export function writeTree(group: Group, { groups, datasets }: Hdf5Group): void {
  for (const [name, { shape, values }] of datasets)
    if (values instanceof Float32Array || values instanceof Float64Array)
      group.create_dataset({
        name,
        data: values,
        shape: [...shape],
        ...(shape.length > 0 && { chunks: [...shape], compression: 'gzip' }),
      });
    else group.create_dataset({ name, data: [...values], shape: [...shape], dtype: 'S' });
  for (const [name, inner] of groups) writeTree(group.create_group(name) as Group, inner);
}
