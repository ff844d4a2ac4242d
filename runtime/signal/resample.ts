import type { SignalShape, Stage } from '../contracts.js';
import { designFir } from './design.js';

/**
 * Causal change of rate by a rational factor: a linear-phase low-pass at the lower of both half rates, evaluated only
 * where an output falls. Output m stands at the time of m ÷ `rateOut`, late by the declared delay.
 */
export class Resample implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #rateOut: number;
  #up = 1;
  #down = 1;
  /** Taps of each phase in a row, the newest sample's first. */
  #phases = new Float64Array(0);
  #perPhase = 0;
  #history = new Float64Array(0);
  #at = 0;
  /** Position of the next output, in upsampled steps after the newest input. */
  #next = 0;

  constructor(rateOut: number) {
    this.#rateOut = rateOut;
  }

  prepare(shape: SignalShape): SignalShape {
    const [up, down] = ratio(shape.rate, this.#rateOut);
    this.#up = up;
    this.#down = down;
    if (up === 1 && down === 1) return this.#pass(shape);
    const wide = Math.max(up, down);
    this.#perPhase = 2 * zeroCrossings * Math.ceil(wide / up) + 1;
    const taps = designFir(
      (this.#perPhase * up) | 1,
      { type: 'lowpass', corner: 0.5 * passPart * Math.min(shape.rate, this.#rateOut) },
      shape.rate * up,
    );
    this.#perPhase = Math.ceil(taps.length / up);
    this.#phases = new Float64Array(this.#perPhase * up);
    for (let tap = 0; tap < taps.length; tap++) {
      this.#phases[(tap % up) * this.#perPhase + Math.floor(tap / up)] = up * (taps[tap] as number);
    }
    this.#history = new Float64Array(2 * this.#perPhase);
    const lateSeconds = (taps.length - 1) / 2 / (shape.rate * up);
    this.delaySamples = lateSeconds * this.#rateOut;
    this.settleSamples = Math.ceil(2 * this.delaySamples) + 1;
    this.reset();
    return { rate: this.#rateOut, unit: shape.unit };
  }

  /** The rate is that already: one tap of 1. */
  #pass(shape: SignalShape): SignalShape {
    this.#perPhase = 1;
    this.#phases = Float64Array.of(1);
    this.#history = new Float64Array(2);
    this.delaySamples = 0;
    this.settleSamples = 0;
    this.reset();
    return shape;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    const history = this.#history;
    const perPhase = this.#perPhase;
    const up = this.#up;
    let written = 0;
    let at = this.#at;
    let next = this.#next;
    for (let i = 0; i < length; i++) {
      // Outputs overwrite inputs only behind them where both share a buffer and the rate falls.
      const x = input[i] as number;
      at = at === 0 ? perPhase - 1 : at - 1;
      history[at] = x;
      history[at + perPhase] = x;
      for (; next < up; next += this.#down) {
        const phase = next * perPhase;
        let sum = 0;
        for (let tap = 0; tap < perPhase; tap++)
          sum += (this.#phases[phase + tap] as number) * (history[at + tap] as number);
        output[written++] = sum;
      }
      next -= up;
    }
    this.#at = at;
    this.#next = next;
    return written;
  }

  reset(): void {
    this.#history.fill(0);
    this.#at = 0;
    this.#next = 0;
  }

  coefficients(): readonly number[] {
    return [this.#up, this.#down, ...this.#phases];
  }
}

/** Whole numbers up and down with rateOut ÷ rateIn = up ÷ down. Rates with more than three decimals have none. */
function ratio(rateIn: number, rateOut: number): [number, number] {
  for (const rate of [rateIn, rateOut]) {
    if (!(rate >= 1 && rate <= 192_000 && Number.isInteger(Math.round(rate * 1000)))) {
      throw new RangeError(`to: ${rateOut} Hz from ${rateIn} Hz is outside 1 to 192000 Hz. Use 50 to 1000 Hz.`);
    }
  }
  let a = Math.round(rateOut * 1000);
  let b = Math.round(rateIn * 1000);
  const [up, down] = [a, b];
  while (b > 0) [a, b] = [b, a % b];
  if (up / a > 1000) {
    throw new RangeError(
      `to: ${rateOut} Hz has no simple ratio to ${rateIn} Hz. Use a rate that shares a divisor with it.`,
    );
  }
  return [up / a, down / a];
}

/** Of the sinc on each side: the stop band begins 10 % above the pass band's end. */
const zeroCrossings = 16;
const passPart = 0.9;
