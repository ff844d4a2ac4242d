import type { Network } from '../format/graph.js';
import { readHdf5 } from './hdf5/read-hdf5.js';
import type { ImportOptions } from './importer.js';
import { translateNetx } from './netx/translate.js';
import { parseNir } from './nir/graph.js';
import { translateNir } from './nir/translate.js';

/** HDF5: a NIR graph, or a network of lava-dl. The file is read in a thread of its own; the rest is pure. */
export async function importHdf5(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  const file = await readHdf5(bytes);
  const isNetx = file.groups.has('layer') && !file.groups.has('node');
  return isNetx ? translateNetx(file, bytes.length, options) : translateNir(parseNir(file), bytes.length, options);
}
