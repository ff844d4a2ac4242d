import { FrameFlag } from '../contracts.js';
import { lostCounts, type LivePicture, type LiveSamples } from '../link/dashboard/options.js';
import { PictureSlot } from '../loop/picture-slot.js';
import type { SlotRing } from '../loop/ring.js';
import { SampleSlot } from '../loop/sample-slot.js';

/**
 * What a page gets of the signal: this looks into the ring between loop and recorder as an onlooker, who takes nothing
 * out of it and holds nobody up. Whoever looks too late has missed what was there.
 */
export class LiveFeed {
  readonly #ring: SlotRing;
  readonly #channels: number;
  #seen: number;
  #picture = -1;

  constructor(ring: SlotRing, channels: number) {
    this.#ring = ring;
    this.#channels = channels;
    this.#seen = ring.written;
  }

  /** From now on. */
  begin(): void {
    this.#seen = this.#ring.written;
  }

  /** Frames since the last call, run by run of neighbours; at most a second's. */
  samples(): LiveSamples[] {
    const ring = this.#ring;
    const runs: LiveSamples[] = [];
    const written = ring.written;
    let first = 0;
    let counts: number[] = [];
    const put = (): void => {
      if (counts.length > 0) runs.push(runOf(first, counts, this.#channels));
      counts = [];
    };
    // Positions are 32-bit counters that wrap.
    const waiting = (written - this.#seen) | 0;
    for (let ahead = Math.max(0, waiting - mostFrames); ahead < waiting; ahead++) {
      const at = ring.at(this.#seen + ahead) * ring.slotBytes;
      if (ring.ints[at / 4 + SampleSlot.frames] === 0) continue;
      const index = ring.doubles[at / 8 + SampleSlot.index] as number;
      if (counts.length > 0 && index !== first + counts.length / this.#channels) put();
      if (counts.length === 0) first = index;
      const lost = ((ring.ints[at / 4 + SampleSlot.flags] as number) & FrameFlag.gap) !== 0;
      for (let channel = 0; channel < this.#channels; channel++)
        counts.push(lost ? lostCounts : (ring.ints[at / 4 + SampleSlot.counts + channel] as number));
    }
    put();
    this.#seen = written;
    return runs;
  }

  /** The newest picture, if it is another one than last time. Of a ring of pictures of so many pixels. */
  picture(pixels: number): LivePicture | undefined {
    const ring = this.#ring;
    const waiting = Math.min((ring.written - this.#seen) | 0, mostFrames);
    for (let back = 1; back <= waiting; back++) {
      const at = ring.at(ring.written - back) * ring.slotBytes;
      if (ring.ints[at / 4 + SampleSlot.frames] !== 1) continue;
      const number = ring.ints[at / 4 + SampleSlot.counter] as number;
      this.#seen = ring.written;
      if (number === this.#picture) return undefined;
      this.#picture = number;
      const from = at + PictureSlot.pixels;
      return { number, pixels: Buffer.from(ring.bytes.slice(from, from + pixels)).toString('base64') };
    }
    return undefined;
  }
}

function runOf(firstIndex: number, counts: readonly number[], channels: number): LiveSamples {
  const bytes = Buffer.alloc(counts.length * 4);
  counts.forEach((value, place) => bytes.writeInt32LE(value, 4 * place));
  return { firstIndex, frames: counts.length / channels, counts: bytes.toString('base64') };
}

const mostFrames = 1000;
