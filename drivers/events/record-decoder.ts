import type { EventBlock, EventCounts, EventDecoder } from '../../runtime/contracts.js';
import { TextHeader } from './text-header.js';

/** What a stream without a header cannot tell. */
export interface SensorSize {
  readonly width: number;
  readonly height: number;
}

/** A text header, then records one behind the other. Formats say what a record is; this puts split ones together. */
export abstract class RecordDecoder implements EventDecoder {
  width = 0;
  height = 0;
  failure = '';
  readonly counts: EventCounts = { events: 0, discardedBytes: 0, outside: 0, timeErrors: 0 };
  /** Bytes of the next record. */
  protected need = 0;
  /** Bytes to pass over before it. */
  protected skip = 0;
  readonly #mark: string;
  readonly #closing: string;
  #header: TextHeader;
  #carry = new Uint8Array(64);
  #carried = 0;

  constructor(mark: string, closing: string) {
    this.#mark = mark;
    this.#closing = closing;
    this.#header = new TextHeader(mark, closing);
  }

  /** Takes what the header says; none has no lines. Sets `need`, and `failure` where it is of no use. */
  protected abstract begin(lines: readonly string[]): void;

  /**
   * Takes whole records from `at` on, of which at least one is there, and returns where it stopped: at `at` itself only
   * where `out` is full.
   */
  protected abstract take(bytes: Uint8Array, at: number, length: number, out: EventBlock): number;

  push(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    let at = this.#header.ended ? from : this.#readHeader(bytes, from, length);
    while (at < length) {
      if (this.failure !== '') {
        this.counts.discardedBytes += length - at;
        return length;
      }
      if (this.skip > 0) {
        const skipped = Math.min(this.skip, length - at);
        at += skipped;
        this.skip -= skipped;
      } else if (this.#carried > 0 || length - at < this.need) {
        at = this.#carryOn(bytes, at, length);
        if (this.#carried < this.need) return at;
        this.#carried = 0;
        if (this.take(this.#carry, 0, this.need, out) === 0) {
          // It did not fit: its last byte is given back, so that the caller comes again.
          this.#carried = this.need - 1;
          return at - 1;
        }
      } else {
        const next = this.take(bytes, at, length, out);
        if (next === at) return at;
        at = next;
      }
    }
    return at;
  }

  reset(): void {
    this.failure = '';
    this.counts.events = this.counts.discardedBytes = this.counts.outside = this.counts.timeErrors = 0;
    this.need = this.skip = this.#carried = 0;
    this.#header = new TextHeader(this.#mark, this.#closing);
  }

  #readHeader(bytes: Uint8Array, from: number, length: number): number {
    const at = this.#header.push(bytes, from, length);
    if (!this.#header.ended) return at;
    if (this.#header.tooLong) this.failure = 'the text header does not end within 1 MiB. The file is damaged.';
    else this.begin(this.#header.lines);
    for (; this.#carried < this.#header.held; this.#carried++)
      this.#carry[this.#carried] = this.#mark.charCodeAt(this.#carried);
    return at;
  }

  #carryOn(bytes: Uint8Array, from: number, length: number): number {
    if (this.#carry.length < this.need) {
      const grown = new Uint8Array(Math.max(this.need, 2 * this.#carry.length));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    const count = Math.min(length - from, this.need - this.#carried);
    if (count < 32) for (let i = 0; i < count; i++) this.#carry[this.#carried + i] = bytes[from + i] as number;
    else this.#carry.set(bytes.subarray(from, from + count), this.#carried);
    this.#carried += count;
    return from + count;
  }
}
