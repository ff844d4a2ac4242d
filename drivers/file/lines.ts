import { ascii } from './decimal.js';
import { SignalFileError, type ByteSource } from './recorded-frames.js';

/** Lines of a text file, one after the other, in place: `bytes[start … end)` is the line without its end. */
export class LineReader {
  readonly bytes = new Uint8Array(longestLine);
  start = 0;
  end = 0;
  /** Number of the line, from 1. */
  number = 0;
  readonly #source: ByteSource;
  /** Bytes of the file that have been taken into the buffer. */
  #taken = 0;
  #filled = 0;
  /** Where the next line begins in the buffer. */
  #after = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Steps to the next line that is not blank; false at the end of the file. */
  next(): boolean {
    while (this.#step()) {
      for (let at = this.start; at < this.end; at++) {
        if ((this.bytes[at] as number) > 0x20) return true;
      }
    }
    return false;
  }

  text(): string {
    return ascii(this.bytes, this.start, this.end).trim();
  }

  /** The error for something wrong on the current line. */
  fault(problem: string): SignalFileError {
    return new SignalFileError(`${this.#source.name}:${this.number}: ${problem}`);
  }

  #step(): boolean {
    this.number++;
    let newline = this.#findNewline();
    while (newline < 0) {
      if (!this.#fill()) {
        if (this.#after === this.#filled) return false;
        newline = this.#filled;
        break;
      }
      newline = this.#findNewline();
    }
    this.start = this.#after;
    this.end = newline > this.start && this.bytes[newline - 1] === carriageReturn ? newline - 1 : newline;
    this.#after = Math.min(newline + 1, this.#filled);
    return true;
  }

  #findNewline(): number {
    const at = this.bytes.indexOf(lineFeed, this.#after);
    return at < this.#filled ? at : -1;
  }

  /** Moves what is left to the front and reads on; false at the end of the file. */
  #fill(): boolean {
    this.bytes.copyWithin(0, this.#after, this.#filled);
    this.#filled -= this.#after;
    this.#after = 0;
    if (this.#filled === longestLine) {
      throw this.fault(
        `is longer than ${longestLine} bytes: this is no text file of samples. Give the recording itself.`,
      );
    }
    const read = this.#source.read(this.bytes.subarray(this.#filled), this.#taken);
    this.#taken += read;
    this.#filled += read;
    return read > 0;
  }
}

const longestLine = 65_536;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
