import { gammaLevels, unchangedLevels } from './gamma.js';
import { Resizer, type PictureLayout, type Resampling } from './resize.js';

export interface FrameOptions {
  /** What is looked at, in pixels of the camera's own frame; else all of it. */
  readonly crop?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Degrees clockwise by which the picture is turned: a camera that is mounted upside down needs 180. */
  readonly rotation?: 0 | 90 | 180 | 270;
  /** A byte for each pixel of the camera's own frame: 0 hides it (the robot's own arm). */
  readonly mask?: Uint8Array;
  /** Makes the picture half bright (`gammaLevels`). */
  readonly gamma?: boolean;
  readonly resampling?: Resampling;
}

/**
 * From a camera's grey frame to the small one that is recognised. What is hidden takes no part, and gets the mean of
 * what is seen, so that it has no edges. Allocates nothing after construction; throws a `RangeError` for options that
 * do not fit the frame.
 */
export class FramePreparation {
  readonly #layout: PictureLayout;
  readonly #resizer: Resizer;
  readonly #mask: Uint8Array | undefined;
  readonly #crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly #frameWidth: number;
  readonly #size: number;
  readonly #resized: Float64Array;
  /** How much of each pixel of the result is seen, from 0 to 1. */
  readonly #seen: Float64Array | undefined;
  readonly #levels: Float64Array | undefined;

  constructor(width: number, height: number, options: FrameOptions = {}, toWidth = 64, toHeight = 32) {
    const { crop = { x: 0, y: 0, width, height }, rotation = 0, mask, gamma = false, resampling } = options;
    refuseOutside(crop, width, height);
    if (mask !== undefined && mask.length !== width * height)
      throw new RangeError(
        `mask: ${mask.length} pixels, a frame has ${width}x${height}. Use a mask as large as the frame.`,
      );
    const lying = rotation === 90 || rotation === 270;
    this.#layout = layoutOf(crop, rotation, width);
    this.#resizer = new Resizer(
      lying ? crop.height : crop.width,
      lying ? crop.width : crop.height,
      toWidth,
      toHeight,
      resampling,
    );
    this.#crop = crop;
    this.#frameWidth = width;
    this.#size = width * height;
    this.#mask = mask;
    this.#resized = new Float64Array(toWidth * toHeight);
    this.#levels = gamma ? new Float64Array(256) : undefined;
    if (mask !== undefined) {
      this.#seen = new Float64Array(toWidth * toHeight);
      this.#resizer.resize(mask, this.#layout, new Float64Array(256).fill(1), mask, this.#seen);
      if (this.#seen.every((share) => share < leastSeen))
        throw new RangeError('mask: it hides the whole picture. Let white be what is looked at, black what is not.');
    }
  }

  /** `frame` of the size it was made for; `into` of the size of the result. */
  prepare(frame: Uint8Array, into: Uint8Array): void {
    if (frame.length !== this.#size) throw new RangeError(`a frame of ${frame.length} pixels, not ${this.#size}`);
    if (this.#levels !== undefined) gammaLevels(this.#mean(frame), this.#levels);
    this.#resizer.resize(frame, this.#layout, this.#levels ?? unchangedLevels, this.#mask, this.#resized);
    if (this.#seen !== undefined) this.#fillHidden(this.#seen);
    for (let pixel = 0; pixel < into.length; pixel++) into[pixel] = Math.floor((this.#resized[pixel] as number) + 0.5);
  }

  #fillHidden(seen: Float64Array): void {
    const resized = this.#resized;
    let sum = 0;
    let count = 0;
    for (let pixel = 0; pixel < seen.length; pixel++)
      if ((seen[pixel] as number) >= leastSeen) {
        resized[pixel] = (resized[pixel] as number) / (seen[pixel] as number);
        sum += resized[pixel] as number;
        count++;
      }
    for (let pixel = 0; pixel < seen.length; pixel++)
      if ((seen[pixel] as number) < leastSeen) resized[pixel] = sum / count;
  }

  #mean(frame: Uint8Array): number {
    const { x, y, width, height } = this.#crop;
    let sum = 0;
    let count = 0;
    for (let row = y; row < y + height; row++) {
      const start = row * this.#frameWidth + x;
      for (let at = start; at < start + width; at++)
        if (this.#mask === undefined || this.#mask[at] !== 0) {
          sum += frame[at] as number;
          count++;
        }
    }
    return sum / count;
  }
}

function refuseOutside(crop: { x: number; y: number; width: number; height: number }, width: number, height: number) {
  const { x, y } = crop;
  const whole = [x, y, crop.width, crop.height].every(Number.isInteger);
  if (
    !whole ||
    x < 0 ||
    y < 0 ||
    crop.width < 1 ||
    crop.height < 1 ||
    x + crop.width > width ||
    y + crop.height > height
  )
    throw new RangeError(
      `crop: ${crop.width}x${crop.height} from (${x}, ${y}) is not within a frame of ${width}x${height}. Use whole pixels inside it.`,
    );
}

/** Turning by quarters is only another order of reading. */
function layoutOf(
  { x, y, width: cropWidth, height: cropHeight }: { x: number; y: number; width: number; height: number },
  rotation: 0 | 90 | 180 | 270,
  width: number,
): PictureLayout {
  const at = (column: number, row: number): number => (y + row) * width + x + column;
  switch (rotation) {
    case 0:
      return { origin: at(0, 0), across: 1, down: width };
    case 90:
      return { origin: at(0, cropHeight - 1), across: -width, down: 1 };
    case 180:
      return { origin: at(cropWidth - 1, cropHeight - 1), across: -1, down: -width };
    case 270:
      return { origin: at(cropWidth - 1, 0), across: width, down: -1 };
  }
}

/** A pixel of the result that is hidden by more than half counts as hidden. */
const leastSeen = 0.5;
