import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import type { TestLine } from './bridge-client.js';

/** A line on a terminal. */
export class TerminalLine implements TestLine {
  readonly #descriptor: number;
  readonly #bytes = new Uint8Array(1 << 16);

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
  }

  read(): Uint8Array {
    try {
      return this.#bytes.subarray(0, readSync(this.#descriptor, this.#bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return this.#bytes.subarray(0, 0);
      throw error;
    }
  }

  async pass(us: number): Promise<void> {
    await after(us / 1000);
  }

  /** Its other end is closed. */
  isGone(): boolean {
    try {
      return readSync(this.#descriptor, this.#bytes) === 0;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
