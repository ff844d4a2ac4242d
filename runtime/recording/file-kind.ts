import { closeSync, openSync, readSync } from 'node:fs';

/** Told by content: every SQLite database begins with the same words. */
export function isSqliteFile(path: string): boolean {
  const head = Buffer.alloc(16);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, head);
  } finally {
    closeSync(descriptor);
  }
  return head.toString('latin1') === 'SQLite format 3\0';
}
