import { constants, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { openSerialLine, type SerialLine } from '../serial/line.js';
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
  readonly #plan: SerialMarksPlan;
  readonly #words: SerialWords;
  readonly #nowUs: () => number;
  #line: SerialLine | undefined;
  #stream: ReadStream | undefined;
  #marks: TimedMark[] = [];
  #failure = '';
  #closed = false;

  constructor(name: string, plan: SerialMarksPlan, nowUs: () => number) {
    this.#plan = plan;
    this.#words = new SerialWords(name, plan.lines);
    this.#nowUs = nowUs;
    this.#open(`device.marks.${name}.port`).catch((error: unknown) => {
      this.#fail(error instanceof Error ? error.message : String(error));
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
    this.ready = false;
    this.#stream?.destroy();
    void this.#line?.close();
    this.#stream = this.#line = undefined;
  }

  /** Read by Node's own stream: `serialport` never ends reading a terminal that was hung up. */
  async #open(key: string): Promise<void> {
    const { port, baudRate } = this.#plan;
    this.#line = await openSerialLine(port, baudRate, false, key);
    if (this.#closed) {
      await this.#line.close();
      return;
    }
    const stream = new ReadStream(openSync(port, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    const gone = (): void => this.#fail(`${port}: is gone. Plug it in, or correct ${key}.`);
    stream.on('data', (bytes: Buffer) => this.#marks.push(...this.#words.marksOf(bytes, this.#nowUs())));
    stream.on('error', gone).on('end', gone).on('close', gone);
    this.#stream = stream;
    this.ready = true;
  }

  #fail(why: string): void {
    this.ready = false;
    this.#failure ||= why;
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
