import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PictureError } from './picture.js';

/**
 * Paths of the pictures in a folder in the order of their names, numbers by their value: `frame9.png` before
 * `frame10.png`. Files that are no pictures are passed over; pictures of another format are not: each one left out would
 * move all that follow. Throws a `PictureError`.
 */
export function listPictures(folder: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new PictureError(`${folder}: ${error instanceof Error ? error.message : String(error)}. Correct the path.`);
  }
  // The hidden ones are those that some systems leave beside others.
  const visible = names.filter((name) => !name.startsWith('.'));
  const foreign = visible.find((name) => foreignPicture.test(name));
  if (foreign !== undefined)
    throw new PictureError(`${join(folder, foreign)}: only PNG and JPEG are read. Convert it, or take it away.`);
  const pictures = visible.filter((name) => picture.test(name)).sort(byName.compare);
  if (pictures.length === 0)
    throw new PictureError(`${folder}: holds no picture. Name a folder with .png, .jpg or .jpeg files.`);
  return pictures.map((name) => join(folder, name));
}

const picture = /\.(png|jpe?g)$/i;
const foreignPicture = /\.(avif|bmp|dng|gif|hei[cf]|jp2|jxl|pgm|ppm|tiff?|webp)$/i;
const byName = new Intl.Collator('en', { numeric: true });
