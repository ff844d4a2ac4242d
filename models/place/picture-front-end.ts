import { cellsOf, coarseGrid, fineGrid, Gradients } from './gradients.js';
import { type FrontEnd, type SpikeLayout, toSpikes } from './spikes.js';

/** Of the vertical gradient: snow and a low sun change it more than the horizontal one. */
export const pictureWeight = 0.75;

const coarseCells = cellsOf(coarseGrid);
export const pictureCells = coarseCells + cellsOf(fineGrid);

/**
 * Behind the coarse grid the fine one, as four coarse ones of every second row and column, so that all parts are alike
 * and shift together.
 */
export const pictureLayout: SpikeLayout = { parts: 6, rows: coarseGrid.rows, columns: coarseGrid.columns, perCell: 2 };

/** Grey pictures of 64 x 32, each of which stands for itself: they are seen on two grids. */
export class PictureFrontEnd implements FrontEnd {
  readonly layout = pictureLayout;
  readonly spikes = new Int8Array(pictureCells);
  readonly still = false;
  readonly #coarse = new Gradients(coarseGrid);
  readonly #fine = new Gradients(fineGrid);
  readonly #values = new Int32Array(pictureCells);
  readonly #coarseValues = this.#values.subarray(0, coarseCells);
  readonly #fineValues = this.#values.subarray(coarseCells);
  readonly #coarseSpikes = this.spikes.subarray(0, coarseCells);
  readonly #fineSpikes = this.spikes.subarray(coarseCells);

  begin(): void {
    // Nothing is kept from one picture to the next.
  }

  look(frame: Uint8Array): Int32Array {
    this.#coarse.see(frame);
    this.#fine.see(frame);
    this.#values.set(this.#coarse.contrast);
    const { rows, columns } = coarseGrid;
    for (let row = 0; row < fineGrid.rows; row++)
      for (let column = 0; column < fineGrid.columns; column++) {
        const from = 2 * (row * fineGrid.columns + column);
        const part = 2 + 2 * (row & 1) + (column & 1);
        const to = 2 * ((part * rows + (row >> 1)) * columns + (column >> 1));
        this.#values[to] = this.#fine.contrast[from] as number;
        this.#values[to + 1] = this.#fine.contrast[from + 1] as number;
      }
    return this.#values;
  }

  see(frame: Uint8Array): boolean {
    this.look(frame);
    const coarse = toSpikes(this.#coarseValues, pictureWeight, this.#coarseSpikes);
    const fine = toSpikes(this.#fineValues, 1, this.#fineSpikes);
    return coarse || fine;
  }
}
