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
