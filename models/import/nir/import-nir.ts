import type { Network } from '../../format/graph.js';
import { readHdf5 } from '../hdf5/read-hdf5.js';
import type { ImportOptions } from '../importer.js';
import { parseNir } from './graph.js';
import { translateNir } from './translate.js';

/** A NIR file (HDF5). Its HDF5 is read in a thread of its own; the rest is pure. */
export async function importNir(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  return translateNir(parseNir(await readHdf5(bytes)), bytes.length, options);
}
