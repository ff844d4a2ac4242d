/** A mark with the time at which it was: microseconds of CLOCK_MONOTONIC. */
export interface TimedMark {
  readonly text: string;
  readonly atUs: number;
}

/** Where marks come in beside the signal: a button, another program, a trigger box. */
export interface MarkInput {
  /** It is connected. An input that is searched for becomes ready by itself. */
  readonly ready: boolean;
  /** Marks since the last call, in order. Throws one line, with the fix, when it is gone: close it, and open another. */
  take(nowUs: number): readonly TimedMark[];
  close(): void;
}
