import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.env['AXOND_SHARED'] ?? resolve(fileURLToPath(new URL('../..', import.meta.url)), '..', 'shared');

/** Path of real data that is not part of the package, or undefined where it is absent: tests on it are skipped then. */
export function sharedData(...parts: string[]): string | undefined {
  const path = join(root, 'data', ...parts);
  return existsSync(path) ? path : undefined;
}
