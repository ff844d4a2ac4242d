import type { EventBlock } from '../../runtime/contracts.js';

/** Hot pixels of a sensor of this size, looked for during so many seconds. */
export interface FoundHotPixels {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly pixels: [x: number, y: number][];
}

/**
 * Finds pixels that fire by themselves: often, and far more often than most of their neighbours. An edge in the picture
 * runs over neighbours too, so scenes with much movement mask nothing.
 */
export class HotPixelSearch {
  readonly width: number;
  readonly height: number;
  readonly #counts: Uint32Array;
  #fromUs = Infinity;
  #toUs = -Infinity;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#counts = new Uint32Array(width * height);
  }

  get seconds(): number {
    return Math.max(0, this.#toUs - this.#fromUs) / 1e6;
  }

  add({ x, y, timeUs, events }: EventBlock): void {
    for (let at = 0; at < events; at++) {
      const pixel = (y[at] as number) * this.width + (x[at] as number);
      if (pixel < this.#counts.length) this.#counts[pixel] = (this.#counts[pixel] as number) + 1;
      const now = timeUs[at] as number;
      if (now < this.#fromUs) this.#fromUs = now;
      if (now > this.#toUs) this.#toUs = now;
    }
  }

  /** Column and row of each, in reading order. Of less than a second nothing is concluded. */
  pixels(): [x: number, y: number][] {
    const found: [number, number][] = [];
    if (this.seconds < 1) return found;
    const least = leastHz * this.seconds;
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const count = this.#counts[y * this.width + x] as number;
        if (count > least && count > timesNeighbours * (this.#neighbours(x, y) + 1)) found.push([x, y]);
      }
    }
    return found;
  }

  /** The median count around a pixel: one more hot one beside it does not hide it. */
  #neighbours(x: number, y: number): number {
    const counts: number[] = [];
    for (let row = Math.max(0, y - 1); row <= Math.min(this.height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(this.width - 1, x + 1); column++) {
        if (row !== y || column !== x) counts.push(this.#counts[row * this.width + column] as number);
      }
    }
    counts.sort((a, b) => a - b);
    return counts[counts.length >> 1] as number;
  }
}

/** Noise of a healthy pixel is 0.1 to 1 Hz; what a hot one sends matters from about ten times that on. */
const leastHz = 10;
const timesNeighbours = 10;
