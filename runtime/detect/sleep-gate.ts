import type { Detector, Estimate, SignalShape } from '../contracts.js';
import { logAll } from '../signal/math.js';
import { createEstimate, forget } from './estimate.js';
import { SleepRule, sleepWarmUpSeconds, type SleepRuleOptions } from './sleep-rule.js';
import { BandPowers, bandCount } from './spindle-t1/band-powers.js';
import { HundredHertz } from './spindle-t1/hundred-hertz.js';

export type SleepGateOptions = SleepRuleOptions;

/**
 * Detects nothing, but keeps the judgement whether a person is likely in N2 or N3 (`SleepRule`), from one electrode in
 * microvolts, raw or lightly filtered, at 50 to 1000 Hz. Its estimate `sleep` is the depth in octaves; it is unknown for
 * the first 10 s, clear while N2 or N3 is likely, and else holds.
 */
export class SleepGate implements Detector {
  readonly estimates: readonly Estimate[] = [createEstimate('sleep', 'octave', 'sleep')];
  readonly delaySamples = 0;
  readonly #sleep = this.estimates[0] as Estimate;
  readonly #rule: SleepRule;
  readonly #resampled = new HundredHertz();
  readonly #bands = new BandPowers();
  readonly #levels = new Float64Array(bandCount);
  #rate = 0;

  /** Throws a `RangeError` that names an impossible option. Omitted ones are usual. */
  constructor(options: Partial<SleepGateOptions> = {}) {
    this.#rule = new SleepRule(options);
  }

  get settleSamples(): number {
    return Math.ceil(sleepWarmUpSeconds * this.#rate);
  }

  prepare({ rate, unit }: SignalShape): void {
    if (unit !== 'uV') {
      throw new RangeError(`unit: the signal is in "${unit}", and sleep is judged in "uV". Use an electrode's signal.`);
    }
    this.#resampled.prepare(rate);
    this.#rate = rate;
    this.reset();
  }

  process(input: Float64Array, length: number): void {
    let frames = 0;
    for (let at = 0; at < length; at++) {
      const made = this.#resampled.push(input, at);
      for (let value = 0; value < made; value++) {
        if (!this.#bands.push(this.#resampled.values, value)) continue;
        this.#levels.set(this.#bands.power);
        logAll(this.#levels, bandCount);
        for (let band = 0; band < bandCount; band++) this.#levels[band] = (this.#levels[band] as number) / Math.LN2;
        this.#rule.push(this.#levels);
        frames++;
      }
    }
    if (frames > 0 && this.#rule.isKnown) {
      this.#sleep.value = this.#rule.depth;
      this.#sleep.state = this.#rule.isAsleep ? 'clear' : 'holds';
    }
  }

  reset(): void {
    this.#resampled.reset();
    this.#bands.reset();
    this.#rule.reset();
    forget(this.estimates);
  }
}
