import { log } from '../../runtime/signal/math.js';

/** Of the frames that it takes. */
export const frameWidth = 64;
export const frameHeight = 32;
/** Cells over which the gradients of a frame are pooled. */
export interface GradientGrid {
  readonly rows: number;
  readonly columns: number;
  /** Pixels from cell to cell. */
  readonly stride: number;
  /** Weights of the pixels around a cell in one direction, from the one before it; in sum 2 to the power of `bits` / 2. */
  readonly pooling: readonly number[];
  readonly bits: number;
  /** Horizontal gradient; or horizontal and vertical. */
  readonly parts: 1 | 2;
  /** Cells to each side that a cell is compared with. */
  readonly radius: number;
}

export const coarseGrid: GradientGrid = {
  rows: 8,
  columns: 16,
  stride: 4,
  pooling: [1, 3, 4, 4, 3, 1],
  bits: 8,
  parts: 2,
  radius: 2,
};
/** For single pictures: what moves between two visits is small, and the vertical gradient changes with the light. */
export const fineGrid: GradientGrid = {
  rows: 16,
  columns: 32,
  stride: 2,
  pooling: [1, 3, 3, 1],
  bits: 6,
  parts: 1,
  radius: 4,
};
export const { rows: gridRows, columns: gridColumns } = coarseGrid;

/** Two half-waves of each part in each cell. */
export function cellsOf({ parts, rows, columns }: GradientGrid): number {
  return parts * rows * columns * 2;
}
export const contrastCells = cellsOf(coarseGrid);

/** round(1024 ln(grey + 16)): contrast is a ratio, but not in the dark. */
export const logGrey = Uint16Array.from({ length: 256 }, (_, grey) => Math.round(1024 * log(grey + 16)));
/** round(256 ln(energy + 205)) of all energies that there are. */
export const logEnergy = Uint16Array.from({ length: 2899 }, (_, energy) => Math.round(256 * log(energy + 205)));

/**
 * Local contrast of a grey frame of 64 x 32: energies of brighter and darker to the right (and downwards), pooled over
 * cells, as logarithms less their mean over the cells and directions around. Whole numbers throughout.
 */
export class Gradients {
  /** [part][row][column][half-wave] */
  readonly contrast: Int32Array;
  readonly #grid: GradientGrid;
  readonly #light = new Int32Array(frameHeight * frameWidth);
  /** To the right, and downwards. */
  readonly #gradients = [new Int32Array(frameHeight * frameWidth), new Int32Array(frameHeight * frameWidth)] as const;
  readonly #energy: Int32Array;
  /** Of all energies of each cell. */
  readonly #sums: Int32Array;

  constructor(grid: GradientGrid = coarseGrid) {
    this.#grid = grid;
    this.contrast = new Int32Array(cellsOf(grid));
    this.#energy = new Int32Array(cellsOf(grid));
    this.#sums = new Int32Array(grid.rows * grid.columns);
  }

  /** Throws RangeError for a frame of another size. */
  see(frame: Uint8Array): void {
    if (frame.length !== frameHeight * frameWidth)
      throw new RangeError(`a frame of ${frame.length} bytes: it takes ${frameWidth} x ${frameHeight} grey pixels.`);
    for (let pixel = 0; pixel < frame.length; pixel++) this.#light[pixel] = logGrey[frame[pixel] as number] as number;
    this.#differentiate();
    this.#poolAll();
    this.#removeLocalMean();
  }

  #differentiate(): void {
    const [across, down] = this.#gradients;
    for (let y = 0; y < frameHeight; y++)
      for (let x = 0; x < frameWidth; x++) {
        across[y * frameWidth + x] = this.#at(y, x + 1) - this.#at(y, x - 1);
        down[y * frameWidth + x] = this.#at(y + 1, x) - this.#at(y - 1, x);
      }
  }

  #poolAll(): void {
    const { rows, columns, parts } = this.#grid;
    this.#sums.fill(0);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let part = 0; part < parts; part++)
          for (let half = 0; half < 2; half++) {
            const cell = row * columns + column;
            const gradient = this.#gradients[part === 0 ? 0 : 1];
            const energy = logEnergy[this.#pool(gradient, row, column, half === 0 ? 1 : -1)] as number;
            this.#energy[(part * this.#sums.length + cell) * 2 + half] = energy;
            this.#sums[cell] = (this.#sums[cell] as number) + energy;
          }
  }

  #pool(gradient: Int32Array, row: number, column: number, sign: number): number {
    const { stride, pooling, bits } = this.#grid;
    let sum = 0;
    for (let down = 0; down < pooling.length; down++)
      for (let right = 0; right < pooling.length; right++) {
        const y = within(row * stride - 1 + down, frameHeight);
        const x = within(column * stride - 1 + right, frameWidth);
        const wave = Math.max(0, sign * (gradient[y * frameWidth + x] as number));
        sum += (pooling[down] as number) * (pooling[right] as number) * wave;
      }
    return sum >> bits;
  }

  #at(y: number, x: number): number {
    return this.#light[within(y, frameHeight) * frameWidth + within(x, frameWidth)] as number;
  }

  #removeLocalMean(): void {
    const { rows, columns, parts, radius } = this.#grid;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        let count = 0;
        for (let y = Math.max(0, row - radius); y <= Math.min(rows - 1, row + radius); y++)
          for (let x = Math.max(0, column - radius); x <= Math.min(columns - 1, column + radius); x++) {
            sum += this.#sums[y * columns + x] as number;
            count += 2 * parts;
          }
        const mean = Math.floor((sum + count / 2) / count);
        for (let part = 0; part < parts; part++)
          for (let half = 0; half < 2; half++) {
            const at = (part * this.#sums.length + row * columns + column) * 2 + half;
            this.contrast[at] = (this.#energy[at] as number) - mean;
          }
      }
  }
}

/** The nearest of 0 … size - 1. */
function within(at: number, size: number): number {
  return Math.max(0, Math.min(size - 1, at));
}
