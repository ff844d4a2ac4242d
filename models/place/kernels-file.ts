import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../format/model-error.js';

let kernels: WebAssembly.Module | undefined;

/** The recogniser's kernels as models/build-kernels.mjs built them. @throws ModelError where they are not there */
export function readPlaceKernels(): WebAssembly.Module {
  kernels ??= readModule(new URL('./assembly/kernels.wasm', import.meta.url));
  return kernels;
}

/** @throws ModelError that names the file */
export function readModule(file: URL): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'it is not there' : error instanceof Error ? error.message : String(error);
    throw new ModelError(`${fileURLToPath(file)}: no kernels of places (${reason}). Build them: npm run build`);
  }
}
