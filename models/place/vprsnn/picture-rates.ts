import { PatchNormalisation } from '../patch-normalisation.js';
import { frameOf, type Traverse } from '../traverse.js';

const side = 28;
const patch = 7;
/** A byte of a picture in spikes a ms: at most 63.75 Hz. */
const rate = 1 / 4000;

/** Turns frames into the rates of one input a pixel, in spikes a ms. */
export class PictureRates {
  /** Of the frame seen last. */
  readonly rates: Float32Array;
  readonly #front: PatchNormalisation;
  readonly #bytes: Uint8Array;
  readonly #pixels: number;

  constructor(height: number, width: number) {
    this.#front = new PatchNormalisation(height, width, { side, patch, gamma: false, lessPixels: 0 });
    this.#bytes = new Uint8Array(this.#front.size);
    this.rates = new Float32Array(this.#front.size);
    this.#pixels = height * width;
  }

  /** False: the frame has no contrast, and `rates` stay. @throws RangeError for a frame of another size */
  see(frame: Uint8Array): boolean {
    if (frame.length !== this.#pixels)
      throw new RangeError(`a frame of ${frame.length} pixels: places have ${this.#pixels}`);
    if (!this.#front.normalise(frame, this.#bytes)) return false;
    for (let pixel = 0; pixel < this.#bytes.length; pixel++) this.rates[pixel] = rate * (this.#bytes[pixel] as number);
    return true;
  }

  /** Of every frame; no spikes from one without contrast. */
  all(traverse: Traverse): Float32Array[] {
    return Array.from({ length: traverse.frames }, (_, frame) =>
      this.see(frameOf(traverse, frame)) ? this.rates.slice() : new Float32Array(this.rates.length),
    );
  }
}
