import { hasGraph, readNetwork } from '../format/container.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { findFormat, titleOf, type FileFormat } from './file-format.js';
import type { ImportOptions, Importer } from './importer.js';

/** Loaded when a file of their kind comes: some bring a large library. */
const importers: ReadonlyMap<FileFormat, () => Promise<Importer>> = new Map([
  ['safetensors', () => Promise.resolve(importOwnOrWeights)],
  ['pytorch', async () => (await import('./import-weights.js')).importTorch],
  ['onnx', async () => (await import('./onnx/import-onnx.js')).importOnnx],
  ['hdf5', async () => (await import('./import-hdf5.js')).importHdf5],
  ['tfjs', async () => (await import('./tfjs/import-tfjs.js')).importTfjs],
  ['portiloop', async () => (await import('./portiloop/import-portiloop.js')).importPortiloop],
  ['tflite', async () => (await import('./tflite/import-tflite.js')).importTflite],
]);

/** From the bytes of a model file of any kind to a network. Throws ModelError with what is wrong and what to do. */
export async function importFile(
  bytes: Uint8Array,
  options: ImportOptions,
): Promise<{ format: FileFormat; network: Network }> {
  const format = findFormat(bytes);
  const importer = format === undefined ? undefined : importers.get(format);
  if (format === undefined || importer === undefined)
    throw new ModelError(`is no model that axond reads. It reads ${importedFormats().join(', ')}.`);
  return { format, network: await (await importer())(bytes, options) };
}

/** A file with axond's graph needs no description. */
async function importOwnOrWeights(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  if (hasGraph(bytes)) {
    if (options.architecture === undefined) return readNetwork(bytes);
    throw new ModelError('has a graph of its own. Leave out --architecture.');
  }
  const { importSafetensors } = await import('./import-weights.js');
  return importSafetensors(bytes, options);
}

/** What axond reads, a title each. */
export function importedFormats(): string[] {
  return [...importers.keys()].map(titleOf);
}
