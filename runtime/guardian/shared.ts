import type { ReceiptState } from '../contracts.js';
import type { ActuatorHandle, ActuatorPlan } from './actuators.js';

/** What the guardian's two threads share. */

/** Words (`Int32Array`). Each has one writer, but for `hold`, which both may raise and only the main thread lowers. */
export const Word = {
  /** 1: at rest, fire nothing. Raised before a rest, looked at before and after firing. */
  hold: 0,
  /** Raised by the command thread: the channel is broken or at its end. */
  broken: 1,
} as const;

/** Doubles. Written by the command thread. */
export const Time = {
  /** Of the newest beat; 0 before the first. */
  beatUs: 0,
  /** When the stimulus that lasts now must end. */
  endUs: 1,
  /** Its command. */
  command: 2,
} as const;

export interface CommandThreadData {
  readonly fifo: string;
  readonly deliveries: string;
  readonly plan: ActuatorPlan;
  readonly handle: ActuatorHandle;
  readonly words: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
  readonly realtime: boolean;
}

export type CommandThreadMessage =
  | { readonly receipt: { command: number; state: ReceiptState; atUs: number; evidence: string } }
  | { readonly started: { readonly command: number; readonly endUs: number } }
  | { readonly broken: string; readonly actuator: boolean }
  | { readonly realtime: string };
