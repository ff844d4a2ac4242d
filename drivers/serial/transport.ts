import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { constants as system } from 'node:os';
import type { Transport } from '../../runtime/contracts.js';
import { errno, nativeBytes, poll, read } from './libc.js';

/**
 * The loop thread's own descriptor of a port that somebody else has opened and configured (`line.ts`). Reads with a
 * time-out by poll and read on memory made once; works in worker threads. Throws when the path cannot be opened.
 */
export function openSerialTransport(path: string, access = constants.O_RDWR): Transport {
  const descriptor = openSync(path, access | constants.O_NOCTTY | constants.O_NONBLOCK);
  const polled = nativeBytes(8);
  const view = new DataView(polled.bytes.buffer, polled.bytes.byteOffset, 8);
  view.setInt32(0, descriptor, true);
  view.setInt16(4, pollIn, true);
  const taken = nativeBytes(readBytes);
  let open = true;
  return {
    read(buffer, timeoutMs) {
      const ready = poll(polled.pointer, 1, timeoutMs);
      if (ready <= 0) return 0; // time-out, or a signal: the caller comes again
      const events = view.getInt16(6, true);
      if ((events & pollIn) === 0) return (events & pollGone) === 0 ? 0 : -1;
      const length = read(descriptor, taken.pointer, Math.min(buffer.length, readBytes));
      if (length < 0) return passing.has(errno()) ? 0 : -1;
      if (length === 0) return (events & pollGone) === 0 ? 0 : -1;
      for (let i = 0; i < length; i++) buffer[i] = taken.bytes[i] as number;
      return length;
    },
    write(bytes, length) {
      try {
        return writeSync(descriptor, bytes, 0, length) === length;
      } catch {
        return false;
      }
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(descriptor);
    },
  };
}

const pollIn = 0x01;
/** POLLERR, POLLHUP, POLLNVAL */
const pollGone = 0x08 | 0x10 | 0x20;
/** Errors of a read that say nothing of the device: somebody else was quicker, or a signal came. */
const passing: ReadonlySet<number> = new Set([system.errno.EAGAIN, system.errno.EINTR]);
const readBytes = 4096;
