import { FrameWindow } from './frame-window.js';
import type { SequenceMatcher } from './place-scorer.js';

/** Answers from the last `frames` frames alone, of a robot that goes on by a place a frame, as the peers' do. */
export class WindowMatcher implements SequenceMatcher {
  readonly #window: FrameWindow;
  #best = 0;

  constructor(frames: number) {
    this.#window = new FrameWindow(frames);
  }

  /** By how many standard deviations of the scores the best answer stands out. */
  get fit(): number {
    const { deviation } = this.#window;
    return deviation > 0 ? this.#best / deviation : 0;
  }

  /** A frame that shows what the one before did is a place further, too: the window knows one pace. */
  step(scores: Float32Array, _still: boolean, answers: Float32Array): boolean {
    this.#window.take(scores);
    if (!this.#window.isFull) return false;
    this.#best = this.#window.along(1, answers);
    return true;
  }
}
