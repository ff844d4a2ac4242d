import type { SampleBlock, StreamInfo } from '../contracts.js';
import type { ReferenceSet } from './comparison.js';
import type { TimedEvent } from './events.js';
import type { Hypnogram } from './hypnogram.js';

/** Frames from the first to the last, as `SignalFile` gives them. */
export interface FrameSource {
  readonly stream: StreamInfo;
  /** Fills `block` as far as it goes and returns its number of frames, 0 at the end. */
  read(block: SampleBlock): number;
  close(): void;
}

/** One recording with what people marked in it. */
export interface MarkedRecording {
  /** What its figures are called by: the number of an excerpt, or a name. */
  readonly name: string;
  open(): FrameSource;
  /** What lies behind is not read; infinite where all of it counts. */
  readonly seconds: number;
  /** By name of the set; a recording may lack one that others of its folder have. */
  readonly sets: Readonly<Record<string, ReferenceSet>>;
  /** What the data set's own detector found, offline; null where there is none. */
  readonly bundled: readonly TimedEvent[] | null;
  readonly hypnogram: Hypnogram | null;
}

/** What is scored together. */
export interface MarkedFolder {
  readonly kind: 'dreams' | 'spinky' | 'marked';
  /** Names of the sets of marks with what a person reads of them; the first is the one to look at. */
  readonly sets: Readonly<Record<string, string>>;
  readonly recordings: readonly MarkedRecording[];
  /** Totals once more without these recordings: the ones whose marks are doubtful. */
  readonly doubtful: readonly string[];
  /** The same signal cut in another way: figures of their own, not part of the totals. */
  readonly separately: readonly MarkedRecording[];
  /** What a reader of the figures must know. */
  readonly caveats: readonly string[];
}

/** What is wrong with a folder or a file of marks: names it, and what to do. */
export class MarksError extends Error {
  override readonly name = 'MarksError';
}
