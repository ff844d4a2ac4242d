import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { CommandChannel } from './cycle.js';

/** The loop's end of a FIFO. Opened for each guardian anew, without waiting for it. */
export function fifoChannel(path: string): CommandChannel {
  let descriptor = -1;
  return {
    open() {
      try {
        descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
        return true;
      } catch {
        return false; // nobody reads yet
      }
    },
    write(bytes, length) {
      try {
        return writeSync(descriptor, bytes, 0, length) === length;
      } catch {
        return false;
      }
    },
    close() {
      closeSync(descriptor);
    },
  };
}
