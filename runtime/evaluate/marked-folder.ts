import { readdirSync } from 'node:fs';
import { markDreams, readDreams } from './dreams.js';
import { readLabFolder } from './lab-folder.js';
import { MarksError, type MarkedFolder } from './marked-recording.js';
import { isSpinky, readSpinky } from './spinky.js';

/** A folder of recordings with marks: DREAMS, SPINKY or one's own. `rate` is for files that do not say theirs. */
export function readMarkedFolder(folder: string, rate?: number): MarkedFolder {
  const names = list(folder);
  if (isSpinky(folder)) return readSpinky(folder);
  if (names.some((name) => /^excerpt\d+\.txt(?:\.gz)?$/i.test(name))) return markDreams(readDreams(folder));
  return readLabFolder(folder, names, rate);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new MarksError(`${folder}: cannot be read (${code}). Give a folder of recordings with marks.`);
  }
}
