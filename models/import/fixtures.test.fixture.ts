import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of models/import/fixtures, beside the source. */
export function fixture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../../models/import/fixtures/${name}`, import.meta.url)));
}
