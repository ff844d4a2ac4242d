import { PlaceClock, type PlaceRule } from './place-clock.js';
import { ViewRange } from './view-range.js';

/** A smaller change of threshold is none. */
const least = 0.02;

/**
 * The place clock of a drive on a map that other drives made. Where views of this drive differ less than theirs, as in
 * snow or fog, their threshold would pass by most places of the map: it is lowered to what fits here.
 */
export class DriveClock {
  readonly range: ViewRange;
  readonly #clock: PlaceClock;

  /** As `PlaceClock`. */
  constructor(cells: number, rule: PlaceRule) {
    this.range = new ViewRange(cells);
    this.#clock = new PlaceClock(cells, rule);
  }

  /** By which the last frame was judged. */
  get rule(): PlaceRule {
    return this.#clock.rule;
  }

  get advance(): number {
    return this.#clock.advance;
  }

  get change(): number {
    return this.#clock.change;
  }

  /** A new drive; how far views differ stays known. */
  begin(): void {
    this.#clock.begin();
  }

  /** Takes the next frame, as `PlaceClock` does, on a map of this rule. */
  tick(rule: PlaceRule, appearance: Int32Array, metres: number): boolean {
    this.range.see(appearance);
    const theta = this.range.thetaOn(rule.theta);
    const before = this.#clock.rule;
    if (Math.abs(theta - before.theta) >= least * before.theta || rule.spacing !== before.spacing)
      this.#clock.rule = { ...rule, theta };
    return this.#clock.tick(appearance, metres);
  }
}
