import type { Estimate } from '../../contracts.js';
import { atan2 } from '../../signal/math.js';
import { createEstimate, forget } from '../estimate.js';

/**
 * What is known of the slow oscillation at the newest sample: `phase` in degrees (0 the positive peak, ±180 the trough,
 * −90 the rising zero crossing) and `amplitude` in microvolts. Both only inform: neither holds the gate.
 */
export class PhaseEstimates {
  readonly list: readonly Estimate[] = [createEstimate('phase', 'deg'), createEstimate('amplitude', 'uV')];
  readonly #phase = this.list[0] as Estimate;
  readonly #amplitude = this.list[1] as Estimate;

  /** From the analytic signal at `values[0]` and `values[1]`, so many samples ago, going on at 1 Hz. NaN: unknown. */
  update(values: Float64Array, samplesAgo: number, rate: number): void {
    const re = values[0] as number;
    const im = values[1] as number;
    const amplitude = Math.sqrt(re * re + im * im);
    // Written so that NaN and infinity fail it.
    if (!(amplitude < Infinity)) {
      forget(this.list);
      return;
    }
    const turn = samplesAgo / rate + atan2(im, re) / (2 * Math.PI);
    this.#phase.value = 360 * (turn - Math.round(turn));
    this.#phase.state = 'clear';
    this.#amplitude.value = amplitude;
    this.#amplitude.state = 'clear';
  }

  reset(): void {
    forget(this.list);
  }
}
