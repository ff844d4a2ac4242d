import { readSync, writeSync } from 'node:fs';
import { RandomBits } from '../../runtime/signal/random.js';
import { openPty, type Pty } from '../serial/pty.js';
import {
  modeCommand,
  startCommand,
  stopCommand,
  timestampModes,
  writeEvent,
  type Firmware,
  type TimestampMode,
} from './protocol.js';

export interface EdvsEmulatorOptions {
  readonly firmware: Firmware;
  /** Events a second, as many as the serial line carries at most. */
  readonly rate: number;
  readonly seed: number;
  /** Probability that a byte is lost on the way. */
  readonly lose: number;
  /** The terminal appears under this path too. */
  readonly link?: string;
  /** What it looks at; else a bright bar that sweeps over its 128 columns, among noise. */
  readonly scene?: EdvsScene;
}

/** The event at a time of the board. `uniform` gives numbers from 0 to 1. */
export type EdvsScene = (timeUs: number, uniform: () => number) => SceneEvent;

export interface SceneEvent {
  readonly x: number;
  readonly y: number;
  readonly polarity: number;
}

/** An emulated eDVS on a real pseudo-terminal, in real time. */
export class EdvsEmulator {
  /** `overrun`: events for which the board had no memory left, because nobody read. */
  readonly counts = { events: 0, bytes: 0, lostBytes: 0, overrun: 0 };
  readonly path: string;
  readonly #options: EdvsEmulatorOptions;
  readonly #pty: Pty;
  readonly #input = Buffer.alloc(256);
  readonly #out = new Uint8Array(1 << 16);
  readonly #random: RandomBits;
  readonly #scene: EdvsScene;
  readonly #timer: NodeJS.Timeout;
  #line = '';
  #mode: TimestampMode = 'none';
  #streaming = false;
  #beganMs = 0;
  #sent = 0;
  #lastUs = 0;
  /** Bytes that the line has not taken yet. */
  #waiting = 0;

  constructor(options: EdvsEmulatorOptions) {
    this.#options = options;
    this.#pty = openPty(options.link);
    this.path = this.#pty.path;
    this.#random = new RandomBits(options.seed, 0);
    this.#scene = options.scene ?? sweepingBar;
    this.#timer = setInterval(() => this.#tick(), 2);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#streaming = false;
    this.#pty.close();
  }

  #tick(): void {
    this.#listen();
    if (!this.#streaming) return;
    const due = Math.floor(((performance.now() - this.#beganMs) / 1000) * this.#options.rate);
    for (; this.#sent < due; this.#sent++) {
      if (this.#waiting > this.#out.length - 8) this.counts.overrun++;
      else this.#waiting = this.#send(this.#waiting, Math.floor((this.#sent / this.#options.rate) * 1e6));
    }
    // Flow control holds the board back while nobody reads.
    const written = this.#write(this.#out, this.#waiting);
    this.#out.copyWithin(0, written, this.#waiting);
    this.#waiting -= written;
  }

  #send(at: number, timeUs: number): number {
    const { x, y, polarity } = this.#scene(timeUs, () => this.#random.uniform());
    const length = writeEvent(this.#out, at, this.#mode, x, y, polarity, timeUs, timeUs - this.#lastUs);
    this.#lastUs = timeUs;
    this.counts.events++;
    this.counts.bytes += length;
    let kept = at;
    for (let i = at; i < at + length; i++) {
      if (this.#random.uniform() < this.#options.lose) this.counts.lostBytes++;
      else this.#out[kept++] = this.#out[i] as number;
    }
    return kept;
  }

  #listen(): void {
    let text: string;
    try {
      text = this.#input.toString('latin1', 0, readSync(this.#pty.master, this.#input));
    } catch {
      return; // nothing was written to us
    }
    for (const character of text) {
      this.#line += character;
      if (character !== '\n') continue;
      this.#obey(this.#line);
      this.#line = '';
    }
  }

  /** Every command is echoed. */
  #obey(command: string): void {
    const { firmware } = this.#options;
    this.#streaming = command === startCommand || (this.#streaming && command !== stopCommand);
    if (command === startCommand) {
      this.#beganMs = performance.now();
      this.#sent = this.#lastUs = this.#waiting = 0;
    }
    this.#mode = timestampModes.find((mode) => modeCommand(mode, firmware) === command) ?? this.#mode;
    const echo = Buffer.from(command, 'latin1');
    this.#write(echo, echo.length);
  }

  /** Returns how many bytes the terminal took before it was full. */
  #write(bytes: Uint8Array, length: number): number {
    let at = 0;
    try {
      while (at < length) at += writeSync(this.#pty.master, bytes, at, length - at);
    } catch {
      // EAGAIN
    }
    return at;
  }
}

function sweepingBar(timeUs: number, uniform: () => number): SceneEvent {
  const noise = uniform() < 0.1;
  const x = noise ? Math.floor(uniform() * 128) : Math.floor(timeUs / sweepUs) % 128;
  return { x, y: Math.floor(uniform() * 128), polarity: noise && uniform() < 0.5 ? 0 : 1 };
}

/** The bar needs so long for a column. */
const sweepUs = 2000;
