import type { SignalShape, Stage } from '../contracts.js';
import { MovingSum } from './moving-sum.js';

/** Root mean square of the last `seconds`, 0 before the start. Leaves no rounding error behind, however long it runs. */
export class RmsEnvelope implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #seconds: number;
  #length = 1;
  #sum = new MovingSum(1);

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  prepare(shape: SignalShape): SignalShape {
    this.#length = Math.floor(this.#seconds * shape.rate + 0.5);
    if (!(this.#length >= 1)) {
      throw new RangeError(`window: ${this.#seconds} s is less than one sample. Use at least ${1 / shape.rate} s.`);
    }
    this.#sum = new MovingSum(this.#length);
    this.delaySamples = (this.#length - 1) / 2;
    this.settleSamples = this.#length;
    return shape;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    for (let i = 0; i < length; i++) {
      const x = input[i] as number;
      output[i] = x * x;
    }
    this.#sum.process(output, length, output);
    for (let i = 0; i < length; i++) output[i] = Math.sqrt((output[i] as number) / this.#length);
    return length;
  }

  reset(): void {
    this.#sum.reset();
  }

  coefficients(): readonly number[] {
    return [this.#length];
  }
}
