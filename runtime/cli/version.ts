import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The package's folder, from the place of this compiled file below `dist`. */
export const packageRoot = new URL('../../../', import.meta.url);

export const axondVersion = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'))).version;
