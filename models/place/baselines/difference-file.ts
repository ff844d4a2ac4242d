import { readModule } from '../kernels-file.js';

/** Rows of bytes, and one row that is compared with all of them. */
export interface Differences {
  readonly rows: readonly Uint8Array[];
  /** What is compared. */
  readonly frame: Uint8Array;
  /** `sums[i]` becomes Σ |rows[i] − frame|. */
  readonly compare: () => void;
  readonly sums: Uint32Array;
}

let kernels: WebAssembly.Module | undefined;

/** Room for `count` rows of `size` bytes; its kernel stands beside this file. @throws ModelError where it does not */
export function createDifferences(count: number, size: number): Differences {
  kernels ??= readModule(new URL('assembly/kernels.wasm', import.meta.url));
  const padded = Math.ceil(size / 16) * 16;
  const sums = (count + 1) * padded;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((sums + 4 * count) / 65536) });
  const { absoluteDifferences } = new WebAssembly.Instance(kernels, { env: { memory } }).exports;
  if (typeof absoluteDifferences !== 'function') throw new Error('kernels.wasm is of another version: build again');
  const compare = absoluteDifferences as (
    frame: number,
    rows: number,
    count: number,
    size: number,
    sums: number,
  ) => void;
  const row = (place: number): Uint8Array => new Uint8Array(memory.buffer, place * padded, size);
  return {
    frame: row(0),
    rows: Array.from({ length: count }, (_, place) => row(place + 1)),
    compare: () => compare(0, padded, count, padded, sums),
    sums: new Uint32Array(memory.buffer, sums, count),
  };
}
