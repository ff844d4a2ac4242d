import { gammaLevels, unchangedLevels } from './gamma.js';
import { Resizer } from './resize.js';

export interface PatchNormalisationSettings {
  /** Frames are resized to a square of this many pixels on each side. */
  readonly side: number;
  /** Window of the normalisation, in pixels of the resized frame; odd. */
  readonly patch: number;
  /** Makes a frame about half bright before it is resized. */
  readonly gamma: boolean;
  /** The variance divides by the number of pixels in the window less this. */
  readonly lessPixels: 0 | 1;
}

/**
 * What the published spiking systems do to a picture: gamma, bilinear resize, then each pixel as a score among its
 * neighbours, clipped to one standard deviation, as a byte. Only pixels inside the picture count; a window without
 * contrast gives the middle.
 */
export class PatchNormalisation {
  /** Pixels that it gives. */
  readonly size: number;
  readonly #settings: PatchNormalisationSettings;
  readonly #width: number;
  readonly #resizer: Resizer;
  readonly #levels = new Float64Array(256);
  readonly #resized: Float64Array;

  constructor(height: number, width: number, settings: PatchNormalisationSettings) {
    const { side } = settings;
    this.#settings = settings;
    this.#width = width;
    this.size = side * side;
    this.#resizer = new Resizer(width, height, side, side, 'bilinear');
    this.#resized = new Float64Array(this.size);
  }

  /** `out[0 … size)`, from 0 to 255. False: the frame has no contrast at all, and `out` is not written. */
  normalise(frame: Uint8Array, out: Uint8Array): boolean {
    if (frame.every((pixel) => pixel === frame[0])) return false;
    if (this.#settings.gamma) gammaLevels(meanOf(frame), this.#levels);
    else this.#levels.set(unchangedLevels);
    this.#resizer.resize(frame, { origin: 0, across: 1, down: this.#width }, this.#levels, undefined, this.#resized);
    const { side } = this.#settings;
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) out[row * side + column] = this.#score(row, column);
    return true;
  }

  #score(row: number, column: number): number {
    const { side, patch, lessPixels } = this.#settings;
    const reach = (patch - 1) / 2;
    const [top, bottom] = [Math.max(0, row - reach), Math.min(side - 1, row + reach)];
    const [left, right] = [Math.max(0, column - reach), Math.min(side - 1, column + reach)];
    const count = (bottom - top + 1) * (right - left + 1);
    let sum = 0;
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) sum += this.#resized[y * side + x] as number;
    const mean = sum / count;
    let squares = 0;
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const difference = (this.#resized[y * side + x] as number) - mean;
        squares += difference * difference;
      }
    const deviation = Math.sqrt(squares / (count - lessPixels));
    // What rounding leaves of equal pixels is no contrast.
    const score = deviation < 1e-9 ? 0 : ((this.#resized[row * side + column] as number) - mean) / deviation;
    return Math.floor((255 * (1 + Math.min(1, Math.max(-1, score)))) / 2);
  }
}

function meanOf(frame: Uint8Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < frame.length; pixel++) sum += frame[pixel] as number;
  return sum / frame.length;
}
