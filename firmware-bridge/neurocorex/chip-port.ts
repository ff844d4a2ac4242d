import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { ModelError } from '../../models/format/model-error.js';
import { nativeBytes, poll } from '../../drivers/serial/libc.js';

/** Bytes to and from a port that somebody else has opened and configured; waits for them in this thread. */
export class ChipPort {
  readonly path: string;
  readonly #descriptor: number;
  readonly #memory = nativeBytes(8);
  readonly #polled = new DataView(this.#memory.bytes.buffer, this.#memory.bytes.byteOffset, 8);

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    this.#polled.setInt32(0, this.#descriptor, true);
  }

  /** All of them. Throws where the port takes none for 2 s. */
  send(bytes: Uint8Array, length = bytes.length): void {
    for (let at = 0; at < length;) {
      try {
        at += writeSync(this.#descriptor, bytes, at, length - at);
      } catch (error) {
        if (!isPassing(error)) throw this.#gone();
        if (this.#wait(pollOut, 2000) === 0) throw new ModelError(`${this.path}: takes no bytes. ${resetIt}`);
      }
    }
  }

  /** Fills `into` as far as bytes come: until it is full, or none has come for `quietMs`. Returns how many came. */
  receive(into: Uint8Array, quietMs: number): number {
    let at = 0;
    while (at < into.length && this.#wait(pollIn, quietMs) > 0) {
      try {
        const length = readSync(this.#descriptor, into, at, into.length - at, null);
        if (length === 0) throw this.#gone();
        at += length;
      } catch (error) {
        if (!isPassing(error)) throw this.#gone();
      }
    }
    return at;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #wait(events: number, timeoutMs: number): number {
    this.#polled.setInt32(4, events, true);
    const ready = poll(this.#memory.pointer, 1, timeoutMs);
    if (ready > 0 && (this.#polled.getInt16(6, true) & pollGone) !== 0) throw this.#gone();
    return Math.max(0, ready);
  }

  #gone(): ModelError {
    return new ModelError(`${this.path}: the port is gone. Plug the board in, then open it again.`);
  }
}

/** What helps a board that has lost its place: nothing less does. */
export const resetIt = 'Reset the board (unplug it and plug it in again), then open it again.';

function isPassing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EINTR');
}

const pollIn = 0x01;
const pollOut = 0x04;
/** POLLERR, POLLHUP, POLLNVAL */
const pollGone = 0x08 | 0x10 | 0x20;
