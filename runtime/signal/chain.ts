import type { SignalShape, Stage } from '../contracts.js';

/** Stages one behind the other, as one stage. */
export function createChain(stages: readonly Stage[]): Stage {
  return new Chain(stages);
}

class Chain implements Stage {
  delaySamples = 0;
  settleSamples = 0;
  readonly #stages: readonly Stage[];
  /** Two buffers that stages which change the rate read from and write to; each holds a chunk at the highest rate. */
  #one = new Float64Array(0);
  #other = new Float64Array(0);
  /** 1 for a stage that cannot work in place. */
  #moves = new Uint8Array(0);

  constructor(stages: readonly Stage[]) {
    this.#stages = stages;
  }

  prepare(shape: SignalShape): SignalShape {
    let now = shape;
    let highest = shape.rate;
    this.delaySamples = 0;
    this.settleSamples = 0;
    this.#moves = new Uint8Array(this.#stages.length);
    this.#stages.forEach((stage, place) => {
      const before = now.rate;
      now = stage.prepare(now);
      const change = now.rate / before;
      highest = Math.max(highest, now.rate);
      this.#moves[place] = change === 1 ? 0 : 1;
      this.delaySamples = this.delaySamples * change + stage.delaySamples;
      this.settleSamples = Math.ceil(this.settleSamples * change + stage.settleSamples);
    });
    const room = Math.ceil((chunk * highest) / shape.rate) + this.#stages.length + 1;
    this.#one = new Float64Array(room);
    this.#other = new Float64Array(room);
    return now;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    let written = 0;
    for (let start = 0; start < length; start += chunk) {
      let count = length - start < chunk ? length - start : chunk;
      let from = this.#one;
      let to = this.#other;
      for (let i = 0; i < count; i++) from[i] = input[start + i] as number;
      for (let place = 0; place < this.#stages.length; place++) {
        const stage = this.#stages[place] as Stage;
        if (this.#moves[place] === 0) {
          count = stage.process(from, count, from);
          continue;
        }
        count = stage.process(from, count, to);
        const swap = from;
        from = to;
        to = swap;
      }
      for (let i = 0; i < count; i++) output[written++] = from[i] as number;
    }
    return written;
  }

  reset(): void {
    for (const stage of this.#stages) stage.reset();
  }

  coefficients(): readonly number[] {
    return this.#stages.flatMap((stage) => stage.coefficients());
  }
}

/** Samples at a time. The loop's reads are no longer: then a chain may write where it reads from, at any rate. */
const chunk = 256;
