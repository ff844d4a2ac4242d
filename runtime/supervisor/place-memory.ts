import { recordLength } from '../contracts.js';
import { pictureSlotBytes } from '../loop/picture-slot.js';
import { SlotRing } from '../loop/ring.js';
import { ControlTime, createMailbox, createTimes } from '../loop/shared.js';
import type { RecordedMemory } from './recorder-thread.js';

/** All memory that the threads of a run that recognises places share, made before any of them starts. */
export class PlaceMemory implements RecordedMemory {
  readonly samples: SlotRing;
  readonly decisions = SlotRing.create(decisionSlots, recordLength * 8);
  /** Nobody reads it: what a recorder has to tell a loop is about stimuli. */
  readonly recorder = createMailbox();
  readonly times = new Float64Array(createTimes());

  /** `width` and `height` of the frames that are recorded. */
  constructor(width: number, height: number) {
    this.samples = SlotRing.create(pictureSlots, pictureSlotBytes(width, height));
    this.times[ControlTime.committedUs] = NaN;
  }

  get ringLosses(): Record<string, number> {
    return { samples: this.samples.losses, decisions: this.decisions.losses };
  }
}

/** Half a minute at thirty frames a second. */
const pictureSlots = 1 << 10;
const decisionSlots = 1 << 13;
