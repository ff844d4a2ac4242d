import type { SignalShape, Stage } from '../contracts.js';
import { designSections } from './design.js';
import { SectionFilter } from './section-filter.js';

/** Every `factor`th sample behind a Butterworth low-pass of order 8 at 80 % of the new half rate. The first is kept. */
export class Decimate implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #factor: number;
  readonly #lowpass: SectionFilter;
  readonly #one = new Float64Array(1);
  #skip = 0;

  constructor(factor: number) {
    if (!Number.isInteger(factor) || factor < 2 || factor > 1000) {
      throw new RangeError(`factor: ${factor} is not a whole number from 2 to 1000. Use 2.`);
    }
    this.#factor = factor;
    this.#lowpass = new SectionFilter(
      (rate) => designSections({ type: 'lowpass', corner: (0.8 * rate) / factor / 2 }, rate, 8),
      (rate) => (0.2 * rate) / factor / 2,
    );
  }

  prepare(shape: SignalShape): SignalShape {
    this.#lowpass.prepare(shape);
    this.delaySamples = this.#lowpass.delaySamples / this.#factor;
    this.settleSamples = Math.ceil(this.#lowpass.settleSamples / this.#factor);
    return { rate: shape.rate / this.#factor, unit: shape.unit };
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    const one = this.#one;
    let written = 0;
    let skip = this.#skip;
    for (let i = 0; i < length; i++) {
      one[0] = input[i] as number;
      this.#lowpass.process(one, 1, one);
      if (skip === 0) {
        output[written++] = one[0];
        skip = this.#factor;
      }
      skip--;
    }
    this.#skip = skip;
    return written;
  }

  reset(): void {
    this.#lowpass.reset();
    this.#skip = 0;
  }

  coefficients(): readonly number[] {
    return [this.#factor, ...this.#lowpass.coefficients()];
  }
}
