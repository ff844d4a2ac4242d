import type { Network } from '../format/graph.js';
import { readHdf5 } from './hdf5/read-hdf5.js';
import type { Hdf5Group } from './hdf5/tree.js';
import type { ImportOptions } from './importer.js';
import { translateNetx } from './netx/translate.js';
import { parseNir } from './nir/graph.js';
import { translateNir } from './nir/translate.js';

/** HDF5: a NIR graph, or a network of lava-dl. The file is read in a thread of its own; the rest is pure. */
export async function importHdf5(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  return translateHdf5(await readHdf5(bytes), bytes.length, options);
}

export function translateHdf5(file: Hdf5Group, fileBytes: number, options: ImportOptions): Network {
  const isNetx = file.groups.has('layer') && !file.groups.has('node');
  return isNetx ? translateNetx(file, fileBytes, options) : translateNir(parseNir(file), fileBytes, options);
}
