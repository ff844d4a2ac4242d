import { PictureError, openPictureReader } from '../../drivers/images/picture.js';
import { FramePreparation, type FrameOptions } from '../../models/place/frame-preparation.js';

/**
 * How the frames of a camera are prepared. `mask` names a picture as large as a frame: what is black in it is not looked
 * at. Throws a `PictureError` where it is none, or does not fit.
 */
export async function openPreparation(
  { width, height }: { readonly width: number; readonly height: number },
  options: FrameOptions,
  mask: string | undefined,
): Promise<FramePreparation> {
  if (mask === undefined) return new FramePreparation(width, height, options);
  const picture = (await openPictureReader())(mask);
  if (picture.width !== width || picture.height !== height)
    throw new PictureError(
      `${mask}: ${picture.width}x${picture.height}, a frame of the camera is ${width}x${height}. Draw the mask on one of its frames.`,
    );
  // Between black and white, as at smoothed edges, the nearer one counts.
  const visible = picture.pixels.map((grey) => (grey < 128 ? 0 : 1));
  try {
    return new FramePreparation(width, height, { ...options, mask: visible });
  } catch (error) {
    throw error instanceof RangeError ? new PictureError(`${mask}: ${error.message}`) : error;
  }
}
