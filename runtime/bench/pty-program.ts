import { readSync } from 'node:fs';
import { openPty, type Pty } from '../../drivers/serial/pty.js';

/** A program under the clock: it reads packets from one pseudo-terminal and answers on another. */
export interface PtyProgram {
  readonly name: string;
  readonly eeg: Pty;
  readonly trigger: Pty;
}

export function openProgram(name: string): PtyProgram {
  return { name, eeg: openPty(), trigger: openPty() };
}

/** Bytes that the program wrote to its amplifier since the last call. */
export function takeWritten({ eeg }: PtyProgram): string {
  const buffer = Buffer.alloc(4096);
  try {
    return buffer.toString('latin1', 0, readSync(eeg.master, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}
