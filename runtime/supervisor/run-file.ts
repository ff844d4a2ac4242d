import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `NAME-2026-11-24T22-30-00.db`; never the name of a file that is there. */
export function freeName(folder: string, name: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  for (let copy = 0; ; copy++) {
    const path = join(folder, `${name}-${stamp}${copy === 0 ? '' : `-${copy}`}.db`);
    if (!existsSync(path)) return path;
  }
}

export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
