import { Worker } from 'node:worker_threads';
import { openPty } from '../drivers/serial/pty.js';

/** A byte that the device behind a port got, and when. */
export interface FarByte {
  readonly atUs: number;
  readonly byte: number;
}

/** What an actuator gave, as the device behind it noticed it. */
export interface Delivered {
  readonly length: number;
  /** From the `from`th byte on. */
  bytes(from?: number): FarByte[];
  readonly last: FarByte | undefined;
  close(): Promise<void>;
}

/**
 * The device at the far end of a serial port, as nobody in axond sees it: a thread of its own takes each byte off a
 * pseudo-terminal at once, with its time.
 */
export class FarEnd implements Delivered {
  readonly path: string;
  readonly #log = new SharedArrayBuffer(8 + 16 * mostBytes);
  readonly #count = new Int32Array(this.#log, 0, 1);
  readonly #entries = new Float64Array(this.#log);
  readonly #thread: Worker;
  readonly #close: () => void;

  constructor() {
    const pty = openPty();
    this.path = pty.path;
    this.#close = () => pty.close();
    const workerData = { descriptor: pty.master, log: this.#log };
    this.#thread = new Worker(new URL('./far-end-thread.js', import.meta.url), { workerData });
    this.#thread.unref();
  }

  get length(): number {
    return Atomics.load(this.#count, 0);
  }

  /** From the `from`th byte on. */
  bytes(from = 0): FarByte[] {
    return Array.from({ length: this.length - from }, (_, place) => {
      const at = 2 * (from + place);
      return { atUs: this.#entries[1 + at] as number, byte: this.#entries[2 + at] as number };
    });
  }

  get last(): FarByte | undefined {
    return this.bytes(Math.max(0, this.length - 1))[0];
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
    this.#close();
  }
}

const mostBytes = 100_000;
