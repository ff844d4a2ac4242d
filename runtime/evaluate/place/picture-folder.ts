import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { listPictures } from '../../../drivers/images/folder.js';
import { PictureError, openPictureReader } from '../../../drivers/images/picture.js';
import { FramePreparation } from '../../../models/place/frame-preparation.js';
import type { Traverse } from '../../../models/place/traverse.js';

/** A picture prepared to the size that is recognised, and the name of its file without the ending. */
export interface NamedPicture {
  readonly name: string;
  readonly frame: Uint8Array;
}

/**
 * The pictures of a folder in the order of their names. Throws a `PictureError`; also where their sizes differ and they
 * are those of one camera.
 */
export async function* readPictures(
  folder: string,
  { width, height }: { readonly width: number; readonly height: number },
  ofOneCamera: boolean,
): AsyncGenerator<NamedPicture> {
  const read = await openPictureReader();
  let preparation: { width: number; height: number; of: FramePreparation } | undefined;
  for (const path of listPictures(folder)) {
    const picture = read(path);
    if (picture.width !== preparation?.width || picture.height !== preparation.height) {
      if (preparation && ofOneCamera)
        throw new PictureError(
          `${path}: ${picture.width}x${picture.height}, the pictures before it are ${preparation.width}x${preparation.height}. Use pictures of one size.`,
        );
      const of = new FramePreparation(picture.width, picture.height, {}, width, height);
      preparation = { width: picture.width, height: picture.height, of };
    }
    const frame = new Uint8Array(width * height);
    preparation.of.prepare(picture.pixels, frame);
    yield { name: basename(path, extname(path)), frame };
  }
}

/** The pictures of a folder as a drive. Throws a `PictureError`. */
export async function readPictureFolder(folder: string, width = 64, height = 32): Promise<Traverse> {
  const frames: Uint8Array[] = [];
  for await (const { frame } of readPictures(folder, { width, height }, true)) frames.push(frame);
  const pixels = new Uint8Array(frames.length * width * height);
  frames.forEach((frame, at) => {
    pixels.set(frame, at * frame.length);
  });
  return { frames: frames.length, height, width, pixels };
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
