import { FrameFlag, type SampleBlock, type StreamInfo } from '../../runtime/contracts.js';
import { openBytes } from './bytes.js';
import { readColumn } from './column.js';
import { ascii, parseDecimal } from './decimal.js';
import { readEdf } from './edf.js';
import { readOpenBci } from './openbci.js';
import { readPortiloop } from './portiloop.js';
import {
  SignalFileError,
  type Annotation,
  type ByteSource,
  type RecordedFrames,
  type SignalFormat,
} from './recorded-frames.js';

export { SignalFileError, type Annotation, type SignalFormat };

/**
 * Opens a recorded signal: a column of text, Portiloop CSV, OpenBCI text or EDF(+), plain or gzipped, told by content.
 * `rate` is for files that do not say theirs, and chooses among the rates of an EDF. Throws a `SignalFileError`.
 */
export function openSignalFile(path: string, options: { readonly rate?: number } = {}): SignalFile {
  const source = openBytes(path);
  try {
    return new SignalFile(source, readFrames(source, options.rate));
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The parser for this content; pure. */
export function readFrames(source: ByteSource, rate?: number): RecordedFrames {
  if (rate !== undefined && !(rate > 0 && rate <= 1e5)) {
    throw new SignalFileError(
      `${source.name}: a rate of ${rate} Hz is impossible. Give samples a second, up to 100000.`,
    );
  }
  const head = new Uint8Array(4096);
  const length = source.read(head, 0);
  const start = ascii(head, 0, length).trimStart();
  const firstLine = (start.split(/[\r\n]/, 1)[0] ?? '').trim();
  if (/^0 {7}/.test(ascii(head, 0, length))) return readEdf(source, rate);
  if (start.startsWith('%')) return readOpenBci(source, rate);
  if (firstLine.split(/[\s,]/).includes('raw_ch1')) return readPortiloop(source, rate);
  const line = new TextEncoder().encode(firstLine);
  if (/^\[.+\]$/.test(firstLine) || !Number.isNaN(parseDecimal(line, 0, line.length))) return readColumn(source, rate);
  throw new SignalFileError(
    `${source.name}: begins with ${JSON.stringify(firstLine.slice(0, 40))}, which no known format does. ` +
      'Give EDF, EDF+, OpenBCI text, Portiloop CSV or a column of numbers.',
  );
}

/** A recorded signal that is read from its start to its end. */
export class SignalFile {
  readonly format: SignalFormat;
  readonly stream: StreamInfo;
  /** Frames in all, those of gaps included; undefined where only reading to the end would tell. */
  readonly frames: number | undefined;
  readonly annotations: readonly Annotation[];
  /** Channels of the file that are not in the stream, with the reason. */
  readonly leftOut: readonly string[];
  readonly #source: ByteSource;
  readonly #frames: RecordedFrames;
  /** Counts and flags of the frame before a gap are held through it. */
  readonly #held: Int32Array;
  #lost = 0;
  #waiting = false;
  #ended = false;
  #index = 0;

  constructor(source: ByteSource, frames: RecordedFrames) {
    this.#source = source;
    this.#frames = frames;
    this.#held = new Int32Array(frames.stream.channels.length);
    this.format = frames.format;
    this.stream = frames.stream;
    this.frames = frames.frames;
    this.annotations = frames.annotations;
    this.leftOut = frames.leftOut;
  }

  /**
   * Fills `block` as far as it goes and returns its number of frames, 0 at the end. Sets `frames` and `firstIndex`;
   * `arrivalUs` is the caller's. Throws a `SignalFileError` where the file is damaged.
   */
  read(block: SampleBlock): number {
    const channels = this.#held.length;
    if (block.channels !== channels) {
      throw new RangeError(
        `block: has ${block.channels} channels, the file ${channels}. Make it by the file's stream.`,
      );
    }
    block.firstIndex = this.#index;
    let frame = 0;
    for (; frame < block.capacity && this.#advance(); frame++) {
      const gap = this.#lost > 0;
      if (gap) this.#lost--;
      else this.#take();
      for (let channel = 0; channel < channels; channel++) {
        block.counts[frame * channels + channel] = this.#held[channel] as number;
      }
      block.flags[frame] = gap ? FrameFlag.gap : 0;
      block.counters[frame] = gap ? -1 : this.#frames.counter;
    }
    block.frames = frame;
    this.#index += frame;
    return frame;
  }

  close(): void {
    this.#ended = true;
    this.#source.close();
  }

  /** Sees to it that a frame is at hand, of the file or of a gap. */
  #advance(): boolean {
    if (this.#waiting) return true;
    if (this.#ended) return false;
    const lost = this.#frames.next();
    this.#waiting = lost >= 0;
    this.#lost = Math.max(0, lost);
    if (!this.#waiting) this.close();
    return this.#waiting;
  }

  #take(): void {
    this.#held.set(this.#frames.counts);
    this.#waiting = false;
  }
}

/** Voltages one frame after the other, as the synthetic sleeper gives them too: what an emulator plays. */
export interface FrameReader {
  readonly channels: readonly string[];
  readonly rate: number;
  /** Fills `frame` with one value in microvolts for each channel; false at the end. */
  read(frame: Float64Array): boolean;
}

/** The voltage channels of a file. Gaps come with their held values. */
export function frameReader(file: SignalFile): FrameReader {
  const all = file.stream.channels;
  const places = all.flatMap(({ unit }, place) => (unit === 'uV' ? [place] : []));
  const scales = places.map((place) => all[place]?.scale ?? NaN);
  const capacity = 64;
  const block: SampleBlock = {
    channels: all.length,
    capacity,
    counts: new Int32Array(capacity * all.length),
    counters: new Int32Array(capacity),
    flags: new Uint8Array(capacity),
    frames: 0,
    firstIndex: 0,
    arrivalUs: 0,
  };
  let next = 0;
  return {
    channels: places.map((place) => all[place]?.name ?? ''),
    rate: file.stream.rate,
    read(frame) {
      if (next === block.frames) {
        next = 0;
        if (file.read(block) === 0) return false;
      }
      for (let channel = 0; channel < places.length; channel++) {
        const count = block.counts[next * block.channels + (places[channel] as number)] as number;
        frame[channel] = count * (scales[channel] as number);
      }
      next++;
      return true;
    },
  };
}
