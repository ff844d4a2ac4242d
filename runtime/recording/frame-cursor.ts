import type { z } from 'zod';
import type { SampleBlock } from '../contracts.js';
import type { Frames } from './packing.js';
import type { blockRow } from './rows.js';

/** An unpacked block of frames. */
export type Block = { readonly row: z.output<typeof blockRow> } & Frames;

/** Goes through the frames of all blocks, cycle by cycle. A cycle's frames lie in one block, and a block begins with one. */
export class FrameCursor {
  readonly #blocks: Iterator<Block>;
  readonly #channels: number;
  #block: Block | undefined;
  #at = 0;

  constructor(blocks: Iterator<Block>, channels: number) {
    this.#blocks = blocks;
    this.#channels = channels;
  }

  /** Copies the next `count` frames, those of `cycle`. Returns what is wrong, or the empty string. */
  take(cycle: number, count: number, to: SampleBlock): string {
    to.frames = 0;
    if (count === 0) return '';
    if (count > to.capacity) return `cycle ${cycle} has ${count} frames, more than ${to.capacity}`;
    const block = this.#current();
    if (!block) return `the frames of cycle ${cycle} are missing`;
    const { row, counts, counters, flags } = block;
    if (this.#at === 0 && row.first_cycle !== cycle) {
      return `the frames of cycle ${cycle} are missing: the next block begins with cycle ${row.first_cycle}`;
    }
    if (this.#at + count > row.frames) return `cycle ${cycle} has ${count} frames, its block fewer`;
    const channels = this.#channels;
    for (let value = 0; value < count * channels; value++) {
      to.counts[value] = counts[this.#at * channels + value] as number;
    }
    for (let frame = 0; frame < count; frame++) {
      to.counters[frame] = counters[this.#at + frame] as number;
      to.flags[frame] = flags[this.#at + frame] as number;
    }
    to.firstIndex = row.first_index + this.#at;
    to.frames = count;
    this.#at += count;
    return '';
  }

  /** The block of which not all frames were taken, if there is one. */
  left(): Block['row'] | undefined {
    return this.#current()?.row;
  }

  #current(): Block | undefined {
    if (this.#block && this.#at < this.#block.row.frames) return this.#block;
    const next = this.#blocks.next();
    this.#block = next.done === true ? undefined : next.value;
    this.#at = 0;
    return this.#block;
  }
}
