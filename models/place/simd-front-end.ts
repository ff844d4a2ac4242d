import { greyMemory } from './front-end.js';
import { contrastCells, frameHeight, frameWidth, gridColumns, gridRows, logEnergy, logGrey } from './gradients.js';
import { type PlaceKernels, placeKernels } from './kernels.js';
import type { FrontEnd, SpikeLayout } from './spikes.js';

const bytes = 4 * contrastCells;
const frameAt = 1024;
const greyAt = frameAt + frameHeight * frameWidth;
const energyAt = greyAt + 512;
const workAt = energyAt + 8192;
const contrastAt = workAt + 24576;
const meanAt = contrastAt + bytes;
const lastAt = meanAt + bytes;
const restAt = lastAt + bytes;
const spikesAt = restAt + bytes;

/** `GreyFrontEnd`, bit for bit, by vector kernels. */
export class SimdGreyFrontEnd implements FrontEnd {
  readonly layout: SpikeLayout = { parts: 2, rows: gridRows, columns: gridColumns, perCell: 2 };
  readonly spikes: Int8Array;
  readonly #kernels: PlaceKernels;
  readonly #frame: Uint8Array;
  readonly #contrast: Int32Array;
  readonly #mean: Int32Array;
  readonly #last: Int32Array;
  #moved = 0;
  #still = false;

  constructor(module: WebAssembly.Module) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { buffer } = memory;
    this.#kernels = placeKernels(module, memory);
    this.#frame = new Uint8Array(buffer, frameAt, frameHeight * frameWidth);
    this.#contrast = new Int32Array(buffer, contrastAt, contrastCells);
    this.#mean = new Int32Array(buffer, meanAt, contrastCells);
    this.#last = new Int32Array(buffer, lastAt, contrastCells);
    this.spikes = new Int8Array(buffer, spikesAt, contrastCells);
    new Uint16Array(buffer, greyAt, logGrey.length).set(logGrey);
    new Uint16Array(buffer, energyAt, logEnergy.length).set(logEnergy);
  }

  get still(): boolean {
    return this.#still;
  }

  begin(): void {
    this.#mean.fill(0);
    this.#moved = 0;
    this.#still = false;
  }

  look(frame: Uint8Array): Int32Array {
    if (frame.length !== this.#frame.length)
      throw new RangeError(`a frame of ${frame.length} bytes: it takes ${frameWidth} x ${frameHeight} grey pixels.`);
    this.#frame.set(frame);
    this.#kernels.look(frameAt, greyAt, energyAt, workAt, contrastAt);
    return this.#contrast;
  }

  see(frame: Uint8Array, moved = false): boolean {
    this.look(frame);
    return this.#kernels.grade(contrastAt, meanAt, lastAt, restAt, spikesAt, contrastCells, 1, this.#move(moved)) !== 0;
  }

  /** Frames of which this one is one in the mean; 0 where it does not move it. */
  #move(moved: boolean): number {
    this.#still = !moved && this.#moved > 0 && this.#kernels.novelty(contrastAt, lastAt, contrastCells) === 0;
    if (this.#still) return 0;
    this.#moved++;
    if (this.#moved === 1) {
      this.#last.set(this.#contrast);
      return 0;
    }
    if (this.#moved === 2)
      for (let cell = 0; cell < contrastCells; cell++) this.#mean[cell] = (this.#last[cell] as number) << 8;
    return Math.min(this.#moved, greyMemory);
  }
}
