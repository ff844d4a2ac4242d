import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readNetwork } from './format/container.js';
import type { Network } from './format/graph.js';
import { ModelError } from './format/model-error.js';

/** Models that come with axond: a detector's `model` is one of these or the path of a file. */
export const packagedModels = ['spindle-t1', 'spindle-t1-mean', 'spindle-t1-free'] as const;

/** The file of a packaged model; any other name is a path already. */
export function modelPath(name: string): string {
  const isPackaged = packagedModels.some((packaged) => packaged === name);
  return isPackaged ? fileURLToPath(new URL(`../../models/zoo/${name}.safetensors`, import.meta.url)) : name;
}

/**
 * The network in axond's own file, and the SHA-256 that tells this file from every other. Throws a ModelError that names
 * the file, what is wrong with it and what to do.
 */
export function readModelFile(name: string): { network: Network; sha256: string } {
  const path = modelPath(name);
  const bytes = read(path);
  try {
    return { network: readNetwork(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(`${path}: ${error.message} The file of another tool is converted by axond model import.`);
  }
}

function read(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const what = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${String(code)})`;
    throw new ModelError(`${path}: ${what}. Name a model file, or one of ${packagedModels.join(', ')}.`);
  }
}
