import { thumbnailHeight, thumbnailWidth } from './map-format.js';

/** A quarter of the pixels of a frame that is recognised. */
export function thumbnailOf(frame: Uint8Array): Uint8Array {
  const width = 2 * thumbnailWidth;
  return Uint8Array.from({ length: thumbnailHeight * thumbnailWidth }, (_, pixel) => {
    const at = 2 * width * Math.floor(pixel / thumbnailWidth) + 2 * (pixel % thumbnailWidth);
    const sum = [at, at + 1, at + width, at + width + 1].reduce((total, each) => total + (frame[each] ?? 0), 0);
    return Math.round(sum / 4);
  });
}
