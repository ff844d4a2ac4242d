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
/** Frames that the filter's belief reaches back, about: so many standard deviations of one it adds up to. */
const remembered = 16;
/** Places to each side of the answer at which its frames may end. */
const near = 1;

/**
 * Answers at any pace and in either direction: which place is the surest, by the belief of the sequence filter, which
 * remembers more than `frames` frames, and by the last `frames` of them along the pace that the filter has followed
 * lately. How well it fits is what those frames say along the line that fits best, and what the filter remembers beside
 * them: that counts no more than they bear out at the answer, as the belief of a robot that has just left the map stays
 * high for a while.
 */
export class DriveMatcher implements SequenceMatcher {
  /** By how many standard deviations of the scores the last frames stand out, and by how many those before. */
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
    const belief = answers[this.#filter.best] as number;
    if (this.#line.length !== scores.length) this.#line = new Float32Array(scores.length);
    const line = this.#line;
    const { deviation, frames } = this.#window;
    const scale = deviation > 0 ? 1 / deviation : 0;
    this.#window.along(this.#pace, line);
    let place = 0;
    for (let at = 0; at < answers.length; at++) {
      answers[at] = (answers[at] as number) + share * Math.sqrt(frames) * scale * (line[at] as number);
      if ((answers[at] as number) > (answers[place] as number)) place = at;
    }
    this.fit = this.#fit(place, belief / remembered, scale);
    const offset = this.fit - (answers[place] as number);
    for (let at = 0; at < answers.length; at++) answers[at] = (answers[at] as number) + offset;
    return true;
  }

  /** Of the answer `place`, in deviations: `memory` as the filter has it, the window's times `scale`. */
  #fit(place: number, memory: number, scale: number): number {
    const line = this.#line;
    let anywhere = Number.NEGATIVE_INFINITY;
    let there = Number.NEGATIVE_INFINITY;
    for (const pace of paces) {
      anywhere = Math.max(anywhere, this.#window.along(pace, line));
      for (let at = Math.max(place - near, 0); at <= Math.min(place + near, line.length - 1); at++)
        there = Math.max(there, line[at] as number);
    }
    return scale * anywhere + Math.min(memory, scale * there);
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
