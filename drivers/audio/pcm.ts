/**
 * What the pump needs of a sound card that plays two channels. Every call returns at once; a negative result is −errno.
 * ALSA behind it, or a simulated card in tests.
 */
export interface Pcm {
  readonly rate: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  /** Full scale of a sample: 2^15 or 2^31. */
  readonly fullScale: number;
  /** One period of frames, left and right in turn, that `write` sends. */
  readonly period: Int16Array | Int32Array;
  /** Frames that fit now. */
  available(): number;
  /** Queues the period; returns the frames taken. */
  write(): number;
  /** Frames between the end of what was written and what the card's output plays now. */
  delay(): number;
  start(): number;
  /** Silent at once: what is queued is thrown away, and nothing is taken before `prepare`. From any thread. */
  drop(): number;
  prepare(): number;
}

/** Linux's numbers, as ALSA returns them. */
export const Errno = {
  /** Nothing fits now. */
  again: -11,
  nodev: -19,
  /** Underrun: the card has played all that it had. */
  pipe: -32,
  /** Dropped, not yet prepared. */
  badState: -77,
  /** The machine was suspended. */
  suspended: -86,
} as const;
