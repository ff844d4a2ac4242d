import { type PlaceKernels, placeKernels } from './kernels.js';
import {
  countsAside,
  energy,
  fatigue,
  Homeostasis,
  inverseNorm,
  inverseRoot,
  type PlaceRows,
  squaresOf,
} from './place-rows.js';
import {
  packRow,
  realAt,
  type RowMemory,
  rowMemory,
  type RowShape,
  rowShapeOf,
  unpackRow,
  weighLines,
} from './row-memory.js';
import type { SpikeLayout } from './spikes.js';

/** Rows that are compared at all shifts before the next ones are: what a cache holds. */
const stretch = 256;

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
  /** By columns of shift. */
  readonly #countsAside: Float32Array;
  #arrays: RowMemory;
  #rows = 0;
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
    this.#countsAside = Float32Array.from({ length: layout.columns }, (_, shift) => countsAside(layout.columns, shift));
    this.#initial = weights;
    this.#weights = weights.slice();
    this.#setReals();
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
    const { lines, line, energyPitch } = this.#shape;
    for (let number = 0; number < lines; number++)
      this.#arrays.energies[row * energyPitch + number] = energy(spikes, number * line, line);
    this.#arrays.inverse[row] = inverseNorm(spikes, this.#weights);
    this.#arrays.initial[row] = inverseNorm(spikes, this.#initial);
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

  compare(spikes: Int8Array, shifts: readonly number[], best: Float32Array): void {
    const { reals, spikesAt, inverseAt, thresholdsAt } = this.#arrays;
    const { lines, line } = this.#shape;
    this.#arrays.spikes.set(spikes);
    const norm = inverseRoot(squaresOf(spikes, this.#weights));
    for (let slot = 0; slot < shifts.length; slot++) {
      if (Number.isNaN(best[slot] as number)) continue;
      const shift = shifts[slot] as number;
      this.#kernels.aside(spikesAt, lines, line, shift * this.layout.perCell, this.#queryAt(slot));
      reals[this.#scaleOf(slot)] = norm * (this.#countsAside[Math.abs(shift)] as number);
      reals[this.#bestOf(slot)] = Number.NEGATIVE_INFINITY;
    }
    // Rows of a large map come from memory once, whatever the number of shifts.
    for (let from = 0; from < this.#rows; from += stretch)
      for (let slot = 0; slot < shifts.length; slot++)
        if (!Number.isNaN(best[slot] as number))
          this.#compare(slot, from, Math.min(stretch, this.#rows - from), inverseAt, thresholdsAt, this.#slotAt(slot));
    for (let slot = 0; slot < shifts.length; slot++)
      if (!Number.isNaN(best[slot] as number)) best[slot] = reals[this.#bestOf(slot)] as number;
  }

  combine(best: Float32Array, bias: Float32Array, scores: Float32Array): void {
    const { reals, combinedAt, fatigueAt } = this.#arrays;
    reals.set(bias, realAt.slots);
    let first = 1;
    for (let slot = 0; slot < best.length; slot++) {
      if (Number.isNaN(best[slot] as number)) continue;
      this.#kernels.combine(this.#slotAt(slot), this.#realAt(realAt.slots + slot), first, combinedAt, this.#rows);
      first = 0;
    }
    this.#kernels.relieve(combinedAt, fatigueAt, this.#rows, this.#realAt(realAt.best));
    scores.set(this.#view);
  }

  tire(): void {
    const { combinedAt, fatigueAt } = this.#arrays;
    const law = this.#realAt(realAt.reach);
    this.#kernels.tire(combinedAt, this.#realAt(realAt.best), this.#rows, fatigueAt, law, fatigue.neighbours);
  }

  rest(): void {
    this.#arrays.fatigue.fill(0);
  }

  weigh(weights: Uint8Array): void {
    this.#weights.set(weights);
    weighLines(this.#shape, weights, this.#arrays.weights);
    const { energiesAt, lineWeightsAt, lineWeights, inverseAt } = this.#arrays;
    lineWeights.set(weights);
    this.#kernels.weigh(energiesAt, lineWeightsAt, this.#shape.energyPitch, inverseAt, this.#rows);
  }

  score(slot: number, row: number): number {
    return this.#arrays.slots[slot * this.#arrays.capacity + row] as number;
  }

  #slotAt(slot: number): number {
    return this.#arrays.slotsAt + 4 * slot * this.#arrays.capacity;
  }

  /** The query of a slot with `count` rows. */
  #compare(slot: number, from: number, count: number, inverseAt: number, thresholdsAt: number, scoresAt: number): void {
    const { weightsAt, pairsAt } = this.#arrays;
    const at = 4 * from;
    this.#kernels.compare(
      this.#queryAt(slot),
      pairsAt + from * this.#shape.lines * this.#shape.pitch,
      this.#shape.blocks,
      count,
      weightsAt,
      inverseAt + at,
      thresholdsAt + at,
      this.#realAt(this.#scaleOf(slot)),
      scoresAt + at,
      this.#realAt(this.#bestOf(slot)),
    );
  }

  #settle(row: number): void {
    const { reals, pairs, spikes, spikesAt, weights, initial, initialAt, thresholds, combined, combinedAt, noneAt } =
      this.#arrays;
    unpackRow(this.#shape, pairs, row, spikes);
    weighLines(this.#shape, this.#initial, weights);
    this.#kernels.aside(spikesAt, this.#shape.lines, this.#shape.line, 0, this.#queryAt(0));
    reals[this.#scaleOf(0)] = initial[row] as number;
    this.#compare(0, 0, this.#rows, initialAt, noneAt, combinedAt);
    weighLines(this.#shape, this.#weights, weights);
    thresholds[row] = this.#homeostasis.threshold(combined, this.#rows, row);
  }

  #grow(): void {
    const { capacity, pairs, inverse, thresholds, fatigue, initial, energies } = this.#arrays;
    const kept = [pairs.slice(), inverse.slice(), thresholds.slice(), fatigue.slice(), initial.slice()] as const;
    const energiesKept = energies.slice();
    this.#arrays = rowMemory(this.#memory, this.#shape, this.#slots, 2 * capacity);
    this.#arrays.pairs.set(kept[0]);
    this.#arrays.inverse.set(kept[1]);
    this.#arrays.thresholds.set(kept[2]);
    this.#arrays.fatigue.set(kept[3]);
    this.#arrays.initial.set(kept[4]);
    this.#arrays.energies.set(energiesKept);
    this.#setReals();
  }

  /** What the kernels read besides the rows. */
  #setReals(): void {
    const { reals, weights } = this.#arrays;
    weighLines(this.#shape, this.#weights, weights);
    reals[realAt.reach] = fatigue.reach;
    reals[realAt.rate] = fatigue.rate;
    reals[realAt.keep] = fatigue.keep;
  }

  #queryAt(slot: number): number {
    return this.#arrays.queryAt + 2 * slot * this.#shape.lines * this.#shape.pitch;
  }

  /** Behind the biases. */
  #scaleOf(slot: number): number {
    return realAt.slots + this.#slots + slot;
  }

  #bestOf(slot: number): number {
    return realAt.slots + 2 * this.#slots + slot;
  }

  #realAt(number: number): number {
    return this.#arrays.realsAt + 4 * number;
  }
}
