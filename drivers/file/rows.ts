import type { LineReader } from './lines.js';

/** Cuts the current line of comma-separated text into fields, in place: field f is `bytes[starts[f] … ends[f])`. */
export class RowFields {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #names: readonly string[];

  /** `names` of the columns, for messages; a row may hold more fields than these, not fewer. */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.starts = new Int32Array(names.length);
    this.ends = new Int32Array(names.length);
  }

  split(lines: LineReader): void {
    const { bytes, end } = lines;
    const columns = this.#names.length;
    let start = lines.start;
    for (let field = 0; field < columns; field++) {
      if (start > end) {
        throw lines.fault(`has ${field} of ${columns} columns (no ${String(this.#names[field])}). Remove the line.`);
      }
      let at = start;
      while (at < end && bytes[at] !== comma) at++;
      this.starts[field] = start;
      this.ends[field] = at;
      start = at + 1;
    }
  }
}

/** Column names of a header line. */
export function splitNames(header: string): string[] {
  return header.split(',').map((name) => name.trim());
}

const comma = 0x2c;
