import { FrameFlag, type SampleBlock, type SessionCounts } from '../runtime/contracts.js';

/**
 * Frames of a device on their way into blocks: numbers them, holds the last one through gaps of up to two seconds, lets the
 * index jump over longer ones. Pure; allocates nothing after construction.
 */
export class FrameOutlet {
  readonly counts: SessionCounts = { frames: 0, gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0 };
  nextIndex = 0;
  /** To be filled before `put`. */
  readonly frame: Int32Array;
  readonly #held: Int32Array;
  readonly #longestFill: number;
  #counter = -1;
  #waits = false;
  /** Gap frames still to be delivered before it. */
  #fill = 0;
  #jumped = false;

  constructor(channels: number, rate: number) {
    this.frame = new Int32Array(channels);
    this.#held = new Int32Array(channels);
    this.#longestFill = longestFillSeconds * rate;
  }

  /** A frame waits until `deliver` has found room for it. */
  get waits(): boolean {
    return this.#waits;
  }

  /** What waits is void. */
  reset(): void {
    this.#waits = false;
    this.#fill = 0;
  }

  /** `frame` is whole, and `lost` frames were lost before it. */
  put(counter: number, lost: number): void {
    this.#waits = true;
    this.#counter = counter;
    this.counts.frames++;
    if (lost <= 0) return;
    this.counts.gaps++;
    this.counts.lostFrames += lost;
    if (lost <= this.#longestFill) this.#fill = lost;
    else {
      this.nextIndex += lost;
      this.#jumped = true;
    }
  }

  /** Puts what waits into the block behind what it holds; false if something is left for the next one. */
  deliver(out: SampleBlock): boolean {
    if (!this.#waits) return true;
    if (this.#jumped && out.frames > 0) return false;
    if (out.frames === 0) out.firstIndex = this.nextIndex;
    for (; this.#fill > 0; this.#fill--) {
      if (out.frames === out.capacity) return false;
      this.#write(out, this.#held, -1, FrameFlag.gap);
    }
    if (out.frames === out.capacity) return false;
    this.#write(out, this.frame, this.#counter, this.#jumped ? FrameFlag.gap : 0);
    this.#held.set(this.frame);
    this.#jumped = false;
    this.#waits = false;
    return true;
  }

  #write(out: SampleBlock, from: Int32Array, counter: number, flags: number): void {
    const at = out.frames * out.channels;
    for (let channel = 0; channel < out.channels; channel++) out.counts[at + channel] = from[channel] as number;
    out.counters[out.frames] = counter;
    out.flags[out.frames] = flags;
    out.frames++;
    this.nextIndex++;
  }
}

const longestFillSeconds = 2;
