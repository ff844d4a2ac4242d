import type { Estimate } from '../../contracts.js';
import { atan2 } from '../../signal/math.js';
import { createEstimateOf, forget } from '../estimate.js';

/**
 * What is known of the slow oscillation, from the instants of `SlowWave`: `phase` in degrees (0 the positive peak, ±180
 * the trough, −90 the rising zero crossing) and `amplitude` in microvolts at its first instant; `past-phase` at its last,
 * which is to be `hindsightSeconds` ago. All only inform: none holds the gate.
 */
export class PhaseEstimates {
  readonly list: readonly Estimate[];
  readonly #phase: Estimate;
  readonly #amplitude: Estimate;
  readonly #past: Estimate;

  /** Of the first instant. */
  constructor(aheadSeconds: number) {
    this.#phase = createEstimateOf(aheadSeconds, 'phase', 'deg');
    this.#amplitude = createEstimateOf(aheadSeconds, 'amplitude', 'uV');
    this.#past = createEstimateOf(-hindsightSeconds, 'past-phase', 'deg');
    this.list = [this.#phase, this.#amplitude, this.#past];
  }

  /** From real and imaginary parts of each instant, so many samples ago, going on at 1 Hz. NaN: unknown. */
  update(values: Float64Array, samplesAgo: number, rate: number): void {
    const re = values[0] as number;
    const im = values[1] as number;
    const amplitude = Math.sqrt(re * re + im * im);
    const pastRe = values[values.length - 2] as number;
    const pastIm = values[values.length - 1] as number;
    // Written so that NaN and infinity fail it.
    if (!(amplitude + pastRe * pastRe + pastIm * pastIm < Infinity)) {
      forget(this.list);
      return;
    }
    const onward = samplesAgo / rate;
    this.#phase.value = degreesOf(re, im, onward);
    this.#phase.state = 'clear';
    this.#amplitude.value = amplitude;
    this.#amplitude.state = 'clear';
    this.#past.value = degreesOf(pastRe, pastIm, onward);
    this.#past.state = 'clear';
  }

  reset(): void {
    forget(this.list);
  }
}

function degreesOf(re: number, im: number, onward: number): number {
  const turn = onward + atan2(im, re) / (2 * Math.PI);
  return 360 * (turn - Math.round(turn));
}

/** The middle of what `SlowWave` weighs: as many samples before as after, so that its phase is that of the wave. */
export const hindsightSeconds = 1.25;
