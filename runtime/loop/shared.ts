import { recordLength, type MessageKind, type RunPosition, type RunSummary } from '../contracts.js';
import type { DevicePlan } from '../../drivers/devices.js';
import type { LoopDescription } from './build.js';
import type { LoopPlan } from './plan.js';
import { encodeMessage } from './records.js';
import { SlotRing } from './ring.js';

/** What the supervisor and the loop thread share: memory, and the words by which they signal each other. */

/** Words of the control memory (`Int32Array`). */
export const Control = {
  /** 1: finish this cycle and end. */
  stop: 0,
  /** Bumped by the supervisor at least every 100 ms. */
  supervisorBeat: 1,
  /** 1 while the port is open and configured; the loop sets it back to 0 when the device is gone. */
  port: 2,
  /** Place in `sessionStates`. */
  source: 3,
  armed: 4,
  /** Bits of `refusalReasons` that hold now. */
  holding: 5,
  frames: 6,
  gaps: 7,
  lostFrames: 8,
  discardedBytes: 9,
  duplicates: 10,
  /** Values ever written to the trace; its newest is at (count − 1) modulo its length. */
  traceCount: 11,
  detections: 12,
  stimuli: 13,
  refusals: 14,
  /** Bits of `refusalReasons` of the last refusal. */
  lastReasons: 15,
  /** Number of the guardian that waits at the FIFO, from 1; 0 while none does. */
  guardian: 16,
  /** Number of the last command, and of the last request that was refused; 0 before the first. */
  lastCommand: 17,
  lastRefused: 18,
  /** 1: the next cycle is to be the first of another recording; the loop sets it back to 0 when it is. */
  rotate: 19,
} as const;
const controlWords = 32;

/**
 * Doubles beside the control words. `committedUs`, of the recorder: every cycle up to this time is on disk. `endCycle`:
 * the last cycle that belongs into the present recording, Infinity while none is.
 */
export const ControlTime = {
  armedUntilUs: 0,
  lastFrameUs: 1,
  cycle: 2,
  driftPpm: 3,
  committedUs: 4,
  endCycle: 5,
} as const;

export interface LoopThreadData {
  readonly plan: LoopPlan;
  readonly device: DevicePlan;
  readonly port: string;
  /** Absent where nothing is stimulated. */
  readonly fifo?: string;
  readonly realtime: boolean;
  readonly control: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
  readonly trace: SharedArrayBuffer;
  readonly samples: SharedArrayBuffer;
  readonly decisions: SharedArrayBuffer;
  /** One for each producer, drained in this order. */
  readonly mailboxes: readonly SharedArrayBuffer[];
}

export type LoopThreadMessage =
  | { readonly ready: { readonly description: LoopDescription; readonly realtime: string } }
  | { readonly notice: string }
  | { readonly portLost: string }
  | { readonly rotated: Rotated }
  /** After the last cycle, with port and FIFO let go. */
  | { readonly ended: { readonly latencyUs: RunSummary['latencyUs'] } };

/** Where a recording has ended while its run goes on, when, and what the run counts by then. */
export interface Rotated extends RunPosition {
  readonly us: number;
  readonly counts: Pick<RunSummary, 'samples' | 'gaps' | 'discardedBytes' | 'detections'>;
}

export function createControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(controlWords * 4);
}

export function createTimes(): SharedArrayBuffer {
  const times = new SharedArrayBuffer(8 * 8);
  new Float64Array(times)[ControlTime.endCycle] = Infinity;
  return times;
}

export function createMailbox(): SlotRing {
  return SlotRing.create(mailboxSlots, recordLength * 8);
}

/** Puts a message into a mailbox; false if it is full. Only one thread may post to each. */
export function post(mailbox: SlotRing, kind: MessageKind, ...fields: number[]): boolean {
  if (mailbox.free() < 1) {
    mailbox.refuse(1);
    return false;
  }
  mailbox.doubles.set(encodeMessage(kind, fields), mailbox.slot(0) * recordLength);
  mailbox.publish(1);
  return true;
}

const mailboxSlots = 256;
/** Seconds at 250 Hz that live views can show. */
export const traceLength = 4096;
