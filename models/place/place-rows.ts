import type { SpikeLayout } from './spikes.js';

/**
 * The map: spikes of one frame a row, learned by keeping them, and how alike a query is to each. Rows that answer to
 * everything are held down in two ways: by a threshold that follows from the map alone, and by fatigue, which follows
 * from what a drive has met so far.
 */
export interface PlaceRows {
  readonly layout: SpikeLayout;
  readonly rows: number;
  /** Adds a row and returns its number. */
  add(spikes: Int8Array): number;
  /** Adds a row whose threshold is known. */
  restore(spikes: Int8Array, threshold: number): void;
  /** A copy. */
  row(row: number): Int8Array;
  /** Copies a row to `into`, and returns that. */
  readRow(row: number, into: Int8Array): Int8Array;
  threshold(row: number): number;
  /** Keeps these rows alone, in this order. */
  retain(rows: readonly number[]): void;
  /** Thresholds of all rows against the rows that there are now: for when a drive has ended. */
  settle(): void;
  /**
   * Compares all rows with `spikes` as seen so many columns to the side: at each of `shifts`, but those of which `best`
   * is NaN. Keeps the scores of each in its slot, and the largest in `best`.
   */
  compare(spikes: Int8Array, shifts: readonly number[], best: Float32Array): void;
  /**
   * Of each row the best of the slots that hold scores of this frame (`best` is not NaN), each with its `bias`, less its
   * fatigue.
   */
  combine(best: Float32Array, bias: Float32Array, scores: Float32Array): void;
  /** Rows that came near the best when scores were combined last tire. */
  tire(): void;
  /** No row is tired. */
  rest(): void;
  /** How far each line of the grid counts from now on, in sixteenths. Thresholds go by the weights of the start. */
  weigh(weights: Uint8Array): void;
  /** Of the slot that `compare` filled last. */
  score(slot: number, row: number): number;
}

/**
 * Rows that look like many others answer to everything. Each has half the mean of its largest similarities taken off,
 * but not those of its neighbours, which are the same place a little further.
 */
const similar = 30;
const neighbours = 10;
const homeostasis = 0.5;

/** Of `row`, from its similarities to all rows. */
export class Homeostasis {
  readonly #largest = new Float32Array(similar);

  threshold(similarities: Float32Array, rows: number, row: number): number {
    let kept = 0;
    for (let other = 0; other < rows; other++)
      if (Math.abs(other - row) > neighbours) kept = keep(this.#largest, kept, similarities[other] as number);
    if (kept === 0) return 0;
    let sum = 0;
    for (let place = 0; place < kept; place++) sum += this.#largest[place] as number;
    return Math.fround((homeostasis * sum) / kept);
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

/** 1 ÷ norm, each line times its weight; 0 without spikes, which is like nothing. */
export function inverseNorm(spikes: Int8Array, weights: Uint8Array): number {
  return inverseRoot(squaresOf(spikes, weights));
}

/** Sum of the squares of all spikes, each line times its weight. */
export function squaresOf(spikes: Int8Array, weights: Uint8Array): number {
  const line = spikes.length / weights.length;
  let squares = 0;
  for (let number = 0; number < weights.length; number++)
    squares += (weights[number] as number) * energy(spikes, number * line, line);
  return squares;
}

/** Sum of the squares of `count` spikes. */
export function energy(spikes: Int8Array, from: number, count: number): number {
  let squares = 0;
  for (let at = from; at < from + count; at++) squares += (spikes[at] as number) * (spikes[at] as number);
  return squares;
}

export function inverseRoot(squares: number): number {
  return squares === 0 ? 0 : Math.fround(1 / Math.fround(Math.sqrt(squares)));
}

/** What a query of which a share of the columns alone is on the map counts more. */
export function countsAside(columns: number, shift: number): number {
  return Math.fround(1 / Math.fround(Math.sqrt((columns - Math.abs(shift)) / columns)));
}

/** `spikes` as they lie when seen `shift` columns to the side, each line times its weight; what is not seen is 0. */
export function shifted(
  spikes: Int8Array,
  { columns, perCell }: SpikeLayout,
  shift: number,
  into: Int8Array | Int16Array,
  weights?: Uint8Array,
): void {
  const line = columns * perCell;
  const by = shift * perCell;
  const first = Math.max(0, by);
  const end = Math.min(line, line + by);
  for (let from = 0, number = 0; from < spikes.length; from += line, number++) {
    const weight = weights ? (weights[number] as number) : 1;
    for (let at = from; at < from + first; at++) into[at] = 0;
    for (let at = from + first; at < from + end; at++) into[at] = weight * (spikes[at - by] as number);
    for (let at = from + end; at < from + line; at++) into[at] = 0;
  }
}

/** Single precision: the kernels compute with the same numbers. */
export const fatigue = {
  /** Score behind the best within which a row answers too. */
  reach: Math.fround(0.1),
  /** What all that answered to a frame tire together. */
  rate: Math.fround(0.05),
  /** What is left of fatigue a frame later. */
  keep: Math.fround(0.998),
  /** As much is taken off, together, from so many rows to each side: a stretch that is met often does not tire as one. */
  neighbours,
} as const;
