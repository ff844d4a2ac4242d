import { type SpikeLayout, spikesOf } from './spikes.js';

const pageBytes = 65536;
const firstAt = 1024;
/** Spikes that a kernel multiplies before it weights them: lines of the grid are filled up with zeros to whole blocks. */
const block = 32;

/** How the spikes of a frame lie for the kernels. */
export interface RowShape {
  readonly size: number;
  /** Lines of the grid, spikes of a line, and numbers of a line with what fills it up. */
  readonly lines: number;
  readonly line: number;
  readonly pitch: number;
  /** Of all lines. */
  readonly blocks: number;
  /** Numbers of all lines, filled up to whole vectors. */
  readonly energyPitch: number;
}

/** Real numbers that pass between rows and kernels, by their place among them; behind them, three of each slot. */
export const realAt = { best: 0, reach: 1, rate: 2, keep: 3, slots: 4 } as const;

export function rowShapeOf(layout: SpikeLayout): RowShape {
  const lines = layout.parts * layout.rows;
  const line = layout.columns * layout.perCell;
  const pitch = Math.ceil(line / block) * block;
  return { size: spikesOf(layout), lines, line, pitch, blocks: (lines * pitch) / block, energyPitch: (lines + 7) & ~7 };
}

/** Addresses and views of what the kernels of rows work on. */
export interface RowMemory {
  readonly capacity: number;
  readonly realsAt: number;
  readonly spikesAt: number;
  /** One of each slot. */
  readonly queryAt: number;
  readonly weightsAt: number;
  readonly lineWeightsAt: number;
  readonly energiesAt: number;
  readonly pairsAt: number;
  readonly inverseAt: number;
  /** By the weights of the start. */
  readonly initialAt: number;
  readonly thresholdsAt: number;
  /** Zeros. */
  readonly noneAt: number;
  readonly fatigueAt: number;
  readonly combinedAt: number;
  readonly slotsAt: number;
  readonly reals: Float32Array;
  /** Of the query. */
  readonly spikes: Int8Array;
  /** Of the blocks, twice: for even rows and odd ones. */
  readonly weights: Int16Array;
  /** Of the lines, and the squares of each line of each row; filled up to whole vectors. */
  readonly lineWeights: Int16Array;
  readonly energies: Int16Array;
  /** Of pairs of rows: a spike of the even one and 4096 times that of the odd one. */
  readonly pairs: Int16Array;
  /** Single precision, a number a row. */
  readonly inverse: Float32Array;
  readonly initial: Float32Array;
  readonly thresholds: Float32Array;
  readonly fatigue: Float32Array;
  readonly combined: Float32Array;
  readonly slots: Float32Array;
}

/** In `memory` from its beginning; what it held is void. Rows that are not there score −∞. */
export function rowMemory(memory: WebAssembly.Memory, shape: RowShape, slots: number, capacity: number): RowMemory {
  const row = 2 * block * shape.blocks;
  const array = 4 * capacity;
  const energy = 2 * shape.energyPitch;
  const realsAt = firstAt;
  const spikesAt = realsAt + ((4 * (realAt.slots + 3 * slots) + 15) & ~15);
  const queryAt = spikesAt + ((shape.size + 15) & ~15);
  const weightsAt = queryAt + slots * row;
  const lineWeightsAt = weightsAt + block * shape.blocks;
  const energiesAt = lineWeightsAt + energy;
  const pairsAt = energiesAt + energy * capacity;
  const inverseAt = pairsAt + (row * capacity) / 2;
  const initialAt = inverseAt + array;
  const thresholdsAt = initialAt + array;
  const noneAt = thresholdsAt + array;
  const fatigueAt = noneAt + array;
  const combinedAt = fatigueAt + array;
  const slotsAt = combinedAt + array;
  const end = slotsAt + slots * array;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  const { buffer } = memory;
  new Uint8Array(buffer, firstAt, end - firstAt).fill(0);
  const real = (at: number): Float32Array => new Float32Array(buffer, at, capacity);
  return {
    capacity,
    realsAt,
    spikesAt,
    queryAt,
    weightsAt,
    lineWeightsAt,
    energiesAt,
    pairsAt,
    inverseAt,
    initialAt,
    thresholdsAt,
    noneAt,
    fatigueAt,
    combinedAt,
    slotsAt,
    reals: new Float32Array(buffer, realsAt, realAt.slots + 3 * slots),
    spikes: new Int8Array(buffer, spikesAt, shape.size),
    weights: new Int16Array(buffer, weightsAt, (block / 2) * shape.blocks),
    lineWeights: new Int16Array(buffer, lineWeightsAt, shape.energyPitch),
    energies: new Int16Array(buffer, energiesAt, shape.energyPitch * capacity),
    pairs: new Int16Array(buffer, pairsAt, (row * capacity) / 4),
    inverse: real(inverseAt),
    initial: real(initialAt),
    thresholds: real(thresholdsAt).fill(Number.POSITIVE_INFINITY),
    fatigue: real(fatigueAt),
    combined: real(combinedAt),
    slots: new Float32Array(buffer, slotsAt, slots * capacity),
  };
}

/** Lets each line count by its weight: in each block, weights of even rows and zeros in turns, then those of odd ones. */
export function weighLines({ pitch }: RowShape, lines: Uint8Array, weights: Int16Array): void {
  const numbers = pitch / 2;
  for (let line = 0, at = 0; line < lines.length; line++)
    for (const end = at + numbers; at < end; at += 2) weights[at + (at & 8 ? 1 : 0)] = lines[line] as number;
}

/** Keeps a row. An even one is kept before the odd one that shares its numbers. */
export function packRow({ line, lines, pitch }: RowShape, pairs: Int16Array, row: number, spikes: Int8Array): void {
  let to = (row >> 1) * lines * pitch;
  for (let from = 0; from < spikes.length; from += line, to += pitch)
    for (let at = 0; at < line; at++) {
      const spike = spikes[from + at] as number;
      pairs[to + at] = row % 2 === 0 ? spike : (pairs[to + at] as number) + (spike << 12);
    }
}

export function unpackRow(shape: RowShape, pairs: Int16Array, row: number, spikes: Int8Array): Int8Array {
  const { line, lines, pitch } = shape;
  let from = (row >> 1) * lines * pitch;
  for (let to = 0; to < spikes.length; to += line, from += pitch)
    for (let at = 0; at < line; at++) {
      const both = pairs[from + at] as number;
      const even = (both << 20) >> 20;
      spikes[to + at] = row % 2 === 0 ? even : (both - even) >> 12;
    }
  return spikes;
}
