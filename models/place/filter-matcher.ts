import type { SequenceMatcher } from './place-scorer.js';
import { SequenceFilter } from './sequence-filter.js';

/** Answers from all frames so far, by the sequence filter. While the robot stands, the belief stands. */
export class FilterMatcher implements SequenceMatcher {
  readonly #filter: SequenceFilter;
  #steps = 0;

  /** `module`: assembly/kernels.wasm. */
  constructor(module?: WebAssembly.Module) {
    this.#filter = new SequenceFilter(module);
  }

  step(scores: Float32Array, still: boolean, answers: Float32Array): boolean {
    if (still && this.#steps > 0) this.#filter.stand();
    else {
      this.#filter.step(scores, scores.length);
      this.#steps++;
    }
    this.#filter.read(answers);
    return true;
  }
}
