import type { Arena, Floats } from '../arena.js';

/**
 * Rows of float32: row t · batch + b is frame t of window b, so a step back in time is `batch` rows. Rows before the first
 * and after the last are 0.
 */
export interface Rows {
  readonly columns: number;
  /** Of the first row, in bytes. */
  readonly pointer: number;
  /** From the first row on. */
  values(): Float32Array;
}

export function createRows(arena: Arena, count: number, columns: number, before = 0, after = 0): Rows {
  const floats: Floats = arena.floats((before + count + after) * columns);
  const start = before * columns;
  return {
    columns,
    pointer: floats.pointer + 4 * start,
    values: () => floats.values.subarray(start, start + count * columns),
  };
}
