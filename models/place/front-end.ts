import { log } from '../../runtime/signal/math.js';
import { contrastCells, Gradients, gridColumns, gridRows } from './gradients.js';
import { RunningMean } from './running-mean.js';
import { type FrontEnd, type SpikeLayout, toSpikes } from './spikes.js';

/** Frames that the running mean reaches back. */
export const greyMemory = 16;
const eventMemory = 20;

/** Grey frames of 64 x 32 that follow each other along a way. */
export class GreyFrontEnd implements FrontEnd {
  readonly layout: SpikeLayout = { parts: 2, rows: gridRows, columns: gridColumns, perCell: 2 };
  readonly spikes = new Int8Array(contrastCells);
  readonly #gradients = new Gradients();
  readonly #values = new Int32Array(contrastCells);
  readonly #mean = new RunningMean(contrastCells, greyMemory);

  get still(): boolean {
    return this.#mean.still;
  }

  begin(): void {
    this.#mean.begin();
  }

  look(frame: Uint8Array): Int32Array {
    this.#gradients.see(frame);
    return this.#gradients.contrast;
  }

  see(frame: Uint8Array, moved = false): boolean {
    this.#values.set(this.look(frame));
    this.#mean.remove(this.#values, moved);
    return toSpikes(this.#values, 1, this.spikes);
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

  see(frame: Uint8Array, moved = false): boolean {
    this.#mean.remove(this.look(frame), moved);
    return toSpikes(this.#values, 1, this.spikes);
  }
}
