import { listPictures } from '../../../drivers/images/folder.js';
import { PictureError, openPictureReader } from '../../../drivers/images/picture.js';
import { FramePreparation, type FrameOptions } from '../../../models/place/frame-preparation.js';
import type { Traverse } from '../../../models/place/traverse.js';

/**
 * The pictures of a folder as a drive, in the order of their names, each prepared to the size that is recognised. Throws
 * a `PictureError`; also where their sizes differ, for then they are not of one camera.
 */
export async function readPictureFolder(
  folder: string,
  options: FrameOptions = {},
  width = 64,
  height = 32,
): Promise<Traverse> {
  const read = await openPictureReader();
  const paths = listPictures(folder);
  const pixels = new Uint8Array(paths.length * width * height);
  let first: { width: number; height: number; preparation: FramePreparation } | undefined;
  paths.forEach((path, frame) => {
    const picture = read(path);
    first ??= {
      width: picture.width,
      height: picture.height,
      preparation: new FramePreparation(picture.width, picture.height, options, width, height),
    };
    if (picture.width !== first.width || picture.height !== first.height)
      throw new PictureError(
        `${path}: ${picture.width}x${picture.height}, the pictures before it are ${first.width}x${first.height}. Use pictures of one size.`,
      );
    first.preparation.prepare(picture.pixels, pixels.subarray(frame * width * height, (frame + 1) * width * height));
  });
  return { frames: paths.length, height, width, pixels };
}
