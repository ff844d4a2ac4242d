/**
 * Mean of each cell over the last frames of a traverse, in 1/256: what does not change along the way says nothing about
 * where one is. The first frame has no mean yet and stands for itself; what all frames share is gone from the second one
 * on. The mean stands still while the frame does, or a long stop would make the scene its own background.
 */
export class RunningMean {
  readonly #frames: number;
  readonly #mean: Int32Array;
  /** The frame that moved the mean last. */
  readonly #last: Int32Array;
  #moved = 0;
  #still = false;

  /** `frames`: how many it reaches back. */
  constructor(cells: number, frames: number) {
    this.#frames = frames;
    this.#mean = new Int32Array(cells);
    this.#last = new Int32Array(cells);
  }

  /** The frame taken last moved nothing. */
  get still(): boolean {
    return this.#still;
  }

  begin(): void {
    this.#mean.fill(0);
    this.#moved = 0;
    this.#still = false;
  }

  /** Takes the mean from `values`, in place; it holds these values already. `moved`: the robot has, however little they differ. */
  remove(values: Int32Array, moved = false): void {
    this.#still = !moved && this.#moved > 0 && !this.#differs(values);
    if (!this.#still) {
      this.#moved++;
      if (this.#moved === 2)
        for (let cell = 0; cell < values.length; cell++) this.#mean[cell] = (this.#last[cell] as number) << 8;
      if (this.#moved > 1) this.#move(values);
      this.#last.set(values);
    }
    for (let cell = 0; cell < values.length; cell++)
      values[cell] = (values[cell] as number) - ((this.#mean[cell] as number) >> 8);
  }

  #move(values: Int32Array): void {
    const frames = Math.min(this.#moved, this.#frames);
    for (let cell = 0; cell < values.length; cell++) {
      const mean = this.#mean[cell] as number;
      this.#mean[cell] = mean + Math.floor((((values[cell] as number) << 8) - mean) / frames);
    }
  }

  /**
   * By a fifth of its magnitude: noise of a camera at rest is a tenth, neighbouring places are seven, and more than three
   * even where snow makes them alike.
   */
  #differs(values: Int32Array): boolean {
    let change = 0;
    let magnitude = 0;
    for (let cell = 0; cell < values.length; cell++) {
      const last = this.#last[cell] as number;
      change += Math.abs((values[cell] as number) - last);
      magnitude += Math.abs(last);
    }
    return 5 * change >= magnitude;
  }
}
