import { designSections } from '../../signal/design.js';
import { filterBothWays } from '../zero-phase.js';

/** Means over stimuli, on a grid from a second before to two seconds behind them. */
export interface LockedAverage {
  /** Stimuli that count: those whose stretch of signal is whole. */
  readonly n: number;
  /** Seconds from the stimulus. */
  readonly times: Float64Array;
  /** Mean signal, less its mean in the second before. */
  readonly signal: Float64Array;
  /** Mean power from 11 to 16 Hz over a quarter of a second, as a ratio to its mean from 0.9 to 0.2 s before. */
  readonly sigma: Float64Array;
}

const before = 1;
const after = 2;
/** Filters begin and end so far outside. */
const margin = 1;

/** Cuts a stretch around each stimulus out of a signal that goes by. */
export class LockedPieces {
  /** In the order of `stimuli`; undefined where the signal has a hole there. */
  readonly pieces: (Float64Array | undefined)[] = [];
  readonly #stimuli: readonly number[];
  readonly #lead: number;
  readonly #length: number;
  readonly #ring: Float64Array;
  #runStart = 0;
  #next = -1;

  /** `stimuli` in frames from the first, sorted. */
  constructor(rate: number, stimuli: readonly number[]) {
    this.#stimuli = stimuli.map(Math.round);
    this.#lead = Math.round((before + margin) * rate);
    this.#length = this.#lead + Math.round((after + margin) * rate);
    this.#ring = new Float64Array(this.#length);
  }

  push(values: Float64Array, length: number, first: number): void {
    if (first !== this.#next) this.#runStart = first;
    this.#next = first + length;
    for (let n = 0; n < length; n++) {
      const frame = first + n;
      this.#ring[frame % this.#length] = values[n] as number;
      for (let at = this.#end(); at !== undefined && at <= frame + 1; at = this.#end()) this.#cut(at, frame + 1);
    }
  }

  finish(): void {
    while (this.pieces.length < this.#stimuli.length) this.pieces.push(undefined);
  }

  /** Where the piece of the next stimulus ends. */
  #end(): number | undefined {
    const stimulus = this.#stimuli[this.pieces.length];
    return stimulus === undefined ? undefined : stimulus - this.#lead + this.#length;
  }

  #cut(end: number, now: number): void {
    const start = end - this.#length;
    const isWhole = end === now && start >= this.#runStart;
    this.pieces.push(
      isWhole ? Float64Array.from(this.#ring, (_, n) => this.#ring[(start + n) % this.#length] as number) : undefined,
    );
  }
}

/** Undefined where no piece is whole. */
export function averageLocked(pieces: readonly (Float64Array | undefined)[], rate: number): LockedAverage | undefined {
  const whole = pieces.filter((piece) => piece !== undefined);
  const [first] = whole;
  if (!first) return undefined;
  const skip = Math.round(margin * rate);
  const zero = Math.round(before * rate);
  const length = first.length - 2 * skip;
  const signal = new Float64Array(length);
  const power = new Float64Array(length);
  const band = designSections({ type: 'bandpass', from: 11, to: 16 }, rate, 2);
  const half = Math.round(rate / 8);
  for (const piece of whole) {
    const centre = meanOf(piece, skip, skip + zero);
    const sigma = filterBothWays(band, piece);
    for (let n = 0; n < length; n++) {
      signal[n] = (signal[n] as number) + ((piece[skip + n] as number) - centre) / whole.length;
      let sum = 0;
      for (let near = -half; near <= half; near++) sum += (sigma[skip + n + near] as number) ** 2;
      power[n] = (power[n] as number) + sum / (2 * half + 1) / whole.length;
    }
  }
  const base = meanOf(power, zero - Math.round(0.9 * rate), zero - Math.round(0.2 * rate));
  return {
    n: whole.length,
    times: Float64Array.from({ length }, (_, n) => (n - zero) / rate),
    signal,
    sigma: power.map((value) => value / base),
  };
}

function meanOf(values: Float64Array, from: number, to: number): number {
  return values.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
}
