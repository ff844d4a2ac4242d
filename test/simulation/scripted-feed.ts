import { FrameFlag, type SampleBlock, type SessionState } from '../../runtime/contracts.js';
import type { Feed } from './loop-thread.js';
import type { Frame } from './source.js';

/** Frames of the scripted source as a device's driver would hand them over: holes filled, long ones jumped over. */
export class ScriptedFeed implements Feed {
  state: SessionState = 'closed';
  readonly #waiting: Frame[] = [];
  readonly #fillFrames: number;
  #expected = NaN;
  #index = 0;
  #held: readonly [number, number] = [0, 0];

  constructor(rate: number) {
    this.#fillFrames = fillSeconds * rate;
  }

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** What a full buffer of the kernel does not take is lost. */
  push(frame: Frame): void {
    if (this.#waiting.length < kernelFrames) this.#waiting.push(frame);
  }

  /** The port is gone, and with it what nobody has read. */
  close(): void {
    this.state = 'closed';
    this.#waiting.length = 0;
  }

  take(nowUs: number, block: SampleBlock, told: (frame: Frame | undefined) => void): void {
    block.arrivalUs = nowUs;
    block.firstIndex = this.#index;
    for (let frame = this.#waiting[0]; frame && block.frames < block.capacity; frame = this.#waiting[0]) {
      const missing = Number.isNaN(this.#expected) ? 0 : frame.index - this.#expected;
      if (missing > this.#fillFrames) {
        if (block.frames > 0) return; // a block has no hole: what comes behind one waits for the next
        this.#index += missing;
        block.firstIndex = this.#index;
        this.#add(block, frame, FrameFlag.gap);
        told(undefined);
        this.#index++;
      } else {
        for (let lost = 0; lost < missing && block.frames < block.capacity; lost++) {
          this.#add(block, { counts: this.#held, index: -1 }, FrameFlag.gap);
          told(undefined);
          this.#index++;
        }
        if (block.frames === block.capacity) return;
        this.#add(block, frame, 0);
        told(frame);
        this.#index++;
      }
      this.#expected = frame.index + 1;
      this.#held = frame.counts;
      this.#waiting.shift();
    }
  }

  #add(block: SampleBlock, { counts, index }: Pick<Frame, 'counts' | 'index'>, flags: number): void {
    const at = block.frames++;
    block.counts[2 * at] = counts[0];
    block.counts[2 * at + 1] = counts[1];
    block.counters[at] = index < 0 ? -1 : index & 255;
    block.flags[at] = flags;
  }
}

/** Longer holes are jumped over. */
const fillSeconds = 2;
const kernelFrames = 64;
