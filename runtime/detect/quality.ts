import type { ChannelInfo, SampleBlock } from '../contracts.js';

/**
 * Whether the channels that anything is derived from carry a signal at all, judged on raw counts before any filter:
 * saturated, if one of them reached its converter's rail within the last second; flat, if one of them has not changed
 * by a single count for a second. These are the plain signs of a lost electrode (a Cyton's open input sits at its rail)
 * and of a dead front end: the noise of a living one moves its counts all the time.
 */
export class ChannelQuality {
  readonly #used: readonly number[];
  readonly #rails: Float64Array;
  readonly #last: Int32Array;
  /** Frames in a row, the newest included, with the same count. */
  readonly #unchanged: Float64Array;
  readonly #second: number;
  #frames = 0;
  #sinceRail = Infinity;
  #flat = false;

  /** `used` are places in `channels`. */
  constructor(channels: readonly ChannelInfo[], used: readonly number[], rate: number) {
    this.#used = used;
    this.#rails = Float64Array.from(used, (channel) => channels[channel]?.railCounts ?? Infinity);
    this.#last = new Int32Array(used.length);
    this.#unchanged = new Float64Array(used.length);
    this.#second = Math.ceil(holdSeconds * rate);
  }

  /** A second has been seen since the start or reset: what is said below is a judgement, not ignorance. */
  get known(): boolean {
    return this.#frames >= this.#second;
  }

  get saturated(): boolean {
    return this.#sinceRail < this.#second;
  }

  get flat(): boolean {
    return this.#flat;
  }

  /** Frames `first` up to `end` of the block, none of them lost ones that repeat the last. */
  push(block: SampleBlock, first = 0, end = block.frames): void {
    const { channels, counts } = block;
    for (let frame = first; frame < end; frame++) this.#frame(counts, frame * channels);
  }

  reset(): void {
    this.#frames = 0;
    this.#sinceRail = Infinity;
    this.#flat = false;
    this.#unchanged.fill(0);
  }

  #frame(counts: Int32Array, at: number): void {
    const used = this.#used;
    this.#sinceRail++;
    this.#flat = false;
    for (let place = 0; place < used.length; place++) {
      const count = counts[at + (used[place] as number)] as number;
      if (Math.abs(count) >= (this.#rails[place] as number)) this.#sinceRail = 0;
      const same = count === this.#last[place];
      const unchanged = same ? (this.#unchanged[place] as number) + 1 : 1;
      if (unchanged >= this.#second) this.#flat = true;
      this.#unchanged[place] = unchanged;
      this.#last[place] = count;
    }
    this.#frames++;
  }
}

/** Long against the pauses of a living signal, short against a stimulus interval: an assumption, to be measured. */
const holdSeconds = 1;
