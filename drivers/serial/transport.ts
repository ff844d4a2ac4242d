import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Transport } from '../../runtime/contracts.js';
import { nativeBytes, poll, read } from './libc.js';

/**
 * The loop thread's own descriptor of a port that somebody else has opened and configured (`line.ts`). Reads with a
 * time-out by poll and read on memory made once; works in worker threads. Throws when the path cannot be opened.
 */
export function openSerialTransport(path: string): Transport {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
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
      // Readable and empty, or an error: a terminal whose other end is gone.
      if (length <= 0) return -1;
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
const readBytes = 4096;
