import { gammaLevels, unchangedLevels } from './gamma.js';
import { Resizer } from './resize.js';

export interface PatchWindow {
  /** Pixels to each side of the window; odd. */
  readonly patch: number;
  /** The variance divides by the number of pixels in the window less this. */
  readonly lessPixels: 0 | 1;
}

/**
 * Each of `height`×`width` pixels as a score among those around it, clipped to one standard deviation, as
 * floor(255 (1 + score) / 2). Only pixels inside the picture count; a window without contrast gives the middle.
 */
export function normalisePatches(
  pixels: ArrayLike<number>,
  height: number,
  width: number,
  { patch, lessPixels }: PatchWindow,
  out: Uint8Array,
): void {
  const reach = (patch - 1) / 2;
  for (let row = 0; row < height; row++) {
    const top = Math.max(0, row - reach);
    const bottom = Math.min(height - 1, row + reach);
    for (let column = 0; column < width; column++) {
      const left = Math.max(0, column - reach);
      const right = Math.min(width - 1, column + reach);
      const count = (bottom - top + 1) * (right - left + 1);
      let sum = 0;
      for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) sum += pixels[y * width + x] as number;
      const mean = sum / count;
      let squares = 0;
      for (let y = top; y <= bottom; y++)
        for (let x = left; x <= right; x++) {
          const difference = (pixels[y * width + x] as number) - mean;
          squares += difference * difference;
        }
      const deviation = Math.sqrt(squares / (count - lessPixels));
      // What rounding leaves of equal pixels is no contrast.
      const score = deviation < 1e-9 ? 0 : ((pixels[row * width + column] as number) - mean) / deviation;
      out[row * width + column] = Math.floor((255 * (1 + Math.min(1, Math.max(-1, score)))) / 2);
    }
  }
}

export interface PatchNormalisationSettings extends PatchWindow {
  /** Frames are resized to a square of this many pixels on each side, and the window counts these. */
  readonly side: number;
  /** Makes a frame about half bright before it is resized. */
  readonly gamma: boolean;
}

/**
 * What the published spiking systems do to a picture: gamma, bilinear resize, then each pixel as a score among its
 * neighbours.
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
    normalisePatches(this.#resized, side, side, this.#settings, out);
    return true;
  }
}

function meanOf(frame: Uint8Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < frame.length; pixel++) sum += frame[pixel] as number;
  return sum / frame.length;
}
