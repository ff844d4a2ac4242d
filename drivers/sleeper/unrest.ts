import { exp } from '../../runtime/signal/math.js';
import { LowNoise } from './noise.js';
import type { Random } from './random.js';
import { backgroundCorners } from './stages.js';
import type { Subject } from './subject.js';

/** Swells and fades the background, alpha and the muscles of one subject, over some seconds each and on their own. */
export class Unrest {
  readonly #sizes: Float64Array;
  readonly #swells: readonly LowNoise[];
  /** Swell of each level: the slow parts of the background share one. */
  readonly #swellOf: readonly number[];
  readonly #sd: number;

  /** `rate`: ticks a second. */
  constructor({ gain, slowBackground, fastBackground, alpha, unrest }: Subject, rate: number, random: Random) {
    const slowParts = backgroundCorners.length - 1;
    const slow = Array.from({ length: slowParts }, () => gain * slowBackground);
    this.#sizes = Float64Array.from([...slow, gain * fastBackground, gain * alpha, 1]);
    this.#swellOf = [...slow.map(() => 0), 1, 2, 3];
    this.#swells = [0.05, 0.05, 0.1, 0.1].map((corner) => new LowNoise(corner, rate, random));
    this.#sd = unrest;
  }

  tick(levels: Float64Array, strengths: Float64Array): void {
    for (const swell of this.#swells) swell.step();
    for (let level = 0; level < levels.length; level++) {
      const swell = this.#swells[this.#swellOf[level] as number] as LowNoise;
      strengths[level] = (levels[level] as number) * (this.#sizes[level] as number) * exp(this.#sd * swell.value);
    }
  }
}
