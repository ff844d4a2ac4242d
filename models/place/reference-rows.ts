import { countsAside, fatigue, Homeostasis, inverseNorm, type PlaceRows, shifted } from './place-rows.js';
import { type SpikeLayout, spikesOf } from './spikes.js';

/** Rows compared in plain code: what the kernels must equal bit for bit. */
export class ReferenceRows implements PlaceRows {
  readonly layout: SpikeLayout;
  readonly #size: number;
  readonly #homeostasis = new Homeostasis();
  readonly #query: Int16Array;
  readonly #initial: Uint8Array;
  #weights: Uint8Array;
  #rows = 0;
  #spikes = new Int8Array(0);
  /** 1 ÷ norm by the weights of now, and by those of the start. */
  #inverse = new Float32Array(0);
  #initialInverse = new Float32Array(0);
  #thresholds = new Float32Array(0);
  #fatigue = new Float32Array(0);
  #similarities = new Float32Array(0);
  #slots: Float32Array[];
  #combined = new Float32Array(0);

  /** `weights` of the lines of the grid, in sixteenths, at the start. */
  constructor(layout: SpikeLayout, slots: number, weights: Uint8Array) {
    this.layout = layout;
    this.#size = spikesOf(layout);
    this.#query = new Int16Array(this.#size);
    this.#initial = weights;
    this.#weights = weights.slice();
    this.#slots = Array.from({ length: slots }, () => new Float32Array(0));
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
    if (row === this.#inverse.length) this.#grow();
    this.#spikes.set(spikes, row * this.#size);
    this.#inverse[row] = inverseNorm(spikes, this.#weights);
    this.#initialInverse[row] = inverseNorm(spikes, this.#initial);
    this.#thresholds[row] = threshold;
    this.#fatigue[row] = 0;
    this.#rows++;
  }

  row(row: number): Int8Array {
    return this.#spikes.slice(row * this.#size, (row + 1) * this.#size);
  }

  readRow(row: number, into: Int8Array): Int8Array {
    into.set(this.row(row));
    return into;
  }

  threshold(row: number): number {
    return this.#thresholds[row] as number;
  }

  retain(rows: readonly number[]): void {
    const kept = rows.map((row) => ({ spikes: this.row(row), threshold: this.threshold(row) }));
    this.#rows = 0;
    for (const { spikes, threshold } of kept) this.restore(spikes, threshold);
  }

  settle(): void {
    for (let row = 0; row < this.#rows; row++) this.#settle(row);
  }

  compare(spikes: Int8Array, shifts: readonly number[], best: Float32Array): void {
    for (let slot = 0; slot < shifts.length; slot++)
      if (!Number.isNaN(best[slot] as number)) best[slot] = this.#compare(spikes, shifts[slot] as number, slot);
  }

  combine(best: Float32Array, bias: Float32Array, scores: Float32Array): void {
    const combined = this.#combined;
    combined.fill(Number.NEGATIVE_INFINITY);
    for (let slot = 0; slot < best.length; slot++) {
      if (Number.isNaN(best[slot] as number)) continue;
      const values = this.#slots[slot] as Float32Array;
      const add = bias[slot] as number;
      for (let row = 0; row < this.#rows; row++)
        combined[row] = Math.max(combined[row] as number, Math.fround((values[row] as number) + add));
    }
    for (let row = 0; row < this.#rows; row++) {
      combined[row] = (combined[row] as number) - (this.#fatigue[row] as number);
      scores[row] = combined[row] as number;
    }
  }

  tire(): void {
    let best = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < this.#rows; row++) best = Math.max(best, this.#combined[row] as number);
    const least = Math.fround(best - fatigue.reach);
    let total = 0;
    for (let row = 0; row < this.#rows; row++) {
      const over = Math.fround((this.#combined[row] as number) - least);
      if (over > 0) total += over;
    }
    const share = Math.fround(fatigue.rate / total);
    for (let row = 0; row < this.#rows; row++) {
      const over = Math.fround((this.#combined[row] as number) - least);
      if (over > 0) this.#tireRow(row, Math.fround(over * share));
    }
    for (let row = 0; row < this.#rows; row++) this.#fatigue[row] = (this.#fatigue[row] as number) * fatigue.keep;
  }

  rest(): void {
    this.#fatigue.fill(0);
  }

  weigh(weights: Uint8Array): void {
    this.#weights.set(weights);
    for (let row = 0; row < this.#rows; row++) this.#inverse[row] = inverseNorm(this.row(row), this.#weights);
  }

  score(slot: number, row: number): number {
    return (this.#slots[slot] as Float32Array)[row] as number;
  }

  #compare(spikes: Int8Array, shift: number, slot: number): number {
    shifted(spikes, this.layout, shift, this.#query, this.#weights);
    const scale = Math.fround(inverseNorm(spikes, this.#weights) * countsAside(this.layout.columns, shift));
    const scores = this.#slots[slot] as Float32Array;
    let best = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < this.#rows; row++) {
      const score = Math.fround(this.#cosine(scale, this.#inverse, row) - (this.#thresholds[row] as number));
      scores[row] = score;
      if (score > best) best = score;
    }
    return best;
  }

  #tireRow(row: number, amount: number): void {
    const from = Math.max(row - fatigue.neighbours, 0);
    const to = Math.min(row + fatigue.neighbours + 1, this.#rows);
    const each = Math.fround(amount / (to - from));
    for (let near = from; near < to; near++) this.#fatigue[near] = (this.#fatigue[near] as number) - each;
    this.#fatigue[row] = (this.#fatigue[row] as number) + amount;
  }

  /** Of the query that was weighted last. */
  #cosine(scale: number, inverse: Float32Array, row: number): number {
    let dot = 0;
    for (let spike = 0, at = row * this.#size; spike < this.#size; spike++, at++)
      dot += (this.#query[spike] as number) * (this.#spikes[at] as number);
    return Math.fround(Math.fround(dot * scale) * (inverse[row] as number));
  }

  #settle(row: number): void {
    shifted(this.row(row), this.layout, 0, this.#query, this.#initial);
    const scale = this.#initialInverse[row] as number;
    for (let other = 0; other < this.#rows; other++)
      this.#similarities[other] = this.#cosine(scale, this.#initialInverse, other);
    this.#thresholds[row] = this.#homeostasis.threshold(this.#similarities, this.#rows, row);
  }

  #grow(): void {
    const capacity = Math.max(64, 2 * this.#rows);
    const larger = (old: Float32Array): Float32Array<ArrayBuffer> => {
      const grown = new Float32Array(capacity);
      grown.set(old);
      return grown;
    };
    const spikes = new Int8Array(capacity * this.#size);
    spikes.set(this.#spikes);
    this.#spikes = spikes;
    this.#inverse = larger(this.#inverse);
    this.#initialInverse = larger(this.#initialInverse);
    this.#thresholds = larger(this.#thresholds);
    this.#fatigue = larger(this.#fatigue);
    this.#similarities = new Float32Array(capacity);
    this.#combined = new Float32Array(capacity);
    this.#slots = this.#slots.map(larger);
  }
}
