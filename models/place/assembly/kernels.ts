// AssemblyScript: built to WebAssembly by models/build-kernels.mjs, not by tsc. The one entry of the recogniser's module.

export { look } from './contrast';
export { emit, move, moveBy, surest } from './filter';
export { lookFine } from './fine-contrast';
export { grade, novelty } from './spikes';
export { aside, compare, combine, relieve, tire, weigh } from './rows';
