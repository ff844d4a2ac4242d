import type { Stage } from '../../contracts.js';
import { createStage } from '../../signal/stage-plan.js';
import { lostCounts, type DashboardOptions } from './options.js';
import { gapValue, type SignalFrame } from './signal-frame.js';

/** What is drawn, for the hello. */
export interface DisplayInfo {
  readonly channels: readonly string[];
  /** Of the display: at most 250 Hz. */
  readonly rate: number;
  /** Microvolts, or the unit of the channels, of one step of a value. */
  readonly step: number;
  readonly unit: string;
  /** As it stands on the page. It is of the display alone: no decision is made on it. */
  readonly filter: string;
}

/**
 * Makes of samples what a page draws: the channels in microvolts, from 0.3 to 35 Hz, at most 250 values a second, in
 * steps of 0.1 µV. A lost sample is `gapValue`, and the filters start anew behind it. Keeps the last half minute for who
 * comes later. Pure.
 */
export class LiveSignal {
  readonly info: DisplayInfo;
  readonly #columns: readonly Column[];
  readonly #recorded: number;
  readonly #every: number;
  /** What the filters take as zero, so that the offset of an electrode makes no jump. */
  readonly #zero: Float64Array;
  readonly #history: Int16Array;
  readonly #one = new Float64Array(1);
  #sequence = 0;
  #nextIndex = NaN;
  #inGap = true;
  /** Display index after the newest value; NaN before the first. */
  #end = NaN;
  #kept = 0;

  constructor({ rate, channels }: DashboardOptions['stream']) {
    const shown = channels.some(({ unit }) => unit === 'uV') ? channels.filter(({ unit }) => unit === 'uV') : channels;
    const unit = shown[0]?.unit ?? '';
    this.#every = Math.max(1, Math.ceil(rate / mostRate));
    const to = Math.min(35, rate / 4);
    this.#columns = shown.map((channel) => {
      const stage = createStage({
        use: 'bandpass',
        fromHz: 0.3,
        toHz: to,
        order: 2,
        family: 'butterworth',
        norm: 'phase',
      });
      stage.prepare({ rate, unit: channel.unit });
      return { place: channels.indexOf(channel), scale: channel.scale, stage };
    });
    this.info = {
      channels: shown.map(({ name }) => name),
      rate: rate / this.#every,
      step: unit === 'uV' ? 0.1 : (shown[0]?.scale ?? 1),
      unit: unit === 'uV' ? 'µV' : unit,
      filter: `0.3–${to} Hz`,
    };
    this.#recorded = channels.length;
    this.#zero = new Float64Array(shown.length);
    this.#history = new Int16Array(Math.ceil(historySeconds * this.info.rate) * shown.length);
  }

  /** `counts[frame × channels + channel]` of the stream. The values to draw; undefined where there is none of them. */
  take(firstIndex: number, frames: number, counts: Int32Array): SignalFrame | undefined {
    const width = this.#columns.length;
    const values = new Int16Array(Math.ceil(frames / this.#every) * width);
    let written = 0;
    let first = NaN;
    if (firstIndex !== this.#nextIndex) this.#inGap = true;
    for (let frame = 0; frame < frames; frame++) {
      const shows = (firstIndex + frame) % this.#every === 0;
      this.#filter(counts, frame * this.#recorded, shows ? values : undefined, written * width);
      if (!shows) continue;
      if (written === 0) first = (firstIndex + frame) / this.#every;
      written++;
    }
    this.#nextIndex = firstIndex + frames;
    if (written === 0) return undefined;
    const made = values.subarray(0, written * width);
    this.#keep(first, written, made);
    return { channels: width, sequence: ++this.#sequence, firstIndex: first, frames: written, values: made };
  }

  /** All that is kept; undefined where nothing is. */
  history(): SignalFrame | undefined {
    const width = this.#columns.length;
    const length = this.#history.length / width;
    if (this.#kept === 0) return undefined;
    const first = this.#end - this.#kept;
    const values = new Int16Array(this.#kept * width);
    for (let frame = 0; frame < this.#kept; frame++) {
      const from = ((first + frame) % length) * width;
      values.set(this.#history.subarray(from, from + width), frame * width);
    }
    return { channels: width, sequence: this.#sequence, firstIndex: first, frames: this.#kept, values };
  }

  #filter(counts: Int32Array, from: number, into: Int16Array | undefined, at: number): void {
    const lost = counts[from] === lostCounts;
    const begins = this.#inGap && !lost;
    this.#inGap = lost;
    for (let column = 0; column < this.#columns.length; column++) {
      const { place, scale, stage } = this.#columns[column] as Column;
      if (lost) {
        if (into) into[at + column] = gapValue;
        continue;
      }
      const value = (counts[from + place] as number) * scale;
      if (begins) {
        stage.reset();
        this.#zero[column] = value;
      }
      this.#one[0] = value - (this.#zero[column] as number);
      stage.process(this.#one, 1, this.#one);
      if (into) into[at + column] = inSteps(this.#one[0] / this.info.step);
    }
  }

  #keep(first: number, frames: number, values: Int16Array): void {
    const width = this.#columns.length;
    const length = this.#history.length / width;
    const missing = Number.isNaN(this.#end) ? 0 : first - this.#end;
    if (missing < 0 || missing > length) this.#kept = 0;
    else for (let frame = 0; frame < missing; frame++) this.#store(this.#end + frame, undefined, 0);
    for (let frame = 0; frame < frames; frame++) this.#store(first + frame, values, frame * width);
    this.#end = first + frames;
    this.#kept = Math.min(length, this.#kept + Math.max(0, missing > length ? 0 : missing) + frames);
  }

  #store(index: number, values: Int16Array | undefined, from: number): void {
    const width = this.#columns.length;
    const to = (index % (this.#history.length / width)) * width;
    if (values) this.#history.set(values.subarray(from, from + width), to);
    else this.#history.fill(gapValue, to, to + width);
  }
}

/** A channel that is drawn: its place among those of the stream. */
interface Column {
  readonly place: number;
  readonly scale: number;
  readonly stage: Stage;
}

/** Rounded, and held at the ends: beyond 3.2 mV there is no EEG. */
function inSteps(value: number): number {
  return Math.max(-32767, Math.min(32767, Math.round(value)));
}

const mostRate = 250;
const historySeconds = 30;
