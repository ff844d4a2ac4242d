import type { Receipt } from '../contracts.js';
import type { ActuatorHandle, ActuatorPlan } from './actuators.js';

/** What the guardian's two threads share. */

/** Words (`Int32Array`). */
export const Word = {
  /**
   * 1: at rest, fire nothing. Raised before a rest, looked at before and after firing. Both threads may raise it, only the
   * main thread lowers it.
   */
  hold: 0,
} as const;

/** Doubles (`Float64Array`). Written by the command thread. */
export const Time = {
  /** Of the newest beat; 0 before the first. */
  beatUs: 0,
} as const;

export interface CommandThreadData {
  readonly fifo: string;
  readonly deliveries: string;
  readonly plan: ActuatorPlan;
  readonly handle: ActuatorHandle;
  readonly words: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
  readonly realtime: boolean;
  /** Words of `condition.ts`; absent where every stimulus is real. */
  readonly condition?: SharedArrayBuffer;
}

/** What the command side (`Firing`) tells the resting side (`RestKeeper`). */
export type FiringMessage =
  | { readonly receipt: Receipt }
  | { readonly started: { readonly command: number; readonly endUs: number } }
  | { readonly broken: string; readonly cause: 'channel' | 'actuator' | 'deliveries' | 'condition' | 'gone' };

export type CommandThreadMessage = FiringMessage | { readonly realtime: string };
