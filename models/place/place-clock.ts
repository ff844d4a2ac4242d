/** What makes a place: a distance where odometry comes in, otherwise a change of what is seen. Stored with the map. */
export interface PlaceRule {
  /** A new place where the appearance differs by more than this share of its own mean size. */
  readonly theta: number;
  /** Metres from place to place. */
  readonly spacing?: number;
}

/** Neighbours of the drives on which it was chosen differ by 0.64 to 1.3, unrelated frames by 0.92 to 1.4, noise by 0.1. */
export const defaultTheta = 0.75;

/**
 * Ticks once a place. Everything that learns, matches or forgets counts in these ticks and not in frames, so that
 * neither frame rate, nor speed, nor standing still changes a map. Learning and matching follow the same rule.
 */
export class PlaceClock {
  /** May be replaced while driving. */
  rule: PlaceRule;
  /** Places driven at the last tick, backwards below 0; NaN where it was told from what is seen. */
  advance = Number.NaN;
  /** How much the last frame differs from the one of the last tick, as a share of the mean size of the latter. */
  change = Number.POSITIVE_INFINITY;
  private readonly last: Int32Array;
  private started = false;
  private metres = 0;

  /** `cells` numbers describe a frame. @throws RangeError where the rule holds for no drive */
  constructor(cells: number, rule: PlaceRule) {
    const { theta, spacing } = rule;
    if (!(theta > 0 && theta < Number.POSITIVE_INFINITY))
      throw new RangeError(`theta: ${theta}. Use a number above 0.`);
    if (spacing !== undefined && !(spacing > 0 && spacing < Number.POSITIVE_INFINITY))
      throw new RangeError(`spacing: ${spacing} m. Use a distance above 0.`);
    this.rule = rule;
    this.last = new Int32Array(cells);
  }

  /** A new drive: its first frame is a place. */
  begin(): void {
    this.started = false;
    this.metres = 0;
    this.advance = Number.NaN;
    this.change = Number.POSITIVE_INFINITY;
  }

  /**
   * Takes the next frame: its appearance (log energies less their local mean, before any running mean) and the metres
   * driven since the frame before, backwards below 0, NaN where nothing tells them. True: a place begins with it.
   */
  tick(appearance: Int32Array, metres: number): boolean {
    this.change = this.started ? changeBetween(this.last, appearance) : Number.POSITIVE_INFINITY;
    if (this.started && !this.moved(metres)) return false;
    this.started = true;
    this.last.set(appearance);
    return true;
  }

  private moved(metres: number): boolean {
    const { theta, spacing } = this.rule;
    if (spacing === undefined || Number.isNaN(metres)) {
      if (!(this.change > theta)) return false;
      this.advance = Number.NaN;
      this.metres = 0;
      return true;
    }
    this.metres += metres;
    const driven = Math.trunc(this.metres / spacing);
    if (driven === 0) return false;
    this.advance = driven;
    this.metres -= driven * spacing;
    return true;
  }
}

/** Mean difference of two appearances as a share of the mean size of the first. */
export function changeBetween(from: Int32Array, to: Int32Array): number {
  let difference = 0;
  let size = 0;
  for (let cell = 0; cell < from.length; cell++) {
    const value = from[cell] ?? 0;
    difference += Math.abs((to[cell] ?? 0) - value);
    size += Math.abs(value);
  }
  return size === 0 ? (difference === 0 ? 0 : Number.POSITIVE_INFINITY) : difference / size;
}
