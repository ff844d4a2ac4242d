/** What the threads of the guardian share of a sound card: the command thread asks, the pump plays, anybody stops. */

/** Words (`Int32Array`). */
export const Word = {
  /** Number of the pulse that was asked for last. Written by the command thread. */
  requested: 0,
  /** Number of the pulse that began last: the first of its frames is with the card. Written by the pump. */
  begun: 1,
  /** Number of the last pulse of which the pump will send no more frames. */
  finished: 2,
  /** No frame of this pulse or an earlier one is sent any more. Written by whoever brings to rest. */
  cancelled: 3,
  /** Of the pulse that is asked for: place of its sound. */
  variant: 4,
  /** Underruns of the card so far. */
  underruns: 5,
  /** 0, or −errno of what the pump has given up for. */
  failure: 6,
  /** 1 once the stream runs. */
  running: 7,
  /** 1 asks the pump to end, 2 is its answer. */
  close: 8,
} as const;
export const words = 9;

/** Doubles. */
export const Value = {
  /** Of the pulse that is asked for: factor of its amplitude, 0 for a sham. */
  gain: 0,
  /** Of the pulse that began last: when its first frame sounds, and when its last one has. */
  startedUs: 1,
  endsUs: 2,
  /** Frames that were queued before its first. */
  delayFrames: 3,
} as const;
export const values = 4;
