/**
 * Whether stimuli come far more often than this sleeper's own: sleep is cut into blocks of 15 minutes, and each is
 * compared with all earlier ones of the night by the exact conditional test of two Poisson rates (Przyborowski and
 * Wilenski 1940). Stages change how often a detector answers, so three times the earlier rate is still the sleeper's own.
 * Of nights that stay below that, one in a thousand at the most has a false alarm, whatever the rate: 40 blocks of ten
 * hours' sleep, each wrong in one of 40 000. Stimuli in bursts are told by the limits of the gate, not here. Pure.
 */
export class StimulusRate {
  #blockSeconds = 0;
  #blockStimuli = 0;
  #earlierSeconds = 0;
  #earlierStimuli = 0;
  #far = false;

  /** `asleepSeconds` of sleep and `stimuli` more, real and sham alike. True while the last block was far above. */
  add(asleepSeconds: number, stimuli: number): boolean {
    this.#blockSeconds += asleepSeconds;
    this.#blockStimuli += stimuli;
    if (this.#blockSeconds < blockSeconds) return this.#far;
    const known = this.#earlierSeconds >= leastEarlierSeconds;
    const times = (ownTimes * this.#blockSeconds) / this.#earlierSeconds;
    this.#far = known && chanceOf(this.#blockStimuli, this.#earlierStimuli, times) < falseInBlock;
    // What is far above is not taken for the sleeper's own.
    if (!this.#far) {
      this.#earlierSeconds += this.#blockSeconds;
      this.#earlierStimuli += this.#blockStimuli;
    }
    this.#blockSeconds = 0;
    this.#blockStimuli = 0;
    return this.#far;
  }
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

const blockSeconds = 900;
const leastEarlierSeconds = 3600;
const ownTimes = 3;
const falseInBlock = 1 / 40_000;
