import type { SampleBlock } from '../../contracts.js';

/** Frames by their index, forwards; those that are not there hold the values before. */
export class FrameWalk {
  readonly #blocks: Iterator<SampleBlock>;
  readonly #channels: number;
  readonly #counts: Int32Array;
  #block: SampleBlock | undefined;

  constructor(blocks: Iterable<SampleBlock>, channels: number) {
    this.#blocks = blocks[Symbol.iterator]();
    this.#channels = channels;
    this.#counts = new Int32Array(channels);
  }

  /** Counts of a frame, none before the one asked for last; reused. */
  at(index: number): Int32Array {
    while (!this.#block || index >= this.#block.firstIndex + this.#block.frames) {
      const next = this.#blocks.next();
      if (next.done === true) return this.#counts;
      this.#block = next.value;
    }
    const place = index - this.#block.firstIndex;
    if (place < 0) return this.#counts;
    for (let channel = 0; channel < this.#channels; channel++) {
      this.#counts[channel] = this.#block.counts[place * this.#channels + channel] as number;
    }
    return this.#counts;
  }
}
