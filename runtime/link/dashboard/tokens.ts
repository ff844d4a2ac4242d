import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokens } from './access.js';
import { roles, type Role } from './messages.js';

/** Where a token is kept: a file that its user alone may read. */
export function tokenPath(folder: string, role: Role): string {
  return join(folder, `dashboard-${role}.token`);
}

/** Makes what is not there yet. Throws with one line where a file is damaged, or where others may read it. */
export function readTokens(folder: string): Tokens {
  mkdirSync(folder, { recursive: true });
  const [operator, blinded] = roles.map((role) => readToken(tokenPath(folder, role)));
  return { operator: operator ?? '', blinded: blinded ?? '' };
}

function readToken(path: string): string {
  makeToken(path);
  const descriptor = openSync(path, 'r');
  try {
    const mode = fstatSync(descriptor).mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw new Error(`${path}: others may read it (mode ${mode.toString(8)}). Delete it: a new one is made.`);
    const token = readFileSync(descriptor, 'utf8').trim();
    if (!/^[A-Za-z0-9_-]{43,}$/.test(token))
      throw new Error(`${path}: holds no token of 32 bytes. Delete it: a new one is made.`);
    return token;
  } finally {
    closeSync(descriptor);
  }
}

function makeToken(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  writeSync(descriptor, `${randomBytes(32).toString('base64url')}\n`);
  closeSync(descriptor);
}
