import { readFileSync } from 'node:fs';

/** The float32 kernels of assembly/kernels.ts and what it exports; pointers are bytes, a flag is 0 or 1. */
export interface Kernels {
  packPanels(depth: number, columns: number, b: number, packed: number): void;
  multiply(
    rows: number,
    columns: number,
    depth: number,
    a: number,
    aRow: number,
    aStep: number,
    packed: number,
    c: number,
    add: number,
  ): void;
  imageToRows(...geometry: readonly number[]): void;
  rowsToImage(...geometry: readonly number[]): void;
  scaleColumns(rows: number, columns: number, values: number, scale: number, bias: number): void;
  maxPool(
    images: number,
    height: number,
    width: number,
    channels: number,
    windowRows: number,
    windowColumns: number,
    source: number,
    target: number,
    winners: number,
  ): void;
  scatter(count: number, source: number, winners: number, target: number, bytes: number): void;
  addRows(rows: number, columns: number, values: number, sums: number): void;
  moments(rows: number, columns: number, values: number, mean: number, variance: number): void;
  normalise(
    rows: number,
    columns: number,
    values: number,
    factor: number,
    offset: number,
    before: number,
    after: number,
  ): void;
  normaliseSums(
    rows: number,
    columns: number,
    values: number,
    mean: number,
    gradient: number,
    level: number,
    along: number,
  ): void;
  normaliseBack(
    rows: number,
    columns: number,
    values: number,
    mean: number,
    gradient: number,
    level: number,
    along: number,
    factor: number,
    target: number,
  ): void;
  fire(
    rows: number,
    columns: number,
    levels: number,
    values: number,
    thresholds: number,
    kept: number,
    smooth: number,
    spikes: number,
  ): number;
  fireBack(
    rows: number,
    columns: number,
    levels: number,
    values: number,
    thresholds: number,
    kept: number,
    each: number,
    given: number,
    gradient: number,
    ofThresholds: number,
  ): void;
  dropOut(count: number, seed: number, least: number, factor: number, kept: number): void;
}

const pageBytes = 65536;

/** Memory of the kernels of one thread, handed out from the bottom up and never given back. */
export class Arena {
  readonly kernels: Kernels;
  readonly #memory = new WebAssembly.Memory({ initial: 2 });
  #next = pageBytes;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(new URL('assembly/kernels.wasm', import.meta.url)));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.kernels = instance.exports as unknown as Kernels;
  }

  /** Zeros. */
  floats(length: number): Floats {
    const pointer = this.#next;
    this.#next += Math.ceil((length * 4) / 16) * 16;
    const missing = this.#next - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    return new Floats(this.#memory, pointer, length);
  }
}

/** Float32 numbers in an arena. */
export class Floats {
  readonly pointer: number;
  readonly length: number;
  readonly #memory: WebAssembly.Memory;
  #view = new Float32Array(0);

  constructor(memory: WebAssembly.Memory, pointer: number, length: number) {
    this.#memory = memory;
    this.pointer = pointer;
    this.length = length;
  }

  /** Valid until the arena hands out more: growing memory moves it. */
  get values(): Float32Array {
    if (this.#view.buffer !== this.#memory.buffer)
      this.#view = new Float32Array(this.#memory.buffer, this.pointer, this.length);
    return this.#view;
  }
}
