import { FrameWindow } from './frame-window.js';
import type { SequenceMatcher } from './place-scorer.js';
import { SequenceFilter } from './sequence-filter.js';

/** What the window along the pace counts beside the belief, both in standard deviations. */
const share = 0.25;
/** Frames that the pace is taken from, and the longest step, in places, that is driving and no change of mind. */
const memory = 32;
const longest = 3;
/** Paces at which a robot is looked for to say how well any place fits. */
const paces = [1, 0.75, 4 / 3, 0.5, 2, -1] as const;

/**
 * Answers at any pace and in either direction: which place is the surest, by the belief of the sequence filter, which
 * remembers more than `frames` frames, and by the last `frames` of them along the pace that the filter has followed
 * lately; how sure it is, by those frames alone, along the line that fits best: the belief of a robot that has just left
 * the map stays high for a while.
 */
export class DriveMatcher implements SequenceMatcher {
  /** By how many standard deviations of the scores the last frames stand out along the line that fits best. */
  fit = 0;
  readonly #filter: SequenceFilter;
  readonly #window: FrameWindow;
  #line = new Float32Array(0);
  #pace = 1;
  #steps = 0;
  #place = -1;

  /** `module`: assembly/kernels.wasm. */
  constructor(frames: number, module?: WebAssembly.Module) {
    this.#window = new FrameWindow(frames);
    this.#filter = new SequenceFilter(module);
  }

  step(scores: Float32Array, still: boolean, answers: Float32Array): boolean {
    if (still && this.#place >= 0) this.#filter.stand();
    else this.#filter.step(scores, scores.length);
    this.#window.take(scores);
    this.#follow(this.#filter.best);
    if (!this.#window.isFull) return false;
    this.#filter.read(answers);
    if (this.#line.length !== scores.length) this.#line = new Float32Array(scores.length);
    const line = this.#line;
    const { deviation, frames } = this.#window;
    const scale = deviation > 0 ? 1 / deviation : 0;
    this.fit = scale * paces.reduce((best, pace) => Math.max(best, this.#window.along(pace, line)), -Infinity);
    this.#window.along(this.#pace, line);
    let best = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < answers.length; place++) {
      const answer = (answers[place] as number) + share * Math.sqrt(frames) * scale * (line[place] as number);
      answers[place] = answer;
      if (answer > best) best = answer;
    }
    for (let place = 0; place < answers.length; place++) answers[place] = (answers[place] as number) - best + this.fit;
    return true;
  }

  #follow(place: number): void {
    const step = place - this.#place;
    if (this.#place >= 0 && Math.abs(step) <= longest) {
      this.#steps++;
      this.#pace += (step - this.#pace) / Math.min(this.#steps, memory);
    }
    this.#place = place;
  }
}
