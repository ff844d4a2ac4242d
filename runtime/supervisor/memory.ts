import {
  recordLength,
  refusalReasons,
  ringNames,
  sessionStates,
  type RefusalReason,
  type SessionState,
} from '../contracts.js';
import { SlotRing } from '../loop/ring.js';
import { sampleSlotBytes } from '../loop/sample-slot.js';
import { Control, ControlTime, createControl, createMailbox, createTimes, traceLength } from '../loop/shared.js';

/** All memory that the threads of a run share, made before any of them starts. */
export class RunMemory {
  readonly control = new Int32Array(createControl());
  readonly times = new Float64Array(createTimes());
  readonly trace = new Float32Array(new SharedArrayBuffer(traceLength * 4));
  readonly samples: SlotRing;
  readonly decisions = SlotRing.create(decisionSlots, recordLength * 8);
  /** From the supervisor: arm, disarm, lower, markers. */
  readonly requests = createMailbox();
  /** From the guardian, through the supervisor. */
  readonly receipts = createMailbox();
  /** From the recorder: leases, what was given before, its disk. */
  readonly recorder = createMailbox();

  constructor(channels: number) {
    this.times[ControlTime.committedUs] = NaN;
    this.samples = SlotRing.create(sampleSlots, sampleSlotBytes(channels));
  }

  get sourceState(): SessionState {
    return sessionStates[this.control[Control.source] as number] ?? 'closed';
  }

  get armed(): boolean {
    return this.control[Control.armed] === 1;
  }

  get holding(): RefusalReason[] {
    return this.#reasons(Control.holding);
  }

  /** Of the last refusal. */
  get lastReasons(): RefusalReason[] {
    return this.#reasons(Control.lastReasons);
  }

  #reasons(word: number): RefusalReason[] {
    const bits = this.control[word] as number;
    return refusalReasons.filter((_, place) => (bits & (1 << place)) !== 0);
  }

  get frames(): number {
    return this.control[Control.frames] as number;
  }

  get ringLosses(): Record<string, number> {
    const losses = [this.samples.losses, this.decisions.losses, this.requests.losses + this.receipts.losses];
    return Object.fromEntries(ringNames.map((name, place) => [name, losses[place] ?? 0]));
  }

  get armedUntilUs(): number {
    return this.times[ControlTime.armedUntilUs] as number;
  }

  /** The newest values of the trace, oldest first. */
  traceValues(length: number): Float32Array {
    const written = Atomics.load(this.control, Control.traceCount);
    const count = Math.min(length, written, this.trace.length);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.trace[(written - count + i) % this.trace.length] as number;
    return values;
  }
}

/** Sixteen seconds at 1 kHz: longer than any commit was seen to take. */
const sampleSlots = 1 << 14;
const decisionSlots = 1 << 13;
