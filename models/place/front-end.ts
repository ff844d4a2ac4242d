import { log } from '../../runtime/signal/math.js';
import { contrastCells, Gradients, gridColumns, gridRows } from './gradients.js';
import { RunningMean } from './running-mean.js';
import { type FrontEnd, type SpikeLayout, toSpikes } from './spikes.js';

/** Frames that the running mean reaches back. */
export const greyMemory = 16;
const eventMemory = 20;
/** Of the vertical gradient: snow and a low sun change it more than the horizontal one, most of all in single pictures. */
export const driveWeight = 0.75;
export const pictureWeight = 0.25;

/** Grey frames of 64 x 32. `drive`: they follow each other along a way; otherwise each stands for itself. */
export class GreyFrontEnd implements FrontEnd {
  readonly layout: SpikeLayout = { parts: 2, rows: gridRows, columns: gridColumns, perCell: 2 };
  readonly spikes = new Int8Array(contrastCells);
  readonly #gradients = new Gradients();
  readonly #values = new Int32Array(contrastCells);
  readonly #mean: RunningMean | undefined;
  readonly #weight: number;

  constructor(drive: boolean) {
    this.#mean = drive ? new RunningMean(contrastCells, greyMemory) : undefined;
    this.#weight = drive ? driveWeight : pictureWeight;
  }

  get still(): boolean {
    return this.#mean?.still ?? false;
  }

  begin(): void {
    this.#mean?.begin();
  }

  look(frame: Uint8Array): Int32Array {
    this.#gradients.see(frame);
    return this.#gradients.contrast;
  }

  see(frame: Uint8Array): boolean {
    this.#values.set(this.look(frame));
    this.#mean?.remove(this.#values);
    return toSpikes(this.#values, this.#weight, this.spikes);
  }
}

/** round(1024 ln(1 + events)) */
const logEvents = Uint16Array.from({ length: 256 }, (_, events) => Math.round(1024 * log(1 + events)));

/** Frames that count the events of each pixel: what is more than elsewhere in the frame, and more than lately. */
export class EventFrontEnd implements FrontEnd {
  readonly layout: SpikeLayout;
  readonly spikes: Int8Array;
  readonly #values: Int32Array;
  readonly #mean: RunningMean;

  constructor(height: number, width: number) {
    this.layout = { parts: 1, rows: height, columns: width, perCell: 1 };
    this.spikes = new Int8Array(height * width);
    this.#values = new Int32Array(height * width);
    this.#mean = new RunningMean(height * width, eventMemory);
  }

  get still(): boolean {
    return this.#mean.still;
  }

  begin(): void {
    this.#mean.begin();
  }

  look(frame: Uint8Array): Int32Array {
    const pixels = this.spikes.length;
    if (frame.length !== pixels)
      throw new RangeError(`a frame of ${frame.length} bytes: it takes counts of ${pixels} pixels.`);
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const events = logEvents[frame[pixel] as number] as number;
      this.#values[pixel] = events;
      sum += events;
    }
    const mean = Math.floor((sum + pixels / 2) / pixels);
    for (let pixel = 0; pixel < pixels; pixel++) this.#values[pixel] = (this.#values[pixel] as number) - mean;
    return this.#values;
  }

  see(frame: Uint8Array): boolean {
    this.#mean.remove(this.look(frame));
    return toSpikes(this.#values, 1, this.spikes);
  }
}
