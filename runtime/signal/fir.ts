import type { SignalShape, Stage } from '../contracts.js';
import { settleOfStep } from './settle.js';

/** A finite impulse response, history 0 at the start. `design` gets the rate and gives the taps, the newest sample's first. */
export class Fir implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #design: (rate: number) => Float64Array;
  #taps = new Float64Array(0);
  /** Twice as long as the taps, so that the newest values always lie in a row. */
  #history = new Float64Array(0);
  #at = 0;

  constructor(design: (rate: number) => Float64Array) {
    this.#design = design;
  }

  prepare(shape: SignalShape): SignalShape {
    // Sums must not depend on which end they begin from: the order of the taps is the order of the sum.
    this.#taps = Float64Array.from(this.#design(shape.rate));
    this.#history = new Float64Array(2 * this.#taps.length);
    this.delaySamples = (this.#taps.length - 1) / 2;
    this.settleSamples = settleOfStep(this, shape.rate);
    return shape;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    const taps = this.#taps;
    const history = this.#history;
    const count = taps.length;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      at = at === 0 ? count - 1 : at - 1;
      const x = input[i] as number;
      history[at] = x;
      history[at + count] = x;
      let sum = 0;
      for (let tap = 0; tap < count; tap++) sum += (taps[tap] as number) * (history[at + tap] as number);
      output[i] = sum;
    }
    this.#at = at;
    return length;
  }

  reset(): void {
    this.#history.fill(0);
    this.#at = 0;
  }

  coefficients(): readonly number[] {
    return [...this.#taps];
  }
}
