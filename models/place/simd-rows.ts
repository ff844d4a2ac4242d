import { type PlaceKernels, placeKernels } from './kernels.js';
import { fatigue, Homeostasis, inverseNorm, inverseNormAside, type PlaceRows } from './place-rows.js';
import { packRow, type RowMemory, rowMemory, type RowShape, rowShapeOf, unpackRow } from './row-memory.js';
import type { SpikeLayout } from './spikes.js';

/** `ReferenceRows`, bit for bit, by vector kernels. A row takes a byte a spike here. */
export class SimdRows implements PlaceRows {
  readonly layout: SpikeLayout;
  readonly #shape: RowShape;
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
    this.#shape = rowShapeOf(layout);
    this.#slots = slots;
    this.#kernels = placeKernels(module, this.#memory);
    this.#arrays = rowMemory(this.#memory, this.#shape, slots, 64);
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
    packRow(this.#shape, this.#arrays.pairs, row, spikes);
    this.#arrays.inverse[row] = inverseNorm(spikes);
    this.#arrays.thresholds[row] = threshold;
    this.#arrays.fatigue[row] = 0;
    this.#rows++;
    this.#view = this.#arrays.combined.subarray(0, this.#rows);
  }

  row(row: number): Int8Array {
    return unpackRow(this.#shape, this.#arrays.pairs, row, new Int8Array(this.#shape.size));
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
    this.#arrays.spikes.set(spikes);
    const scale = inverseNormAside(spikes, this.layout.columns, shift);
    return this.#compare(shift, scale, this.#arrays.thresholdsAt, this.#slotAt(slot));
  }

  combine(best: Float32Array, bias: Float32Array, scores: Float32Array): void {
    const { combinedAt, fatigueAt } = this.#arrays;
    let first = 1;
    for (let slot = 0; slot < best.length; slot++) {
      if (Number.isNaN(best[slot] as number)) continue;
      this.#kernels.combine(this.#slotAt(slot), bias[slot] as number, first, combinedAt, this.#rows);
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

  #slotAt(slot: number): number {
    return this.#arrays.slotsAt + 4 * slot * this.#arrays.capacity;
  }

  /** Of the spikes in memory. */
  #compare(shift: number, scale: number, thresholdsAt: number, scoresAt: number): number {
    const { spikesAt, queryAt, weightsAt, pairsAt, inverseAt } = this.#arrays;
    const { lines, line, blocks } = this.#shape;
    this.#kernels.aside(spikesAt, lines, line, shift * this.layout.perCell, queryAt);
    return this.#kernels.compare(
      queryAt,
      pairsAt,
      blocks,
      this.#rows,
      weightsAt,
      inverseAt,
      thresholdsAt,
      scale,
      scoresAt,
    );
  }

  #settle(row: number): void {
    const { pairs, spikes, inverse, thresholds, combined, combinedAt, noneAt } = this.#arrays;
    unpackRow(this.#shape, pairs, row, spikes);
    this.#compare(0, inverse[row] as number, noneAt, combinedAt);
    thresholds[row] = this.#homeostasis.threshold(combined, this.#rows, row);
  }

  #grow(): void {
    const { capacity, pairs, inverse, thresholds, fatigue } = this.#arrays;
    const kept = [pairs.slice(), inverse.slice(), thresholds.slice(), fatigue.slice()] as const;
    this.#arrays = rowMemory(this.#memory, this.#shape, this.#slots, 2 * capacity);
    this.#arrays.pairs.set(kept[0]);
    this.#arrays.inverse.set(kept[1]);
    this.#arrays.thresholds.set(kept[2]);
    this.#arrays.fatigue.set(kept[3]);
  }
}
