import type { GreyFrame } from '../runtime/contracts.js';

/**
 * A fixed number of frames between who fills them and who takes them: who takes them late loses the oldest, never a part
 * of one. Allocates no frame after construction.
 */
export class FrameRing {
  /** Frames that were dropped because they were not taken in time. */
  dropped = 0;
  /** One is being filled, the others wait. */
  readonly #frames: GreyFrame[];
  /** With whoever took it. */
  #taken: GreyFrame;
  /** Number of the next to be taken, and of the one that is being filled. */
  #next = 0;
  #filling = 0;

  constructor(width: number, height: number, waiting = 4) {
    const empty = (): GreyFrame => {
      return { width, height, pixels: new Uint8Array(width * height), sequence: 0, frameUs: 0 };
    };
    this.#frames = Array.from({ length: waiting + 1 }, empty);
    this.#taken = empty();
  }

  /** The frame that is being filled. */
  get filling(): GreyFrame {
    return this.#frames[this.#filling % this.#frames.length] as GreyFrame;
  }

  /** It is whole: it waits, and the next one is filled. */
  push(): void {
    this.#filling++;
    if (this.#filling - this.#next < this.#frames.length) return;
    this.#next++;
    this.dropped++;
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    if (this.#next === this.#filling) return undefined;
    const place = this.#next % this.#frames.length;
    const taken = this.#frames[place] as GreyFrame;
    this.#frames[place] = this.#taken;
    this.#taken = taken;
    this.#next++;
    return taken;
  }
}
