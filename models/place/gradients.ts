import { log } from '../../runtime/signal/math.js';

/** Of the frames that it takes. */
export const frameWidth = 64;
export const frameHeight = 32;
/** Of the cells that it gives, each four pixels apart. */
export const gridColumns = 16;
export const gridRows = 8;
const stride = 4;
/** Two parts (horizontal, vertical gradient) of two half-waves in each cell. */
export const contrastCells = 2 * gridRows * gridColumns * 2;

/** round(1024 ln(grey + 16)): contrast is a ratio, but not in the dark. */
export const logGrey = Uint16Array.from({ length: 256 }, (_, grey) => Math.round(1024 * log(grey + 16)));
/** round(256 ln(energy + 205)) of all energies that there are. */
export const logEnergy = Uint16Array.from({ length: 2899 }, (_, energy) => Math.round(256 * log(energy + 205)));
/** Of the six pixels around a cell in one direction. */
const pooling = [1, 3, 4, 4, 3, 1];
/** Cells to each side that a cell is compared with. */
const radius = 2;

/**
 * Local contrast of a grey frame of 64 x 32: energies of brighter and darker to the right and downwards, pooled over
 * cells, as logarithms less their mean over the 5 x 5 cells and four directions around. Whole numbers throughout.
 */
export class Gradients {
  /** [part][row][column][half-wave] */
  readonly contrast = new Int32Array(contrastCells);
  readonly #light = new Int32Array(frameHeight * frameWidth);
  readonly #energy = new Int32Array(contrastCells);
  /** Of the four energies of each cell. */
  readonly #sums = new Int32Array(gridRows * gridColumns);

  /** Throws RangeError for a frame of another size. */
  see(frame: Uint8Array): void {
    if (frame.length !== frameHeight * frameWidth)
      throw new RangeError(`a frame of ${frame.length} bytes: it takes ${frameWidth} x ${frameHeight} grey pixels.`);
    for (let pixel = 0; pixel < frame.length; pixel++) this.#light[pixel] = logGrey[frame[pixel] as number] as number;
    this.#poolAll();
    this.#removeLocalMean();
  }

  #poolAll(): void {
    this.#sums.fill(0);
    for (let row = 0; row < gridRows; row++)
      for (let column = 0; column < gridColumns; column++)
        for (let part = 0; part < 2; part++)
          for (let half = 0; half < 2; half++) {
            const cell = row * gridColumns + column;
            const energy = logEnergy[this.#pool(row, column, part, half)] as number;
            this.#energy[(part * this.#sums.length + cell) * 2 + half] = energy;
            this.#sums[cell] = (this.#sums[cell] as number) + energy;
          }
  }

  #pool(row: number, column: number, part: number, half: number): number {
    let sum = 0;
    for (let down = 0; down < pooling.length; down++)
      for (let right = 0; right < pooling.length; right++) {
        const y = within(row * stride - 1 + down, frameHeight);
        const x = within(column * stride - 1 + right, frameWidth);
        const gradient = part === 0 ? this.#at(y, x + 1) - this.#at(y, x - 1) : this.#at(y + 1, x) - this.#at(y - 1, x);
        const wave = Math.max(0, half === 0 ? gradient : -gradient);
        sum += (pooling[down] as number) * (pooling[right] as number) * wave;
      }
    return sum >> 8;
  }

  #at(y: number, x: number): number {
    return this.#light[within(y, frameHeight) * frameWidth + within(x, frameWidth)] as number;
  }

  #removeLocalMean(): void {
    for (let row = 0; row < gridRows; row++)
      for (let column = 0; column < gridColumns; column++) {
        let sum = 0;
        let count = 0;
        for (let y = Math.max(0, row - radius); y <= Math.min(gridRows - 1, row + radius); y++)
          for (let x = Math.max(0, column - radius); x <= Math.min(gridColumns - 1, column + radius); x++) {
            sum += this.#sums[y * gridColumns + x] as number;
            count += 4;
          }
        const mean = Math.floor((sum + count / 2) / count);
        for (let part = 0; part < 2; part++)
          for (let half = 0; half < 2; half++) {
            const at = (part * this.#sums.length + row * gridColumns + column) * 2 + half;
            this.contrast[at] = (this.#energy[at] as number) - mean;
          }
      }
  }
}

/** The nearest of 0 … size - 1. */
function within(at: number, size: number): number {
  return Math.max(0, Math.min(size - 1, at));
}
