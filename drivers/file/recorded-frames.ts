import type { StreamInfo } from '../../runtime/contracts.js';

/** What the pure parsers of this folder read from and give; `bytes.ts` and `signal-file.ts` are the shell around them. */

/** A file's content, unpacked. */
export interface ByteSource {
  /** File name for messages. */
  readonly name: string;
  readonly size: number;
  /** Copies from `position` on and returns how many bytes that were: fewer than fit only at the end. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

export type SignalFormat = 'column' | 'portiloop' | 'openbci' | 'edf';

/** A note that the file itself carries. Seconds from the first frame. */
export interface Annotation {
  readonly onset: number;
  /** 0 where the file gives none. */
  readonly duration: number;
  readonly text: string;
}

/** Frames of one recorded file, one after the other. */
export interface RecordedFrames {
  readonly format: SignalFormat;
  readonly stream: StreamInfo;
  /** Frames in all, those of gaps included; undefined where only reading to the end would tell. */
  readonly frames: number | undefined;
  readonly annotations: readonly Annotation[];
  /** Channels of the file that are not in the stream, with the reason. */
  readonly leftOut: readonly string[];
  /** The newest frame, one count a channel. */
  readonly counts: Int32Array;
  /** The device's own counter for it, or −1. */
  readonly counter: number;
  /** Steps to the next frame: returns how many frames were lost before it, or −1 at the end. */
  next(): number;
}

/** What is wrong with a file: names it, the line or byte, the value, and what to do. */
export class SignalFileError extends Error {
  override readonly name = 'SignalFileError';
}

/** Longer holes are damage, not lost frames: they would be filled with held values for hours. */
export const longestGapSeconds = 7 * 24 * 3600;

/** Microvolts to a count where a file holds text: finer than any amplifier, and ±214 mV fit. */
export const textScale = 1e-4;

/** The converter behind a text file is unknown: no count is a rail. */
export const noRail = 2 ** 31 - 1;
