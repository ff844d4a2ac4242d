import type { Traverse } from '../../../models/place/traverse.js';
import { readPack } from './pack.js';
import { isFolder, readPictureFolder } from './picture-folder.js';

const sizedFolder = /^(.+):([1-9]\d*)x([1-9]\d*)$/;

/**
 * A whole drive: a folder of pictures, prepared to 32×64 or to what `FOLDER:HEIGHTxWIDTH` says, or a pack.
 * @throws PackError, PictureError
 */
export async function readTraverse(argument: string): Promise<Traverse> {
  if (isFolder(argument)) return readPictureFolder(argument);
  const [, folder = '', height, width] = sizedFolder.exec(argument) ?? [];
  if (isFolder(folder)) return readPictureFolder(folder, Number(width), Number(height));
  return readPack(argument);
}
