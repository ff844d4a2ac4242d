import type { GreyFrame } from '../runtime/contracts.js';

/** What gives frames: a camera, or an event sensor whose windows are counted. They are taken when it says that there are some. */
export interface PictureSource {
  readonly counts: {
    /** Frames that were not taken in time. */
    readonly dropped: number;
    /** Of which a part came alone. */
    readonly partial?: number;
    /** Bytes that belonged to nothing. */
    readonly discardedBytes?: number;
    readonly restarts: number;
  };
  start(): void;
  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined;
  /** Ends it, and returns when nothing more comes. */
  stop(): Promise<void>;
}
