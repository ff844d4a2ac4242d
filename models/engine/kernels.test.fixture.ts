import { readFileSync } from 'node:fs';

/** The engine's kernels as models/build-kernels.mjs built them. */
export const kernels = new WebAssembly.Module(readFileSync(new URL('./assembly/kernels.wasm', import.meta.url)));
