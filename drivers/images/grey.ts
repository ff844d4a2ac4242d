/** Luma of red, green and blue, a byte each; `channels` 3, or 4 where something follows that is not seen. */
export function greyOfRgb(colours: ArrayLike<number>, channels: 3 | 4, grey: Uint8Array): void {
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += channels)
    grey[pixel] = Math.round(
      0.299 * (colours[at] as number) + 0.587 * (colours[at + 1] as number) + 0.114 * (colours[at + 2] as number),
    );
}
