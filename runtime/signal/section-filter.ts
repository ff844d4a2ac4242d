import type { SignalShape, Stage } from '../contracts.js';
import { settleOfStep } from './settle.js';
import { cos, sin } from './math.js';
import type { Sections } from './zeros-poles.js';

/**
 * Second-order sections in transposed direct form II, in doubles: a corner of 0.3 Hz at 250 Hz needs them. `design` gets
 * the rate; `centre` is the frequency in Hz at which the declared delay holds.
 */
export class SectionFilter implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #design: (rate: number) => Sections;
  readonly #centre: (rate: number) => number;
  #sections = 0;
  /** b0 b1 b2 a1 a2 of each section. */
  #coefficients = new Float64Array(0);
  #state = new Float64Array(0);

  constructor(design: (rate: number) => Sections, centre: (rate: number) => number) {
    this.#design = design;
    this.#centre = centre;
  }

  prepare(shape: SignalShape): SignalShape {
    const sections = this.#design(shape.rate);
    this.#sections = sections.length;
    this.#coefficients = Float64Array.from(sections.flatMap(([b0, b1, b2, , a1, a2]) => [b0, b1, b2, a1, a2]));
    this.#state = new Float64Array(2 * sections.length);
    this.delaySamples = groupDelay(sections, (2 * Math.PI * this.#centre(shape.rate)) / shape.rate);
    this.settleSamples = settleOfStep(this, shape.rate);
    return shape;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    for (let section = 0; section < this.#sections; section++) {
      runSection(this.#coefficients, this.#state, section, section === 0 ? input : output, length, output);
    }
    return length;
  }

  reset(): void {
    this.#state.fill(0);
  }

  coefficients(): readonly number[] {
    return [...this.#coefficients];
  }
}

/**
 * A function of its own, without a loop around it: code that the engine made for a loop in the midst of a long call may
 * put what stands before that loop on the heap, at each call from then on.
 */
function runSection(
  coefficients: Float64Array,
  state: Float64Array,
  section: number,
  input: Float64Array,
  length: number,
  output: Float64Array,
): void {
  const b0 = coefficients[5 * section] as number;
  const b1 = coefficients[5 * section + 1] as number;
  const b2 = coefficients[5 * section + 2] as number;
  const a1 = coefficients[5 * section + 3] as number;
  const a2 = coefficients[5 * section + 4] as number;
  let z0 = state[2 * section] as number;
  let z1 = state[2 * section + 1] as number;
  for (let i = 0; i < length; i++) {
    const x = input[i] as number;
    const y = b0 * x + z0;
    z0 = b1 * x - a1 * y + z1;
    z1 = b2 * x - a2 * y;
    output[i] = y;
  }
  state[2 * section] = z0;
  state[2 * section + 1] = z1;
}

/** −dφ/dω at ω radians a sample, in samples. */
export function groupDelay(sections: Sections, w: number): number {
  let delay = 0;
  for (const [b0, b1, b2, a0, a1, a2] of sections) {
    delay += polynomialDelay([b0, b1, b2], w) - polynomialDelay([a0, a1, a2], w);
  }
  return delay;
}

/** Re( Σ n cₙ e^(−jωn) ÷ Σ cₙ e^(−jωn) ) */
export function polynomialDelay(coefficients: readonly number[], w: number): number {
  let re = 0;
  let im = 0;
  let rampRe = 0;
  let rampIm = 0;
  coefficients.forEach((c, n) => {
    const x = c * cos(w * n);
    const y = -c * sin(w * n);
    re += x;
    im += y;
    rampRe += n * x;
    rampIm += n * y;
  });
  const square = re * re + im * im;
  return square === 0 ? 0 : (rampRe * re + rampIm * im) / square;
}
