/** Writes a frame of `height`×`width` grey bytes, brightness and contrast of each neighbourhood taken out, as bytes. */
export type Normalisation = (frame: Uint8Array, into: Uint8Array) => void;

/** Standard deviations to steps of a byte: 127 / 16 holds the largest that 64 pixels can have, √63. */
export const stepsPerDeviation = 16;

/**
 * Blocks of `block`×`block` pixels side by side, those at the right and lower edge as far as there are pixels: mean 0
 * and deviation 1, as 128 + 16 z. A block without contrast becomes 0 deviations.
 */
export function byBlock(height: number, width: number, block: number): Normalisation {
  return (frame, into) => {
    for (let top = 0; top < height; top += block)
      for (let left = 0; left < width; left += block)
        normaliseBlock(frame, into, width, top, left, Math.min(top + block, height), Math.min(left + block, width));
  };
}

function normaliseBlock(
  frame: Uint8Array,
  into: Uint8Array,
  width: number,
  top: number,
  left: number,
  bottom: number,
  right: number,
): void {
  const count = (bottom - top) * (right - left);
  let sum = 0;
  let squares = 0;
  for (let y = top; y < bottom; y++)
    for (let at = y * width + left; at < y * width + right; at++) {
      const value = frame[at] as number;
      sum += value;
      squares += value * value;
    }
  const spread = Math.sqrt(count * squares - sum * sum);
  const scale = spread > 0 ? stepsPerDeviation / spread : 0;
  for (let y = top; y < bottom; y++)
    for (let at = y * width + left; at < y * width + right; at++) {
      const steps = Math.round(scale * (count * (frame[at] as number) - sum));
      into[at] = Math.min(255, Math.max(0, 128 + steps));
    }
}

/**
 * A window of `window`×`window` pixels (odd) around each pixel, of which those outside the frame do not count: z by the
 * sample's standard deviation (n − 1), 0 where that is 0, clipped to ±1, as floor(255 (1 + z) / 2).
 */
export function byWindow(height: number, width: number, window: number): Normalisation {
  const reach = (window - 1) / 2;
  // Sums over the rectangle above and left of each corner.
  const sums = new Float64Array((height + 1) * (width + 1));
  const squares = new Float64Array((height + 1) * (width + 1));
  const over = (corners: Float64Array, top: number, left: number, bottom: number, right: number): number =>
    (corners[bottom * (width + 1) + right] as number) -
    (corners[top * (width + 1) + right] as number) -
    (corners[bottom * (width + 1) + left] as number) +
    (corners[top * (width + 1) + left] as number);
  return (frame, into) => {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      let square = 0;
      for (let x = 0; x < width; x++) {
        const value = frame[y * width + x] as number;
        const corner = (y + 1) * (width + 1) + x + 1;
        sum += value;
        square += value * value;
        sums[corner] = (sums[corner - width - 1] as number) + sum;
        squares[corner] = (squares[corner - width - 1] as number) + square;
      }
    }
    for (let y = 0; y < height; y++) {
      const top = Math.max(0, y - reach);
      const bottom = Math.min(height, y + reach + 1);
      for (let x = 0; x < width; x++) {
        const left = Math.max(0, x - reach);
        const right = Math.min(width, x + reach + 1);
        const count = (bottom - top) * (right - left);
        const sum = over(sums, top, left, bottom, right);
        const spread = count * over(squares, top, left, bottom, right) - sum * sum;
        const distance = count * (frame[y * width + x] as number) - sum;
        const z = spread > 0 ? distance / Math.sqrt((spread * count) / (count - 1)) : 0;
        into[y * width + x] = Math.floor((255 * (1 + Math.min(1, Math.max(-1, z)))) / 2);
      }
    }
  };
}
