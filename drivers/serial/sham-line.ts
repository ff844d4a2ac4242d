import { constants, openSync } from 'node:fs';
import { nativeBytes, read } from './libc.js';
import { openPty } from './pty.js';

/**
 * What takes the bytes of a sham where a real stimulus goes down a terminal: a pseudo-terminal of our own. A file that
 * swallows bytes will not do: after a write to a terminal the kernel has work to do, which on a busy machine takes the
 * processor away from us, so that receipts of real stimuli would come later.
 */
export interface ShamLine {
  /** To write to, as to the port. */
  readonly sham: number;
  /** Where it comes out. */
  readonly shamEnd: number;
}

export function openShamLine(): ShamLine {
  const { master, path } = openPty();
  return { sham: openSync(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK), shamEnd: master };
}

/**
 * Keeps it from filling up: it holds 64 kB, which is five times what the hard limits of a trigger let into it in 24
 * hours. Never within a stimulus: reading what a sham has left gives the kernel work too.
 */
export function emptyShamLine({ shamEnd }: ShamLine): void {
  while (read(shamEnd, swallowed.pointer, swallowed.bytes.length) > 0);
}

const swallowed = nativeBytes(4096);
