import type { Random } from './random.js';
import type { Volume } from './volume.js';

export interface Augmentation {
  /** Up to so many places to each side; what comes in is 0. Sequences shift along, images along both axes. */
  readonly shift: number;
  /** Left for right, every other time. */
  readonly flip: boolean;
}

/** A sample as it goes into training: moved and mirrored by chance, as floats. */
export function augment(
  sample: Uint8Array,
  { height, width, channels }: Volume,
  { shift, flip }: Augmentation,
  random: Random,
  target: Float32Array,
): void {
  const down = height > 1 ? random.below(2 * shift + 1) - shift : 0;
  const right = random.below(2 * shift + 1) - shift;
  const mirrored = flip && random.below(2) === 1;
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromY = y - down;
      const fromX = (mirrored ? width - 1 - x : x) - right;
      const inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
      const from = (fromY * width + fromX) * channels;
      for (let c = 0; c < channels; c++) target[to++] = inside ? (sample[from + c] as number) : 0;
    }
  }
}
