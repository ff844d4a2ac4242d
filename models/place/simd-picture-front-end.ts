import { contrastCells, frameHeight, frameWidth, logEnergy, logGrey } from './gradients.js';
import { type PlaceKernels, placeKernels } from './kernels.js';
import { pictureCells, pictureLayout, pictureWeight } from './picture-front-end.js';
import type { FrontEnd } from './spikes.js';

const fineCells = pictureCells - contrastCells;
const frameAt = 1024;
const greyAt = frameAt + frameHeight * frameWidth;
const energyAt = greyAt + 512;
const workAt = energyAt + 8192;
const contrastAt = workAt + 24576;
/** Zeros: there is no mean of earlier pictures. */
const meanAt = contrastAt + 4 * pictureCells;
const restAt = meanAt + 4 * fineCells;
const spikesAt = restAt + 4 * fineCells;

/** `PictureFrontEnd`, bit for bit, by vector kernels. */
export class SimdPictureFrontEnd implements FrontEnd {
  readonly layout = pictureLayout;
  readonly spikes: Int8Array;
  readonly still = false;
  readonly #kernels: PlaceKernels;
  readonly #frame: Uint8Array;
  readonly #contrast: Int32Array;

  constructor(module: WebAssembly.Module) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { buffer } = memory;
    this.#kernels = placeKernels(module, memory);
    this.#frame = new Uint8Array(buffer, frameAt, frameHeight * frameWidth);
    this.#contrast = new Int32Array(buffer, contrastAt, pictureCells);
    this.spikes = new Int8Array(buffer, spikesAt, pictureCells);
    new Uint16Array(buffer, greyAt, logGrey.length).set(logGrey);
    new Uint16Array(buffer, energyAt, logEnergy.length).set(logEnergy);
  }

  begin(): void {
    // Nothing is kept from one picture to the next.
  }

  look(frame: Uint8Array): Int32Array {
    if (frame.length !== this.#frame.length)
      throw new RangeError(`a frame of ${frame.length} bytes: it takes ${frameWidth} x ${frameHeight} grey pixels.`);
    this.#frame.set(frame);
    this.#kernels.look(frameAt, greyAt, energyAt, workAt, contrastAt);
    this.#kernels.lookFine(energyAt, workAt, contrastAt + 4 * contrastCells);
    return this.#contrast;
  }

  see(frame: Uint8Array): boolean {
    this.look(frame);
    const coarse = this.#grade(0, contrastCells, pictureWeight);
    const fine = this.#grade(contrastCells, fineCells, 1);
    return coarse || fine;
  }

  #grade(from: number, cells: number, weight: number): boolean {
    const at = contrastAt + 4 * from;
    return this.#kernels.grade(at, meanAt, meanAt, restAt, spikesAt + from, cells, weight, 0) !== 0;
  }
}
