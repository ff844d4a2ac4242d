import { recordLength, type SampleBlock } from '../contracts.js';
import type { Loop, RecordList } from './loop.js';
import type { SlotRing } from './ring.js';
import { pushCycle } from './sample-slot.js';
import { Tally } from './tally.js';

/**
 * The loop between its two rings: what enters a cycle is logged before it is used, what the cycle decided after it. The
 * order of the log is the order that replay repeats. Live runs and file replay share this; only replay of a recording,
 * which has its log already, runs the bare loop.
 */
export class LoggedLoop {
  #loop: Loop;
  readonly tally = new Tally();
  /** Cycles and records that found a ring full since the last call of `takeLosses`. */
  #samplesRefused = false;
  #decisionsRefused = false;
  readonly #samples: SlotRing;
  readonly #decisions: SlotRing;

  constructor(loop: Loop, samples: SlotRing, decisions: SlotRing) {
    this.#loop = loop;
    this.#samples = samples;
    this.#decisions = decisions;
  }

  get loop(): Loop {
    return this.#loop;
  }

  /** The next cycle is the first of another recording. */
  beginRecording(): void {
    this.#loop = this.#loop.continued();
  }

  step(nowUs: number, block: SampleBlock, messages: RecordList): void {
    const { loop } = this;
    const cycle = loop.cycleNumber + 1;
    for (let place = 0; place < messages.length; place++) {
      const at = place * recordLength;
      messages.records[at + 1] = cycle;
      messages.records[at + 2] = loop.lastIndex;
      messages.records[at + 3] = nowUs;
      this.#keep(messages.records, at);
    }
    if (!pushCycle(this.#samples, cycle, nowUs, block)) this.#samplesRefused = true;
    loop.cycle(nowUs, block, messages);
    const { records, length } = loop.events;
    for (let place = 0; place < length; place++) {
      this.tally.add(records, place * recordLength);
      this.#keep(records, place * recordLength);
    }
  }

  /** Bit 0: the sample ring lost something since the last call; bit 1: the decision ring did. */
  takeLosses(): number {
    const losses = (this.#samplesRefused ? 1 : 0) | (this.#decisionsRefused ? 2 : 0);
    this.#samplesRefused = false;
    this.#decisionsRefused = false;
    return losses;
  }

  #keep(records: Float64Array, at: number): void {
    const ring = this.#decisions;
    if (ring.free() < 1) {
      ring.refuse(1);
      this.#decisionsRefused = true;
      return;
    }
    const to = ring.slot(0) * recordLength;
    for (let i = 0; i < recordLength; i++) ring.doubles[to + i] = records[at + i] as number;
    ring.publish(1);
  }
}
