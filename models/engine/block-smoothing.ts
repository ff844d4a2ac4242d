import { ModelError } from '../format/model-error.js';
import { filterOnce, steadyMemory, type Sections } from './sections.js';

/**
 * Low-pass of decoded outputs without delay inside a block (arXiv 2312.15889): forwards over all that came, then backwards
 * over the last `block` ticks, from the steady state of the newest of them. Every `hop` ticks the oldest `hop` of the block
 * come out, `block` − 1 ticks late at worst and (block − hop) + (hop − 1) / 2 on average. A larger hop is later and
 * cheaper, a longer block smoother and later.
 */
export class BlockSmoothing {
  readonly #sections: Sections;
  readonly #channels: number;
  readonly #block: number;
  readonly #hop: number;
  readonly #steady: Float64Array;
  readonly #memory: Float64Array;
  readonly #backward: Float64Array;
  /** What came out forwards, a ring of [block][channels]. */
  readonly #ring: Float64Array;
  #ticks = 0;

  /** `sections` F64 [n, 6] as of the node `smooth`. */
  constructor(sections: Sections, channels: number, block: number, hop: number) {
    if (!(Number.isInteger(hop) && Number.isInteger(block) && hop >= 1 && hop <= block))
      throw new ModelError(
        `a hop of ${hop} in blocks of ${block} ticks. Give whole numbers, the hop at most the block.`,
      );
    this.#sections = sections;
    this.#channels = channels;
    this.#block = block;
    this.#hop = hop;
    this.#steady = steadyMemory(sections);
    this.#memory = new Float64Array(channels * this.#steady.length);
    this.#backward = new Float64Array(this.#steady.length);
    this.#ring = new Float64Array(block * channels);
  }

  /**
   * One tick. Returns how many ticks it wrote to `out` as [ticks][channels], oldest first: `hop` when a block is complete,
   * else 0.
   */
  push(values: Float32Array, out: Float32Array): number {
    const now = this.#ticks % this.#block;
    for (let channel = 0; channel < this.#channels; channel++)
      this.#ring[now * this.#channels + channel] = filterOnce(
        values[channel] as number,
        this.#sections,
        this.#memory,
        channel * this.#steady.length,
      );
    this.#ticks++;
    if (this.#ticks < this.#block || (this.#ticks - this.#block) % this.#hop !== 0) return 0;
    for (let channel = 0; channel < this.#channels; channel++) this.#runBackwards(channel, now, out);
    return this.#hop;
  }

  #runBackwards(channel: number, newest: number, out: Float32Array): void {
    const last = this.#ring[newest * this.#channels + channel] as number;
    for (let z = 0; z < this.#backward.length; z++) this.#backward[z] = (this.#steady[z] as number) * last;
    for (let back = 0; back < this.#block; back++) {
      const at = (newest - back + this.#block) % this.#block;
      const y = filterOnce(this.#ring[at * this.#channels + channel] as number, this.#sections, this.#backward, 0);
      const place = this.#block - 1 - back;
      if (place < this.#hop) out[place * this.#channels + channel] = y;
    }
  }

  reset(): void {
    this.#memory.fill(0);
    this.#ticks = 0;
  }
}
