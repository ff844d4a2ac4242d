import type { PlaceEstimate, PlaceTracker } from '../../runtime/contracts.js';
import { DriveClock } from './drive-clock.js';
import { copyAnswer, nowhere } from './estimate.js';
import { MatchEvidence } from './match-evidence.js';
import type { MappedPlace, PlaceMap } from './place-map.js';
import { SequenceFilter } from './sequence-filter.js';
import { StopDetector } from './stop-detector.js';
import { hidePlace } from './unknown-answers.js';

/** Places learned this recently are not recognised: the one behind looks like the one here. */
const fresh = 30;
/** A map of fewer places says nothing yet: anything is the best of few. */
const fewest = 12;
/** A known place gets another row where its rows lead by less than this: what they recognise is not worth the bytes. */
const clearLead = 0.05;
/** The robot moves, or there were no tick: who stays at one place for so many ticks has left the map at it. */
const mostStays = 4;
/** Places from tick to tick: no robot drives farther, it was carried or had been taken to be elsewhere. */
const farthest = 10;
const nothing = nowhere();

/**
 * Follows a robot on a map and lets the map grow: at each tick of the place clock the frame is compared with all places
 * and the sequence filter takes a step; between ticks the answer stands.
 */
export class MapTracker implements PlaceTracker {
  readonly map: PlaceMap;
  readonly #clock: DriveClock;
  readonly #filter: SequenceFilter;
  readonly #evidence = new MatchEvidence();
  readonly #stop = new StopDetector();
  /** The map's rule follows the range of the views. */
  readonly #adapts: boolean;
  /** Mean change of view from place to place. */
  #change = Number.NaN;
  readonly #held: PlaceEstimate = nowhere();
  #scores = new Float32Array(0);
  /** Ticks so far, and at which of them the youngest places were learned. */
  #ticks = 0;
  #learnedAt: number[] = [];
  /** The last frame is one of a new tick, and has evidence. */
  #ticked = false;
  /** Place along the route that `#held` names; −1 none. */
  #here = -1;
  /** Ticks for which it has been the same. */
  #stays = 0;

  /** `adapt`: while it learns, the threshold of the map follows how far views of this drive differ at all. */
  constructor(map: PlaceMap, adapt = map.places.length === 0) {
    this.map = map;
    this.#clock = new DriveClock(map.recogniser.cells, map.rule);
    this.#filter = new SequenceFilter(map.recogniser.module);
    this.#adapts = adapt;
  }

  get places(): number {
    return this.map.places.length;
  }

  has(place: number): boolean {
    return this.map.find(place) >= 0;
  }

  begin(): void {
    this.#learnedAt = [];
    if (this.map.places.length >= 2 * fewest) this.#lookForUnknown();
    this.map.recogniser.begin();
    this.#clock.begin();
    this.#filter.begin();
    this.#evidence.begin();
    this.#stop.begin();
    this.#ticked = false;
    this.#unknown();
  }

  track(frame: Uint8Array, metres: number, estimate: PlaceEstimate): boolean {
    const { recogniser } = this.map;
    this.#ticked = false;
    if (!recogniser.hasEvidence(frame)) return false;
    const appearance = recogniser.look(frame);
    const began = this.#clock.tick(this.map.rule, appearance, metres);
    if (this.#stop.stands(began)) this.#filter.stand();
    const { change } = this.#clock;
    if (began && change < Number.POSITIVE_INFINITY)
      this.#change = Number.isNaN(this.#change) ? change : this.#change + (change - this.#change) / fresh;
    this.#ticked = began && recogniser.see(frame, true);
    if (this.#ticked && this.#step()) {
      this.map.score(this.#scores);
      this.#match(this.#clock.advance);
    }
    copyAnswer(this.#held, estimate);
    return true;
  }

  learn(estimate: PlaceEstimate): number {
    this.#adapt();
    if (!this.#ticked) return -1;
    this.#ticked = false;
    if (this.#held.known) {
      if (this.#isUnclear) this.map.addRow(this.#here);
      return -1;
    }
    if (this.#here >= 0) this.#evidence.addUnknown();
    const place = this.map.addPlace();
    const { id } = this.map.places[place] as { id: number };
    this.#learnedAt.push(this.#ticks);
    // Until the next tick the robot stands at what it has just learned.
    estimate.place = this.#held.place = id;
    estimate.known = this.#held.known = true;
    return id;
  }

  forget(place: number): void {
    this.map.forget(this.map.find(place));
    this.#learnedAt = [];
    this.#filter.begin();
    this.#evidence.begin();
    this.#unknown();
  }

  settle(): void {
    this.map.recogniser.settle();
  }

  /** What is implausible about the rule of the map on this drive, and what to do; or the empty string. */
  get notice(): string {
    const { theta, spacing } = this.#clock.rule;
    const { unrelated, noise, theta: fitting } = this.#clock.range;
    if (Number.isNaN(unrelated)) return '';
    if (spacing === undefined || Number.isNaN(this.#clock.advance)) {
      if (theta > 0.95 * unrelated)
        return `theta ${this.map.rule.theta.toFixed(2)}: views of this drive differ by ${unrelated.toFixed(2)}, so hardly any place begins. Learn with theta ${fitting.toFixed(2)}.`;
      if (2 * noise > 0.75 * unrelated)
        return `Views of this drive differ by ${unrelated.toFixed(2)}, and by noise alone by ${noise.toFixed(2)}: places are passed by. More light or odometry helps.`;
      return '';
    }
    if (this.#change > 0.95 * unrelated)
      return `spacing ${spacing} m: one place shows nothing of the next. Learn with a smaller spacing.`;
    if (this.#change < Math.max(2 * noise, 0.2 * unrelated))
      return `spacing ${spacing} m: one place looks like the next. Learn with a larger spacing, or see to the odometry.`;
    return '';
  }

  /**
   * Takes the next place of another map, as if it were driven past: what is known gets its rows, what is not becomes a
   * place. Returns its id here.
   */
  merge(place: MappedPlace, rows: readonly Int8Array[]): number {
    const [first, ...others] = rows;
    if (!first) throw new RangeError(`place ${place.id} has no row`);
    if (this.#step()) {
      this.map.scoreRow(first, this.#scores);
      this.#match(Number.NaN);
    }
    const known = this.#held.known ? this.#here : -1;
    // The other map has told its places apart already: they are never recognised as each other.
    if (known < 0) this.#learnedAt.push(Number.POSITIVE_INFINITY);
    const here = known < 0 ? this.map.takePlace(place, first) : known;
    if (known >= 0 && this.#isUnclear) this.map.restoreRow(here, first, 0);
    if (known < 0 || this.#isUnclear) for (const row of others) this.map.restoreRow(here, row, 0);
    const own = this.map.places[here] ?? { id: -1 };
    const { id, label = place.label, pose = place.pose, thumbnail = place.thumbnail } = own;
    if (known >= 0) this.map.note(here, { label, pose, thumbnail });
    return id;
  }

  /** The rows of the place that is known do not tell it from others by themselves. */
  get #isUnclear(): boolean {
    return this.#evidence.score - this.#evidence.second < clearLead;
  }

  /** Places that may be recognised at this tick; 0 where they are too few. */
  get #old(): number {
    const places = this.map.places.length - this.#learnedAt.length;
    return places < fewest ? 0 : places;
  }

  /** A tick begins. Whether there is anything to compare with. */
  #step(): boolean {
    this.#ticks++;
    while (this.#ticks - (this.#learnedAt[0] ?? this.#ticks) > fresh) this.#learnedAt.shift();
    this.#makeRoom();
    if (this.#old === 0) this.#unknown();
    return this.#old > 0;
  }

  #match(advance: number): void {
    const places = this.#old;
    this.#filter.step(this.#scores, places, advance);
    const here = this.#filter.best;
    // What was seen elsewhere tells nothing of the place where it is found again.
    if (this.#here >= 0 && Math.abs(here - this.#here) > farthest) this.#evidence.begin();
    else if (this.#held.known) this.#clock.follow(here - this.#here);
    this.#evidence.see(this.#scores, places, here);
    this.#stays = here === this.#here ? this.#stays + 1 : 0;
    this.#here = here;
    const { score, second } = this.#evidence;
    const known = this.#evidence.known && this.#stays < mostStays;
    this.#held.place = known ? (this.map.places[here]?.id ?? -1) : -1;
    this.#held.known = known;
    this.#held.score = Math.min(1, Math.max(0, score));
    this.#held.second = Math.min(1, Math.max(0, second));
    this.#held.margin = this.#held.score - this.#held.second;
    this.#held.ambiguous = known && this.#evidence.lead < clearLead;
  }

  /** Places of the map, compared with all others but themselves and their neighbours, are unknown ones. */
  #lookForUnknown(): void {
    const { recogniser, places, owners } = this.map;
    this.#makeRoom();
    recogniser.begin();
    this.#filter.begin();
    this.#evidence.begin();
    this.#evidence.forgetUnknown();
    for (let row = 0; row < owners.length; row++) {
      this.map.scoreRow(recogniser.row(row), this.#scores);
      const scores = this.#scores.subarray(0, places.length);
      hidePlace(scores, owners[row] as number);
      this.#filter.step(scores, places.length);
      this.#evidence.see(scores, places.length, this.#filter.best);
      this.#evidence.addUnknown();
    }
  }

  #makeRoom(): void {
    if (this.#scores.length < this.map.places.length) this.#scores = new Float32Array(2 * this.map.places.length);
  }

  #adapt(): void {
    const { rule } = this.map;
    const { theta } = this.#clock.range;
    if (this.#adapts && Math.abs(theta - rule.theta) >= 0.02 * rule.theta) this.map.setRule({ ...rule, theta });
  }

  #unknown(): void {
    this.#here = -1;
    copyAnswer(nothing, this.#held);
  }
}
