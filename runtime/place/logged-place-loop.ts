import { recordLength, type GreyFrame } from '../contracts.js';
import { createRecordList, type RecordList } from '../loop/loop.js';
import { pushPicture } from '../loop/picture-slot.js';
import type { SlotRing } from '../loop/ring.js';
import type { PlaceLoop } from './place-loop.js';

/**
 * The place loop between its two rings: what enters a cycle is logged before it is used, what the cycle decided after it.
 * The order of the log is the order that replay repeats.
 */
export class LoggedPlaceLoop {
  #loop: PlaceLoop;
  readonly #pictures: SlotRing;
  readonly #decisions: SlotRing;

  constructor(loop: PlaceLoop, pictures: SlotRing, decisions: SlotRing) {
    this.#loop = loop;
    this.#pictures = pictures;
    this.#decisions = decisions;
  }

  /** The next cycle is the first of another recording, and of this loop. */
  beginRecording(loop: PlaceLoop): void {
    this.#loop = loop;
  }

  step(nowUs: number, frame: GreyFrame | undefined, messages: RecordList = none): void {
    const loop = this.#loop;
    const cycle = loop.cycleNumber + 1;
    for (let place = 0; place < messages.length; place++) {
      const at = place * recordLength;
      messages.records[at + 1] = cycle;
      messages.records[at + 2] = loop.lastIndex;
      messages.records[at + 3] = nowUs;
      this.#keep(messages.records, at);
    }
    pushPicture(this.#pictures, cycle, nowUs, loop.lastIndex + 1, frame);
    loop.cycle(nowUs, frame, messages);
    const { records, length } = loop.events;
    for (let place = 0; place < length; place++) this.#keep(records, place * recordLength);
  }

  #keep(records: Float64Array, at: number): void {
    const ring = this.#decisions;
    if (ring.free() < 1) {
      ring.refuse(1);
      return;
    }
    const to = ring.slot(0) * recordLength;
    for (let i = 0; i < recordLength; i++) ring.doubles[to + i] = records[at + i] as number;
    ring.publish(1);
  }
}

const none = createRecordList(0);
