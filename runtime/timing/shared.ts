import type { DevicePlan } from '../../drivers/devices.js';

/** What the thread that fires is told, and what it tells. */
export interface FireThreadData {
  readonly device: DevicePlan;
  readonly port: string;
  readonly fifo: string;
  readonly pulses: number;
  readonly durationUs: number;
  /** From one pulse to the next: at least this, and up to a tenth more. */
  readonly intervalUs: number;
  readonly realtime: boolean;
  /** Words: 1 ends it; 1 lets it fire; pulses asked for so far, and those of them that were not fired. */
  readonly words: SharedArrayBuffer;
}

export const Word = { end: 0, mayFire: 1, asked: 2, unfired: 3 } as const;

export type FireThreadMessage =
  | { readonly notice: string }
  | {
      readonly done: {
        /** Frame by frame from sample 0, `frames × channels` counts; through what is lost, `lost`. */
        readonly counts: Int32Array;
        /** Pairs: newest sample of a read, and when it arrived. */
        readonly arrivals: Float64Array;
      };
    };

/** No count of a converter with 24 bits. */
export const lost = -0x80000000;
