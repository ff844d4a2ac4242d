import { Worker } from 'node:worker_threads';
import { openPty } from '../serial/pty.js';

/** The far end of a trigger: a terminal for it, and when its bytes came. */
export interface TriggerEar {
  readonly path: string;
  /** Times (CLOCK_MONOTONIC, microseconds) of bytes since the last call. */
  take(): number[];
  close(): void;
}

export interface EarData {
  readonly descriptor: number;
  /** Two words: 1 stops it; bytes heard so far. */
  readonly words: SharedArrayBuffer;
  /** The last times, in a ring. */
  readonly times: SharedArrayBuffer;
}

/** Listens in a thread of its own, so that a byte is stamped when it comes, whatever else the emulator does. */
export function openTriggerEar(link?: string): TriggerEar {
  const pty = openPty(link);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const times = new Float64Array(new SharedArrayBuffer(8 * ringLength));
  const workerData: EarData = {
    descriptor: pty.master,
    words: words.buffer as SharedArrayBuffer,
    times: times.buffer as SharedArrayBuffer,
  };
  const thread = new Worker(new URL('./trigger-ear-thread.js', import.meta.url), { workerData });
  let taken = 0;
  return {
    path: pty.path,
    take() {
      const heard = Atomics.load(words, 1);
      const fresh: number[] = [];
      for (; taken < heard; taken++) fresh.push(times[taken % ringLength] as number);
      return fresh;
    },
    close() {
      Atomics.store(words, 0, 1);
      thread.once('exit', () => pty.close());
    },
  };
}

export const ringLength = 256;
