/** So many times as long as from place to place lately: slower than that is standing. */
const long = 4;
/** Places that the mean reaches back. */
const memory = 16;

/**
 * Tells from the ticks of a place clock that the robot has stopped, at any frame rate: the next place is overdue. A robot
 * that drives on much slower is taken for one that stands, until it has passed some places at that pace.
 */
export class StopDetector {
  /** Frames from place to place lately; as numbers each new one would be an object. */
  readonly #mean = new Float64Array(1);
  #places = 0;
  #frames = 0;

  /** A new drive. */
  begin(): void {
    this.#places = 0;
    this.#frames = 0;
  }

  /** Takes whether a place began with this frame. Whether the robot stands. */
  stands(began: boolean): boolean {
    const mean = this.#mean[0] as number;
    this.#frames++;
    if (!began) return this.#places > 1 && this.#frames > long * mean;
    // Before the first place there is no way from one to the next.
    if (this.#places > 0) {
      const frames = this.#places === 1 ? this.#frames : Math.min(this.#frames, long * mean);
      this.#mean[0] = mean + (frames - mean) / Math.min(this.#places, memory);
    }
    this.#places++;
    this.#frames = 0;
    return false;
  }
}
