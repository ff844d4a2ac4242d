/** An HDF5 file as plain values: groups of groups and datasets. Attributes are left out. */
export interface Hdf5Group {
  readonly groups: ReadonlyMap<string, Hdf5Group>;
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
}

/** `shape` is [] for a scalar; values in row-major order. Integers come as doubles, exact up to 2⁵³. */
export interface Hdf5Dataset {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | readonly string[];
}

/** What a reading may cost, whatever the file claims. */
export interface Hdf5Limits {
  /** Bytes of the library's whole memory, and half of it for the values that come out. */
  readonly memoryBytes: number;
  readonly milliseconds: number;
}

const mebibyte = 1 << 20;

/**
 * Ten times the file, at least 64 MiB; and as long as a Raspberry Pi needs for gzip at 10 MB/s, at least 0.6 s: with the
 * start of a new thread after it (0.2 to 0.3 s) a file that never ends costs less than a second.
 */
export function hdf5Limits(fileBytes: number): Hdf5Limits {
  return { memoryBytes: Math.max(64 * mebibyte, 10 * fileBytes), milliseconds: 600 + fileBytes / 10_000 };
}

export const mostFileBytes = 96 * mebibyte;
export const mostObjects = 20_000;
/** Groups within groups; a NIR graph four levels deep needs eleven. */
export const mostDepth = 16;
