import { SerialPort } from 'serialport';
import type { MarkInput, TimedMark } from './mark-input.js';

/** A serial port on which another machine writes marks: a byte each, or a line of text each. */
export interface SerialMarksPlan {
  readonly use: 'serial';
  readonly port: string;
  readonly baudRate: number;
  readonly lines: boolean;
}

/**
 * Bytes have the time at which they reached this process: a millisecond or two late on a quiet machine, and by what the
 * adapter holds them back. `nowUs` tells the time.
 */
export function openSerialMarks(name: string, plan: SerialMarksPlan, nowUs: () => number): MarkInput {
  return new SerialMarks(name, plan, nowUs);
}

class SerialMarks implements MarkInput {
  ready = false;
  readonly #port: SerialPort;
  readonly #words: SerialWords;
  #marks: TimedMark[] = [];
  #failure = '';
  #closed = false;

  constructor(name: string, { port: path, baudRate, lines }: SerialMarksPlan, nowUs: () => number) {
    this.#words = new SerialWords(name, lines);
    this.#port = new SerialPort({ path, baudRate, autoOpen: false, hupcl: false, lock: false });
    const fail = (why: string): void => {
      this.ready = false;
      this.#failure ||= `${path}: ${why}. Plug it in, or correct device.marks.${name}.port.`;
    };
    this.#port.on('data', (bytes: Buffer) => this.#marks.push(...this.#words.marksOf(bytes, nowUs())));
    this.#port.on('error', ({ message }) => fail(message));
    this.#port.on('close', () => fail('is gone'));
    this.#port.open((error) => {
      if (error) fail(error.message.replace(/, cannot open .*$/, ''));
      else if (this.#closed) this.#port.close();
      else this.ready = true;
    });
  }

  take(): readonly TimedMark[] {
    const marks = this.#marks;
    this.#marks = [];
    // What came before the end is told first.
    if (this.#failure !== '' && marks.length === 0) throw new Error(this.#failure);
    return marks;
  }

  close(): void {
    this.#closed = true;
    if (this.#port.isOpen) this.#port.close(() => undefined);
  }
}

/** Bytes to marks. Pure. A line has the time of its first byte. */
export class SerialWords {
  readonly #name: string;
  readonly #lines: boolean;
  #text = '';
  #beganUs = 0;

  constructor(name: string, lines: boolean) {
    this.#name = name;
    this.#lines = lines;
  }

  marksOf(bytes: Uint8Array, atUs: number): TimedMark[] {
    const marks: TimedMark[] = [];
    for (const byte of bytes) {
      if (!this.#lines) marks.push({ text: `${this.#name} ${byte}`, atUs });
      else if (byte !== lineFeed && byte !== carriageReturn) this.#add(byte, atUs);
      else if (this.#text !== '') {
        marks.push({ text: `${this.#name} ${this.#text}`, atUs: this.#beganUs });
        this.#text = '';
      }
    }
    return marks;
  }

  /** What does not print is no text, and what is too long is not kept. */
  #add(byte: number, atUs: number): void {
    if (this.#text === '') this.#beganUs = atUs;
    if (this.#text.length < longestLine) this.#text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
}

const lineFeed = 10;
const carriageReturn = 13;
const longestLine = 200;
