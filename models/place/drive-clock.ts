import { PlaceClock, type PlaceRule } from './place-clock.js';
import { ViewRange } from './view-range.js';

/** A smaller change of threshold is none. */
const least = 0.02;

/** Longest step, in places of the map, that is driving and no change of mind; and how much a step of none raises the threshold. */
const longest = 3;
const gain = 0.02;

/**
 * The place clock of a drive on a map that other drives made. Where views of this drive differ less than theirs, as in
 * snow or fog, their threshold would pass by most places of the map: it is lowered to what fits here. Where they differ
 * more, it rises as far as the answers ask for: a robot that is told to be at the same place at tick after tick counts
 * them too often.
 */
export class DriveClock {
  readonly range: ViewRange;
  readonly #clock: PlaceClock;
  /** Times the threshold that fits views of this drive and of the map: what the answers ask for. */
  #rise = 1;

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

  /** So many places of the map lie between the last two ticks, as far as the robot knows where it is. */
  follow(places: number): void {
    const step = Math.abs(places);
    if (step <= longest) this.#rise = Math.max(1, this.#rise * (1 + gain * (1 - step)));
  }

  /** Takes the next frame, as `PlaceClock` does, on a map of this rule. */
  tick(rule: PlaceRule, appearance: Int32Array, metres: number): boolean {
    this.range.see(appearance);
    const theta = this.#thetaOn(rule.theta);
    const before = this.#clock.rule;
    if (Math.abs(theta - before.theta) >= least * before.theta || rule.spacing !== before.spacing)
      this.#clock.rule = { ...rule, theta };
    return this.#clock.tick(appearance, metres);
  }

  /** Never beyond what fits views of this drive by themselves. */
  #thetaOn(theta: number): number {
    const low = this.range.thetaOn(theta);
    this.#rise = Math.min(this.#rise, Math.max(1, this.range.theta / low));
    return this.#rise * low;
  }
}
