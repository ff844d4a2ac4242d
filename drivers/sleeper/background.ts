import { LowNoise, LowPass } from './noise.js';
import type { Random } from './random.js';
import { backgroundCorners } from './stages.js';

/**
 * 1/f^a noise of one region of the brain: parts with a corner each, whose sum falls between 1 and 8 Hz as steeply as
 * their variances say. The slow parts lose their tail above 10 Hz, where the fast one takes over.
 */
export class Background {
  readonly #slow: readonly LowNoise[];
  readonly #fast: LowNoise;
  readonly #smooth: LowPass;

  constructor(rate: number, random: Random) {
    const parts = backgroundCorners.map((corner) => new LowNoise(corner, rate, random));
    this.#fast = parts.pop() as LowNoise;
    this.#slow = parts;
    this.#smooth = new LowPass(10, rate);
  }

  /** `levels` begins with the standard deviations of the parts. */
  step(levels: Float64Array): number {
    const parts = this.#slow.length;
    let slow = 0;
    for (let part = 0; part < parts; part++) slow += (levels[part] as number) * (this.#slow[part] as LowNoise).step();
    return this.#smooth.step(slow) + (levels[parts] as number) * this.#fast.step();
  }
}
