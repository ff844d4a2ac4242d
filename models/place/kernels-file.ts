import { readFileSync } from 'node:fs';

/** The recogniser's kernels as models/build-kernels.mjs built them. */
export const kernelModule = new WebAssembly.Module(readFileSync(new URL('./assembly/kernels.wasm', import.meta.url)));
