/** Sleep in which stimuli could be given, and those that were, real and sham alike. */
export interface SleptBlock {
  readonly seconds: number;
  readonly stimuli: number;
}

/**
 * Whether stimuli come far more often than this sleeper's own: sleep is cut into blocks of 15 minutes, and each is
 * compared with all earlier ones, of earlier nights and of this one, by the exact conditional test of two Poisson rates
 * (Przyborowski and Wilenski 1940). Stages change how often a detector answers, so three times the earlier rate is still
 * the sleeper's own. Of nights that stay below that, one in a thousand at the most has a false alarm, whatever the rate:
 * 40 blocks of ten hours' sleep, each wrong in one of 40 000. Stimuli in bursts are told by the limits of the gate, not
 * here. Pure.
 */
export class StimulusRate {
  readonly #own: (block: SleptBlock) => void;
  #earlier: SleptBlock;
  #block: SleptBlock = nothing;
  #far = false;

  /** `earlier` is what is known of the sleeper; `own` hears of each block that is added to that. */
  constructor(earlier: SleptBlock = nothing, own: (block: SleptBlock) => void = () => undefined) {
    this.#earlier = earlier;
    this.#own = own;
  }

  /** `asleepSeconds` of sleep and `stimuli` more. True while the last block was far above. */
  add(asleepSeconds: number, stimuli: number): boolean {
    const block = (this.#block = sum(this.#block, { seconds: asleepSeconds, stimuli }));
    if (block.seconds < blockSeconds) return this.#far;
    const earlier = this.#earlier;
    const times = (ownTimes * block.seconds) / earlier.seconds;
    this.#far =
      earlier.seconds >= leastEarlierSeconds && chanceOf(block.stimuli, earlier.stimuli, times) < falseInBlock;
    // What is far above is not taken for the sleeper's own.
    if (!this.#far) {
      this.#earlier = sum(earlier, block);
      this.#own(block);
    }
    this.#block = nothing;
    return this.#far;
  }
}

export function sum(a: SleptBlock, b: SleptBlock): SleptBlock {
  return { seconds: a.seconds + b.seconds, stimuli: a.stimuli + b.stimuli };
}

/**
 * Chance of `count` events or more in one stretch where `earlier` fell into another, if the expectation of the first is
 * `times` that of the second: the upper tail of a binomial distribution of count + earlier with odds `times`.
 */
export function chanceOf(count: number, earlier: number, times: number): number {
  const all = count + earlier;
  // Term by term from k = count on, each relative to the first one, whose logarithm is known.
  let logFirst = count * Math.log(times) - all * Math.log(1 + times);
  for (let k = 1; k <= count; k++) logFirst += Math.log((earlier + k) / k);
  let term = 1;
  let sum = 1;
  for (let k = count; k < all; k++) {
    term *= ((all - k) / (k + 1)) * times;
    sum += term;
    if (term < 1e-12 * sum) break;
  }
  return Math.min(1, Math.exp(logFirst + Math.log(sum)));
}

const nothing: SleptBlock = { seconds: 0, stimuli: 0 };
const blockSeconds = 900;
const leastEarlierSeconds = 3600;
const ownTimes = 3;
const falseInBlock = 1 / 40_000;
