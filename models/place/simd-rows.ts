import { type PlaceKernels, placeKernels } from './kernels.js';
import { fatigue, Homeostasis, inverseNorm, inverseNormAside, type PlaceRows, shifted } from './place-rows.js';
import { type SpikeLayout, spikesOf } from './spikes.js';

const pageBytes = 65536;
const queryAt = 1024;

/** Arrays of one capacity in one memory, all but the first of single precision and one number a row. */
interface RowMemory {
  readonly capacity: number;
  readonly spikesAt: number;
  readonly inverseAt: number;
  readonly thresholdsAt: number;
  /** Zeros. */
  readonly noneAt: number;
  readonly fatigueAt: number;
  readonly combinedAt: number;
  readonly slotsAt: number;
  readonly query: Int16Array;
  /** Two rows in each line: a number of an even one, and 4096 times that of the next. */
  readonly spikes: Int16Array;
  readonly inverse: Float32Array;
  readonly thresholds: Float32Array;
  readonly fatigue: Float32Array;
  readonly combined: Float32Array;
}

/** `ReferenceRows`, bit for bit, by vector kernels. A row takes a byte a spike here. */
export class SimdRows implements PlaceRows {
  readonly layout: SpikeLayout;
  readonly #size: number;
  /** Numbers from line to line: four whole vectors at once. */
  readonly #pitch: number;
  readonly #slots: number;
  readonly #homeostasis = new Homeostasis();
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: PlaceKernels;
  #arrays: RowMemory;
  #rows = 0;
  /** Of the scores combined last. */
  #best = Number.NEGATIVE_INFINITY;
  /** Scores of the rows that there are. */
  #view: Float32Array;

  constructor(module: WebAssembly.Module, layout: SpikeLayout, slots: number) {
    this.layout = layout;
    this.#size = spikesOf(layout);
    this.#pitch = (this.#size + 31) & ~31;
    this.#slots = slots;
    this.#kernels = placeKernels(module, this.#memory);
    this.#arrays = this.#allocate(64);
    this.#view = this.#arrays.combined.subarray(0, 0);
  }

  get rows(): number {
    return this.#rows;
  }

  add(spikes: Int8Array): number {
    const row = this.#rows;
    this.restore(spikes, 0);
    this.#settle(row);
    return row;
  }

  restore(spikes: Int8Array, threshold: number): void {
    const row = this.#rows;
    if (row === this.#arrays.capacity) this.#grow();
    this.#pack(spikes, row);
    this.#arrays.inverse[row] = inverseNorm(spikes);
    this.#arrays.thresholds[row] = threshold;
    this.#arrays.fatigue[row] = 0;
    this.#rows++;
    this.#view = this.#arrays.combined.subarray(0, this.#rows);
  }

  row(row: number): Int8Array {
    return this.#unpack(row, new Int8Array(this.#size));
  }

  threshold(row: number): number {
    return this.#arrays.thresholds[row] as number;
  }

  retain(rows: readonly number[]): void {
    const kept = rows.map((row) => ({ spikes: this.row(row), threshold: this.threshold(row) }));
    this.#rows = 0;
    this.#view = this.#arrays.combined.subarray(0, 0);
    this.#arrays.inverse.fill(0);
    this.#arrays.thresholds.fill(Number.POSITIVE_INFINITY);
    for (const { spikes, threshold } of kept) this.restore(spikes, threshold);
  }

  settle(): void {
    for (let row = 0; row < this.#rows; row++) this.#settle(row);
  }

  compare(spikes: Int8Array, shift: number, slot: number): number {
    shifted(spikes, this.layout, shift, this.#arrays.query);
    const scale = inverseNormAside(spikes, this.layout.columns, shift);
    const { slotsAt, thresholdsAt, capacity } = this.#arrays;
    return this.#compare(scale, thresholdsAt, slotsAt + 4 * slot * capacity);
  }

  combine(best: Float32Array, bias: Float32Array, scores: Float32Array): void {
    const { slotsAt, combinedAt, fatigueAt, capacity } = this.#arrays;
    let first = 1;
    for (let slot = 0; slot < best.length; slot++) {
      if (Number.isNaN(best[slot] as number)) continue;
      const from = slotsAt + 4 * slot * capacity;
      this.#kernels.combine(from, bias[slot] as number, first, combinedAt, this.#rows);
      first = 0;
    }
    this.#best = this.#kernels.relieve(combinedAt, fatigueAt, this.#rows);
    scores.set(this.#view);
  }

  tire(): void {
    const { reach, rate, neighbours, keep } = fatigue;
    const { combinedAt, fatigueAt } = this.#arrays;
    this.#kernels.tire(combinedAt, this.#best, this.#rows, fatigueAt, reach, rate, neighbours, keep);
  }

  rest(): void {
    this.#arrays.fatigue.fill(0);
  }

  #compare(scale: number, thresholdsAt: number, scoresAt: number): number {
    const { spikesAt, inverseAt } = this.#arrays;
    return this.#kernels.compare(queryAt, spikesAt, this.#pitch, this.#rows, inverseAt, thresholdsAt, scale, scoresAt);
  }

  #pack(spikes: Int8Array, row: number): void {
    const lines = this.#arrays.spikes;
    const line = (row >> 1) * this.#pitch;
    for (let spike = 0; spike < spikes.length; spike++) {
      const value = spikes[spike] as number;
      lines[line + spike] = row % 2 === 0 ? value : (lines[line + spike] as number) + (value << 12);
    }
  }

  #unpack<Into extends Int8Array | Int16Array>(row: number, into: Into): Into {
    const lines = this.#arrays.spikes;
    const line = (row >> 1) * this.#pitch;
    for (let spike = 0; spike < this.#size; spike++) {
      const both = lines[line + spike] as number;
      const even = (both << 20) >> 20;
      into[spike] = row % 2 === 0 ? even : (both - even) >> 12;
    }
    return into;
  }

  #settle(row: number): void {
    const { query, inverse, thresholds, combined, combinedAt, noneAt } = this.#arrays;
    this.#unpack(row, query);
    this.#compare(inverse[row] as number, noneAt, combinedAt);
    thresholds[row] = this.#homeostasis.threshold(combined, this.#rows, row);
  }

  #grow(): void {
    const { spikes, inverse, thresholds, fatigue } = this.#arrays;
    const kept = [spikes.slice(), inverse.slice(), thresholds.slice(), fatigue.slice()] as const;
    this.#arrays = this.#allocate(2 * this.#arrays.capacity);
    this.#arrays.spikes.set(kept[0]);
    this.#arrays.inverse.set(kept[1]);
    this.#arrays.thresholds.set(kept[2]);
    this.#arrays.fatigue.set(kept[3]);
  }

  /** Rows that are not there score −∞. */
  #allocate(capacity: number): RowMemory {
    const array = 4 * capacity;
    const spikesAt = queryAt + 2 * this.#pitch;
    const inverseAt = spikesAt + this.#pitch * capacity;
    const thresholdsAt = inverseAt + array;
    const noneAt = thresholdsAt + array;
    const fatigueAt = noneAt + array;
    const combinedAt = fatigueAt + array;
    const slotsAt = combinedAt + array;
    const end = slotsAt + this.#slots * array;
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    const { buffer } = this.#memory;
    new Uint8Array(buffer, queryAt, end - queryAt).fill(0);
    const real = (at: number): Float32Array => new Float32Array(buffer, at, capacity);
    const thresholds = real(thresholdsAt).fill(Number.POSITIVE_INFINITY);
    return {
      capacity,
      spikesAt,
      inverseAt,
      thresholdsAt,
      noneAt,
      fatigueAt,
      combinedAt,
      slotsAt,
      query: new Int16Array(buffer, queryAt, this.#pitch),
      spikes: new Int16Array(buffer, spikesAt, (this.#pitch * capacity) / 2),
      inverse: real(inverseAt),
      thresholds,
      fatigue: real(fatigueAt),
      combined: real(combinedAt),
    };
  }
}
