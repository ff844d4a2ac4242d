import { closeSync } from 'node:fs';
import { createGpioPort } from '../gpio/port.js';
import { eventBytes, lastEventNumber } from '../gpio/protocol.js';
import { nativeBytes, poll, read } from '../serial/libc.js';
import { openSpi } from '../spi/port.js';
import type { Ads1299Options } from './options.js';
import { mostPayload } from './records.js';
import type { ChipPort } from './transport.js';

/** The chip at a spidev, and DRDY at a line of the kernel's GPIO. Throws one line that names what is missing. */
export function openChipPort(path: string, { dataReady, chip }: Ads1299Options): ChipPort {
  const spi = openSpi(path, { mode: 1, hertz: spiHertz, mostBytes: mostPayload });
  let edges: EdgeCounter;
  try {
    const { descriptor } = createGpioPort().openInput({
      line: dataReady,
      activeLow: true, // data is ready when it falls
      edges: 'rising',
      consumer: 'axond data ready',
      ...(chip === undefined ? {} : { chip }),
    });
    edges = new EdgeCounter(descriptor);
  } catch (error) {
    spi.close();
    throw error;
  }
  return {
    waitForEdge: (timeoutMs) => edges.wait(timeoutMs),
    transfer: (bytes, length) => spi.transfer(bytes, length),
    close() {
      spi.close();
      edges.close();
    },
  };
}

/** Edges as the kernel counts them in its interrupt: also those that nobody came for in time. */
export class EdgeCounter {
  readonly #descriptor: number;
  readonly #polled = nativeBytes(8);
  readonly #view: DataView;
  readonly #events = nativeBytes(mostEvents * eventBytes);
  #last = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#view = new DataView(this.#polled.bytes.buffer, this.#polled.bytes.byteOffset, 8);
    this.#view.setInt32(0, descriptor, true);
    this.#view.setInt16(4, pollIn, true);
  }

  /** As `waitForEdge` of a `ChipPort`. */
  wait(timeoutMs: number): number {
    let timeout = timeoutMs;
    while (poll(this.#polled.pointer, 1, timeout) > 0) {
      if ((this.#view.getInt16(6, true) & pollIn) === 0) return -1;
      const length = read(this.#descriptor, this.#events.pointer, this.#events.bytes.length);
      if (length <= 0) return -1;
      this.#last = lastEventNumber(this.#events.bytes, length);
      timeout = 0; // what came meanwhile is newer
    }
    return this.#last;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const pollIn = 1;
const mostEvents = 16;
/** What both boards run at; a frame takes 0.2 ms, and bytes are far enough apart for the chip to decode commands. */
const spiHertz = 1_000_000;
