import { type SpikeLayout, spikesOf } from './spikes.js';

/**
 * Rows that look like many others answer to everything. Each has half the mean of its largest similarities taken off,
 * but not those of its neighbours, which are the same place a little further.
 */
const similar = 30;
const neighbours = 10;
const homeostasis = 0.5;

/** The map: spikes of one frame a row, learned by keeping them. */
export class PlaceRows {
  readonly layout: SpikeLayout;
  readonly #size: number;
  /** What the square of the weight of the vertical gradient is; the first part always counts 1. */
  readonly #weight: number;
  #rows = 0;
  #spikes: Int8Array;
  /** 1 ÷ norm of each row; 0 for a row without spikes, which is like nothing. */
  #inverse: Float32Array;
  #thresholds: Float32Array;
  readonly #best = new Float32Array(similar);

  constructor(layout: SpikeLayout, weight: number) {
    this.layout = layout;
    this.#size = spikesOf(layout);
    this.#weight = weight;
    this.#spikes = new Int8Array(0);
    this.#inverse = new Float32Array(0);
    this.#thresholds = new Float32Array(0);
  }

  get rows(): number {
    return this.#rows;
  }

  /** As stored: four bits a spike, a norm and a threshold of two bytes each. */
  get bytes(): number {
    return this.#rows * (Math.ceil(this.#size / 2) + 4);
  }

  /** Adds a row and returns its number. */
  add(spikes: Int8Array): number {
    const row = this.#rows;
    this.restore(spikes, 0);
    this.#thresholds[row] = this.#threshold(row);
    return row;
  }

  /** Adds a row whose threshold is known. */
  restore(spikes: Int8Array, threshold: number): void {
    const row = this.#rows;
    if (row === this.#inverse.length) this.#grow();
    this.#spikes.set(spikes, row * this.#size);
    this.#inverse[row] = this.inverseNorm(spikes);
    this.#thresholds[row] = threshold;
    this.#rows++;
  }

  /** A view, until the next row is added. */
  row(row: number): Int8Array {
    return this.#spikes.subarray(row * this.#size, (row + 1) * this.#size);
  }

  threshold(row: number): number {
    return this.#thresholds[row] as number;
  }

  /** Keeps these rows alone, in this order. */
  retain(rows: readonly number[]): void {
    const kept = rows.map((row) => ({ spikes: this.row(row).slice(), threshold: this.threshold(row) }));
    this.#rows = 0;
    for (const { spikes, threshold } of kept) this.restore(spikes, threshold);
  }

  /** Thresholds of all rows against the rows that there are now: for when a drive has ended. */
  settle(): void {
    for (let row = 0; row < this.#rows; row++) this.#thresholds[row] = this.#threshold(row);
  }

  inverseNorm(spikes: Int8Array): number {
    const squares = this.#weighted(spikes, spikes, 0);
    return squares === 0 ? 0 : Math.fround(1 / Math.fround(Math.sqrt(squares)));
  }

  /**
   * How alike each row is to `query`, whose 1 ÷ norm `scale` is, less its threshold, into `scores[0 … rows)`. Returns the
   * largest.
   */
  compare(query: Int8Array, scale: number, scores: Float32Array): number {
    let best = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < this.#rows; row++) {
      const dot = this.#weighted(query, this.#spikes, row * this.#size);
      const cosine = Math.fround(Math.fround(dot * scale) * (this.#inverse[row] as number));
      const score = Math.fround(cosine - (this.#thresholds[row] as number));
      scores[row] = score;
      if (score > best) best = score;
    }
    return best;
  }

  /** Sum of products, exact. */
  #weighted(query: Int8Array, rows: Int8Array, from: number): number {
    const part = this.#size / this.layout.parts;
    let first = 0;
    for (let spike = 0; spike < part; spike++) first += (query[spike] as number) * (rows[from + spike] as number);
    let second = 0;
    for (let spike = part; spike < this.#size; spike++)
      second += (query[spike] as number) * (rows[from + spike] as number);
    return first + this.#weight * second;
  }

  #threshold(row: number): number {
    const query = this.row(row);
    const scale = this.#inverse[row] as number;
    let kept = 0;
    for (let other = 0; other < this.#rows; other++) {
      if (Math.abs(other - row) <= neighbours) continue;
      const dot = this.#weighted(query, this.#spikes, other * this.#size);
      kept = keep(this.#best, kept, Math.fround(Math.fround(dot * scale) * (this.#inverse[other] as number)));
    }
    if (kept === 0) return 0;
    let sum = 0;
    for (let place = 0; place < kept; place++) sum += this.#best[place] as number;
    return Math.fround((homeostasis * sum) / kept);
  }

  #grow(): void {
    const capacity = Math.max(64, 2 * this.#rows);
    const spikes = new Int8Array(capacity * this.#size);
    spikes.set(this.#spikes);
    this.#spikes = spikes;
    const inverse = new Float32Array(capacity);
    inverse.set(this.#inverse);
    this.#inverse = inverse;
    const thresholds = new Float32Array(capacity);
    thresholds.set(this.#thresholds);
    this.#thresholds = thresholds;
  }
}

/** Keeps the largest, in descending order. Returns how many are kept now. */
function keep(largest: Float32Array, kept: number, value: number): number {
  if (kept === largest.length && value <= (largest[kept - 1] as number)) return kept;
  let at = kept === largest.length ? kept - 1 : kept;
  while (at > 0 && (largest[at - 1] as number) < value) {
    largest[at] = largest[at - 1] as number;
    at--;
  }
  largest[at] = value;
  return Math.min(kept + 1, largest.length);
}
