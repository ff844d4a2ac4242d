/**
 * A quantile of each column of numbers that come in rows, followed by small steps up and down: about two minutes of
 * memory, less at first. The first `startRows` rows are kept; then the quantiles start at those of these rows and follow
 * them once more.
 */
export class RunningQuantiles {
  /** One a column; NaN before `ready`. */
  readonly values: Float64Array;
  /** The last row taken was the `startRows`th or a later one. */
  ready = false;
  readonly #probabilities: Float64Array;
  readonly #first: Float64Array;
  readonly #sorted = new Float64Array(startRows);
  #rows = 0;

  constructor(probabilities: readonly number[]) {
    this.#probabilities = Float64Array.from(probabilities);
    this.values = new Float64Array(probabilities.length).fill(NaN);
    this.#first = new Float64Array(startRows * probabilities.length);
  }

  /** Takes a row: one number a column. */
  push(row: Float64Array): void {
    if (this.ready) {
      this.#follow(row, 0, this.#rows++);
      return;
    }
    this.#first.set(row, this.#rows * row.length);
    if (++this.#rows === startRows) this.#start(row.length);
  }

  reset(): void {
    this.values.fill(NaN);
    this.ready = false;
    this.#rows = 0;
  }

  #start(columns: number): void {
    const sorted = this.#sorted;
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < startRows; row++) sorted[row] = this.#first[row * columns + column] as number;
      sorted.sort();
      const place = (this.#probabilities[column] as number) * (startRows - 1);
      const below = Math.floor(place);
      const low = sorted[below] as number;
      this.values[column] = low + (place - below) * ((sorted[below + 1] as number) - low);
    }
    for (let row = 0; row < startRows; row++) this.#follow(this.#first, row * columns, row);
    this.ready = true;
  }

  /** The row `from[at …]`, which is number `row`. */
  #follow(from: Float64Array, at: number, row: number): void {
    const step = Math.max(memory / 2400, memory / (row + 20));
    for (let column = 0; column < this.values.length; column++) {
      const value = this.values[column] as number;
      const isBelow = (from[at + column] as number) < value;
      this.values[column] = value + step * ((this.#probabilities[column] as number) - (isBelow ? 1 : 0));
    }
  }
}

export const startRows = 40;
const memory = 2.5;
