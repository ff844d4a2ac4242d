import { type PlaceKernels, placeKernels } from './kernels.js';
import { countsAside, energy, fatigue, Homeostasis, inverseNorm, inverseRoot, type PlaceRows } from './place-rows.js';
import { packRow, type RowMemory, rowMemory, type RowShape, rowShapeOf, unpackRow, weighLines } from './row-memory.js';
import type { SpikeLayout } from './spikes.js';

/** `ReferenceRows`, bit for bit, by vector kernels. A row takes a byte a spike here. */
export class SimdRows implements PlaceRows {
  readonly layout: SpikeLayout;
  readonly #shape: RowShape;
  readonly #slots: number;
  readonly #homeostasis = new Homeostasis();
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: PlaceKernels;
  readonly #initial: Uint8Array;
  readonly #weights: Uint8Array;
  /** Squares of each line of each row. */
  #energies: Uint16Array;
  #arrays: RowMemory;
  #rows = 0;
  /** Of the scores combined last. */
  #best = Number.NEGATIVE_INFINITY;
  /** Scores of the rows that there are. */
  #view: Float32Array;

  /** `weights` of the lines of the grid, in sixteenths, at the start. */
  constructor(module: WebAssembly.Module, layout: SpikeLayout, slots: number, weights: Uint8Array) {
    this.layout = layout;
    this.#shape = rowShapeOf(layout);
    this.#slots = slots;
    this.#kernels = placeKernels(module, this.#memory);
    this.#arrays = rowMemory(this.#memory, this.#shape, slots, 64);
    this.#view = this.#arrays.combined.subarray(0, 0);
    this.#initial = weights;
    this.#weights = weights.slice();
    this.#energies = new Uint16Array(64 * weights.length);
    weighLines(this.#shape, this.#weights, this.#arrays.weights);
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
    const { lines, line } = this.#shape;
    for (let number = 0; number < lines; number++)
      this.#energies[row * lines + number] = energy(spikes, number * line, line);
    this.#arrays.inverse[row] = this.#inverse(row, this.#weights);
    this.#arrays.initial[row] = this.#inverse(row, this.#initial);
    this.#arrays.thresholds[row] = threshold;
    this.#arrays.fatigue[row] = 0;
    this.#rows++;
    this.#view = this.#arrays.combined.subarray(0, this.#rows);
  }

  row(row: number): Int8Array {
    return this.readRow(row, new Int8Array(this.#shape.size));
  }

  readRow(row: number, into: Int8Array): Int8Array {
    return unpackRow(this.#shape, this.#arrays.pairs, row, into);
  }

  threshold(row: number): number {
    return this.#arrays.thresholds[row] as number;
  }

  retain(rows: readonly number[]): void {
    const kept = rows.map((row) => ({ spikes: this.row(row), threshold: this.threshold(row) }));
    this.#rows = 0;
    this.#view = this.#arrays.combined.subarray(0, 0);
    this.#arrays.inverse.fill(0);
    this.#arrays.initial.fill(0);
    this.#arrays.thresholds.fill(Number.POSITIVE_INFINITY);
    for (const { spikes, threshold } of kept) this.restore(spikes, threshold);
  }

  settle(): void {
    for (let row = 0; row < this.#rows; row++) this.#settle(row);
  }

  compare(spikes: Int8Array, shift: number, slot: number): number {
    this.#arrays.spikes.set(spikes);
    const scale = Math.fround(inverseNorm(spikes, this.#weights) * countsAside(this.layout.columns, shift));
    const { inverseAt, thresholdsAt } = this.#arrays;
    return this.#compare(shift, scale, inverseAt, thresholdsAt, this.#slotAt(slot));
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

  weigh(weights: Uint8Array): void {
    this.#weights.set(weights);
    weighLines(this.#shape, weights, this.#arrays.weights);
    const { inverse } = this.#arrays;
    for (let row = 0; row < this.#rows; row++) inverse[row] = this.#inverse(row, weights);
  }

  score(slot: number, row: number): number {
    return this.#arrays.slots[slot * this.#arrays.capacity + row] as number;
  }

  #inverse(row: number, weights: Uint8Array): number {
    const { lines } = this.#shape;
    let squares = 0;
    for (let number = 0, at = row * lines; number < lines; number++, at++)
      squares += (weights[number] as number) * (this.#energies[at] as number);
    return inverseRoot(squares);
  }

  #slotAt(slot: number): number {
    return this.#arrays.slotsAt + 4 * slot * this.#arrays.capacity;
  }

  /** Of the spikes in memory. */
  #compare(shift: number, scale: number, inverseAt: number, thresholdsAt: number, scoresAt: number): number {
    const { spikesAt, queryAt, weightsAt, pairsAt } = this.#arrays;
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
    const { pairs, spikes, weights, initial, initialAt, thresholds, combined, combinedAt, noneAt } = this.#arrays;
    unpackRow(this.#shape, pairs, row, spikes);
    weighLines(this.#shape, this.#initial, weights);
    this.#compare(0, initial[row] as number, initialAt, noneAt, combinedAt);
    weighLines(this.#shape, this.#weights, weights);
    thresholds[row] = this.#homeostasis.threshold(combined, this.#rows, row);
  }

  #grow(): void {
    const { capacity, pairs, inverse, thresholds, fatigue, initial } = this.#arrays;
    const kept = [pairs.slice(), inverse.slice(), thresholds.slice(), fatigue.slice(), initial.slice()] as const;
    const energies = this.#energies;
    this.#energies = new Uint16Array(2 * energies.length);
    this.#energies.set(energies);
    this.#arrays = rowMemory(this.#memory, this.#shape, this.#slots, 2 * capacity);
    this.#arrays.pairs.set(kept[0]);
    this.#arrays.inverse.set(kept[1]);
    this.#arrays.thresholds.set(kept[2]);
    this.#arrays.fatigue.set(kept[3]);
    this.#arrays.initial.set(kept[4]);
    weighLines(this.#shape, this.#weights, this.#arrays.weights);
  }
}
