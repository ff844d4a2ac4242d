import type { Transport } from '../../runtime/contracts.js';
import { frameBytes } from './protocol.js';
import { Kind, RecordReader, mostPayload, mostRecord, writeRecord } from './records.js';

/** The chip's SPI port and its data-ready line, of a board or of an emulated chip. */
export interface ChipPort {
  /**
   * Waits for an edge of DRDY that was not told yet. The number of the newest one, counted from the opening of the line;
   * the last number again where none comes in time; −1 where the line is gone.
   */
  waitForEdge(timeoutMs: number): number;
  /** Clocks these bytes out, in one selection of the chip, and puts what came in into their place. False: it failed. */
  transfer(bytes: Uint8Array, length: number): boolean;
  close(): void;
}

/**
 * A chip as the session's transport. It reads the frame behind each data-ready edge and tells its number: what was not
 * read before the next edge is lost, and seen to be.
 */
export function chipTransport(port: ChipPort): Transport {
  return new ChipTransport(port);
}

class ChipTransport implements Transport {
  readonly #port: ChipPort;
  readonly #reader = new RecordReader();
  readonly #bytes = new Uint8Array(mostPayload);
  readonly #frame = new Uint8Array(edgeBytes + frameBytes);
  /** Answers that wait to be read. */
  readonly #waiting = new Uint8Array(8192);
  #waitingLength = 0;
  #streams = false;
  /** Number of the edge that was answered last. */
  #edge = 0;
  #broken = false;

  constructor(port: ChipPort) {
    this.#port = port;
  }

  read(buffer: Uint8Array, timeoutMs: number): number {
    if (this.#broken) return -1;
    if (this.#waitingLength > 0) return this.#takeWaiting(buffer);
    const edge = this.#port.waitForEdge(timeoutMs);
    if (edge < 0) return -1;
    if (edge === this.#edge) return 0;
    this.#edge = edge;
    if (!this.#streams || buffer.length < mostRecord) return 0;
    return this.#readFrame() ? writeRecord(buffer, 0, Kind.frame, this.#frame, this.#frame.length) : this.#outcome();
  }

  write(bytes: Uint8Array, length: number): boolean {
    this.#reader.push(bytes, length);
    for (;;) {
      const kind = this.#reader.next();
      if (kind === 0) return !this.#broken;
      if (kind === Kind.stream) this.#streams = this.#reader.payload[0] === 1;
      else if (kind === Kind.transfer) this.#transfer();
    }
  }

  close(): void {
    this.#port.close();
  }

  #transfer(): void {
    const { payload, length } = this.#reader;
    this.#bytes.set(payload);
    if (!this.#port.transfer(this.#bytes, length)) this.#broken = true;
    else if (this.#waitingLength + mostRecord <= this.#waiting.length)
      this.#waitingLength = writeRecord(this.#waiting, this.#waitingLength, Kind.answer, this.#bytes, length);
  }

  #takeWaiting(buffer: Uint8Array): number {
    const length = Math.min(buffer.length, this.#waitingLength);
    for (let place = 0; place < length; place++) buffer[place] = this.#waiting[place] as number;
    this.#waiting.copyWithin(0, length, this.#waitingLength);
    this.#waitingLength -= length;
    return length;
  }

  /** An edge while the bits come is the chip's next sample: they may be of both, so that they are read again. */
  #readFrame(): boolean {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      this.#bytes.fill(0, 0, frameBytes);
      if (!this.#port.transfer(this.#bytes, frameBytes)) {
        this.#broken = true;
        return false;
      }
      const edge = this.#port.waitForEdge(0);
      if (edge === this.#edge) {
        for (let place = 0; place < edgeBytes; place++) this.#frame[place] = (edge >>> (8 * place)) & 0xff;
        for (let place = 0; place < frameBytes; place++) this.#frame[edgeBytes + place] = this.#bytes[place] as number;
        return true;
      }
      this.#broken = edge < 0;
      if (this.#broken) return false;
      this.#edge = edge;
    }
    return false;
  }

  #outcome(): number {
    return this.#broken ? -1 : 0;
  }
}

const edgeBytes = 4;
const mostAttempts = 3;
