import { greyMemory } from '../front-end.js';
import { coarseGrid, contrastCells, frameHeight, frameWidth, Gradients } from '../gradients.js';
import { mostSpike } from '../spikes.js';
import type { Fragment } from './associative-memory.js';

const { rows, columns, stride } = coarseGrid;
/** Of the vertical gradient: snow and a low sun change it more than the horizontal one. */
const verticalWeight = 0.75;

/**
 * Spikes of a grey frame of 64 x 32 of which a part is hidden: cropped, masked, or behind something without any
 * structure. A cell is hidden where all pixels that it looks at are equal, and beside such a cell, where the edge of
 * what hides it is. Frames follow each other along a way; the running mean of a cell is over the frames that showed it.
 */
export class PartialView implements Fragment {
  readonly spikes = new Int8Array(contrastCells);
  readonly known = new Int8Array(contrastCells);
  readonly #gradients = new Gradients();
  /** Of each spike: mean in 1/256, and frames that it is of, besides a first one of zeros. */
  readonly #mean = new Int32Array(contrastCells);
  readonly #seen = new Int32Array(contrastCells);
  readonly #values = new Int32Array(contrastCells);
  readonly #flat = new Uint8Array(rows * columns);

  begin(): void {
    this.#mean.fill(0);
    this.#seen.fill(0);
  }

  /** False: nothing that is known stands out. @throws RangeError for a frame of another size */
  see(frame: Uint8Array): boolean {
    this.#gradients.see(frame);
    this.#findKnown(frame);
    let sum = 0;
    let count = 0;
    for (let spike = 0; spike < contrastCells; spike++) {
      this.#values[spike] = 0;
      if (this.known[spike] === 0) continue;
      const value = this.#lessMean(spike, this.#gradients.contrast[spike] as number);
      this.#values[spike] = value;
      sum += Math.abs(value);
      count++;
    }
    const scale = sum === 0 ? 0 : (2 * count) / sum;
    for (let spike = 0; spike < contrastCells; spike++) {
      const factor = 2 * spike < contrastCells ? scale : scale * verticalWeight;
      const graded = Math.round((this.#values[spike] as number) * factor);
      this.spikes[spike] = Math.max(-mostSpike, Math.min(mostSpike, graded));
    }
    return sum > 0;
  }

  #lessMean(spike: number, value: number): number {
    const frames = Math.min((this.#seen[spike] as number) + 2, greyMemory);
    this.#seen[spike] = frames - 1;
    const before = this.#mean[spike] as number;
    const mean = before + Math.floor(((value << 8) - before) / frames);
    this.#mean[spike] = mean;
    return value - (mean >> 8);
  }

  #findKnown(frame: Uint8Array): void {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        this.#flat[row * columns + column] = isFlat(frame, row, column) ? 1 : 0;
    for (let spike = 0; spike < contrastCells; spike++) {
      const cell = Math.floor(spike / 2) % (rows * columns);
      this.known[spike] = this.#besideFlat(Math.floor(cell / columns), cell % columns) ? 0 : 1;
    }
  }

  #besideFlat(row: number, column: number): boolean {
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
        if (this.#flat[y * columns + x] === 1) return true;
    return false;
  }
}

/** All pixels that a cell's gradients are made of are equal. */
function isFlat(frame: Uint8Array, row: number, column: number): boolean {
  const [top, bottom] = [Math.max(0, row * stride - 2), Math.min(frameHeight - 1, row * stride + stride + 1)];
  const [left, right] = [Math.max(0, column * stride - 2), Math.min(frameWidth - 1, column * stride + stride + 1)];
  const grey = frame[top * frameWidth + left];
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) if (frame[y * frameWidth + x] !== grey) return false;
  return true;
}
