import type { SignalShape, Stage } from '../contracts.js';

/** Stages one behind the other, as one stage. */
export function createChain(stages: readonly Stage[]): Stage {
  return new Chain(stages);
}

class Chain implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #stages: readonly Stage[];
  /** Stages that change the rate need a buffer beside their input; null for those that work in place. */
  #scratch: (Float64Array | null)[] = [];

  constructor(stages: readonly Stage[]) {
    this.#stages = stages;
  }

  prepare(shape: SignalShape): SignalShape {
    let { rate } = shape;
    let now = shape;
    this.delaySamples = 0;
    this.settleSamples = 0;
    this.#scratch = [];
    for (const stage of this.#stages) {
      now = stage.prepare(now);
      const change = now.rate / rate;
      rate = now.rate;
      this.#scratch.push(change > 1 ? new Float64Array(Math.ceil(longestInput * (rate / shape.rate)) + 2) : null);
      this.delaySamples = this.delaySamples * change + stage.delaySamples;
      this.settleSamples = Math.ceil(this.settleSamples * change + stage.settleSamples);
    }
    return now;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    let from = input;
    let count = length;
    for (let place = 0; place < this.#stages.length; place++) {
      const stage = this.#stages[place] as Stage;
      const scratch = this.#scratch[place];
      if (scratch) {
        for (let i = 0; i < count; i++) scratch[i] = from[i] as number;
        count = stage.process(scratch, count, output);
      } else {
        count = stage.process(from, count, output);
      }
      from = output;
    }
    if (from !== output) for (let i = 0; i < count; i++) output[i] = from[i] as number;
    return count;
  }

  reset(): void {
    for (const stage of this.#stages) stage.reset();
  }

  coefficients(): readonly number[] {
    return this.#stages.flatMap((stage) => stage.coefficients());
  }
}

/** Frames that one call brings at most. */
const longestInput = 4096;
