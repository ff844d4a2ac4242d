import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { bind, errno, nativeBytes, socket } from '../drivers/serial/libc.js';
import { temporaryFolder } from './axond-process.js';

/** What systemd is to a service: a datagram socket, and the lines that were told there, in order. */
export interface NotifyListener {
  readonly path: string;
  lines(): readonly string[];
}

/** With `@` in front: a name in the abstract space. */
export function listenForNotices(t: TestContext, path = join(temporaryFolder(), 'notify')): NotifyListener {
  const { pointer, bytes } = nativeBytes(2 + path.length);
  bytes.set([1, 0, ...Buffer.from(path.replace('@', '\0'))]);
  const descriptor = socket(1, 2 | 0o4000 | 0o2000000, 0);
  if (bind(descriptor, pointer, bytes.length) !== 0) throw new Error(`${path}: error ${errno()}`);
  t.after(() => closeSync(descriptor));
  const lines: string[] = [];
  const buffer = Buffer.alloc(4096);
  const take = (): boolean => {
    try {
      lines.push(...buffer.toString('utf8', 0, readSync(descriptor, buffer)).split('\n'));
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
      throw error;
    }
  };
  return {
    path,
    lines() {
      while (take());
      return lines;
    },
  };
}
