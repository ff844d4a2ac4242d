import { changeBetween, defaultTheta } from './place-clock.js';

/** Views that are kept to compare later ones with. */
const mostViews = 32;
/** Views this near to each other in the drive may show the same. */
const nearby = 8;
/** Successive frames whose mean change is taken for noise where it is the least of the drive. */
const block = 8;
/** Successive frames differ by no more than this for noise alone. */
const mostNoise = 0.17;
/** A threshold so many times noise: no frame of a robot that stands differs by that much. */
const overNoise = 1.6;
/** Of unrelated views, a share of it is a place: the default where these differ by 1 or more. */
const share = 0.75;
/** Pairs of views that the mean reaches back at most: some 170 views, or the threshold would be that of the last stretch. */
const memory = 4096;

/**
 * How far views of a drive differ at all, without labels: in a corridor, unrelated views differ less than neighbours do
 * elsewhere, and a threshold of elsewhere would make one place of it. Standing still adds nothing.
 */
export class ViewRange {
  readonly #cells: number;
  readonly #views: Int32Array[] = [];
  readonly #last: Int32Array;
  #frames = 0;
  #blockSum = 0;
  #noise = Number.POSITIVE_INFINITY;
  #kept = 0;
  #unrelated = 0;
  #pairs = 0;

  constructor(cells: number) {
    this.#cells = cells;
    this.#last = new Int32Array(cells);
  }

  /** Change from frame to frame where it was least; never more than noise can be. */
  get noise(): number {
    return Math.min(this.#noise, mostNoise);
  }

  /** Mean change between views far apart; NaN while there are too few. */
  get unrelated(): number {
    return this.#pairs < mostViews ? Number.NaN : this.#unrelated;
  }

  /** For a place clock on this drive; the default until enough was seen. */
  get theta(): number {
    const { unrelated, noise } = this;
    if (Number.isNaN(unrelated)) return defaultTheta;
    return Math.min(defaultTheta, Math.max(share * unrelated, overNoise * noise));
  }

  /**
   * For a place clock on this drive where the map was made by `theta`. Never larger; and who made places rarer than the
   * default wants that here, too.
   */
  thetaOn(theta: number): number {
    return Math.min(theta, Math.max(1, theta / defaultTheta) * this.theta);
  }

  /** Takes the appearance of the next frame. */
  see(appearance: Int32Array): void {
    if (this.#frames > 0) {
      this.#blockSum += changeBetween(this.#last, appearance);
      if (this.#frames % block === 0) {
        this.#noise = Math.min(this.#noise, this.#blockSum / block);
        this.#blockSum = 0;
      }
    }
    this.#last.set(appearance);
    this.#frames++;
    const before = this.#views[(this.#kept - 1) % mostViews];
    // Until noise is known, nothing tells standing still from driving.
    if (this.#frames <= block || (before && changeBetween(before, appearance) <= this.#apart)) return;
    this.#compare(appearance);
    this.#keep(appearance);
  }

  /** Views nearer than this to the last are not kept: how many there are must not depend on the frame rate. */
  get #apart(): number {
    const { noise, unrelated } = this;
    return Number.isNaN(unrelated) ? 2 * noise : Math.max(2 * noise, 0.5 * unrelated);
  }

  #compare(appearance: Int32Array): void {
    for (let back = nearby; back < Math.min(this.#kept, mostViews); back++) {
      const view = this.#views[(this.#kept - 1 - back) % mostViews] as Int32Array;
      this.#pairs++;
      this.#unrelated += (changeBetween(view, appearance) - this.#unrelated) / this.#reach;
    }
  }

  /** Pairs that the mean counts: half of all, since the first views are kept nearer to each other than they should be. */
  get #reach(): number {
    return Math.min(1 + this.#pairs / 2, memory);
  }

  #keep(appearance: Int32Array): void {
    const at = this.#kept++ % mostViews;
    const view = (this.#views[at] ??= new Int32Array(this.#cells));
    view.set(appearance);
  }
}
