/** Share of the newest frame in the evidence for a shift. */
const leak = 0.1;
/** What lagging behind in evidence costs in score. */
const evidenceCost = 2;
/** A shift this far behind the best in cost waits for the next frame on which all are tried. */
const reach = 0.08;
/** All shifts are tried on so many first frames, and on every such one. */
const period = 8;

/** How far the view lies to the side of the map's, in columns of the grid: it changes slowly along a drive. */
export class ShiftTracker {
  /** −most … most */
  readonly shifts: readonly number[];
  /** To be added to the scores of each shift. */
  readonly bias: Float32Array;
  readonly #columnCost: number;
  readonly #evidence: Float64Array;
  #frames = 0;

  /** `columnCost`: what a column of shift costs in score. */
  constructor(most: number, columnCost: number) {
    this.#columnCost = columnCost;
    this.shifts = Array.from({ length: 2 * most + 1 }, (_, at) => at - most);
    this.bias = new Float32Array(this.shifts.length);
    this.#evidence = new Float64Array(this.shifts.length);
  }

  begin(): void {
    this.#frames = 0;
  }

  /** Whether the `at`-th shift is worth comparing on this frame. */
  wanted(at: number): boolean {
    return (
      this.#frames < period || this.#frames % period === 0 || (this.bias[at] as number) >= largest(this.bias) - reach
    );
  }

  /** Takes the best score at each shift, NaN where it was not compared, and sets `bias`. */
  update(best: Float32Array): void {
    for (let at = 0; at < best.length; at++) {
      const score = best[at] as number;
      if (Number.isNaN(score)) continue;
      const before = this.#evidence[at] as number;
      this.#evidence[at] = this.#frames === 0 ? score : (1 - leak) * before + leak * score;
    }
    this.#frames++;
    const most = largest(this.#evidence);
    for (let at = 0; at < best.length; at++)
      this.bias[at] =
        evidenceCost * ((this.#evidence[at] as number) - most) - this.#columnCost * Math.abs(this.shifts[at] as number);
  }
}

function largest(values: Float32Array | Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < values.length; at++) most = Math.max(most, values[at] as number);
  return most;
}
