import { readSync, writeSync } from 'node:fs';
import { monotonicUs } from '../../runtime/monotonic.js';
import { spellAt, type Faults } from '../cyton/faults.js';
import { generator } from '../seeded.js';
import { openPty, type Pty } from '../serial/pty.js';
import { Ads1299Chip, type EmulatedChip } from './chip.js';
import { mostRecord } from './records.js';
import { chipTransport, type ChipPort } from './transport.js';

export interface EmulatorOptions extends Omit<EmulatedChip, 'driftPpm'> {
  /** Of those of the Cyton: `drop` is an edge that nobody came for, `corrupt` a frame that is shifted by a bit. */
  readonly faults: Faults;
  readonly seed: number;
  /** The terminal appears under this path, also after it was unplugged. */
  readonly link?: string;
  readonly onReady: (path: string) => void;
  /** The source has come to its end. */
  readonly onEnd: () => void;
}

/**
 * An emulated ADS1299 and the reader of its edges, in real time. Its terminal speaks the records that a session exchanges
 * with a real port. Whatever this computer is late by, the reader is not: a missed edge is a fault that was asked for.
 */
export class Ads1299Emulator {
  readonly counts = { frames: 0, sent: 0 };
  readonly #options: EmulatorOptions;
  readonly #chip: Ads1299Chip;
  readonly #transport: ReturnType<typeof chipTransport>;
  readonly #random: () => number;
  readonly #commands = new Uint8Array(1024);
  readonly #record = new Uint8Array(mostRecord);
  /** When the chip first converted; what it was told to suffer is counted from then. */
  #beganUs = NaN;
  #nowUs = monotonicUs();
  #pty: Pty | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The newest conversion is one that nobody comes for: it stays in the chip until the next one takes its place. */
  #missed = false;

  constructor(options: EmulatorOptions) {
    this.#options = options;
    this.#chip = new Ads1299Chip({ ...options, driftPpm: options.faults.driftPpm });
    const port: ChipPort = {
      waitForEdge: () => this.#chip.edges,
      transfer: (bytes, length) => {
        this.#chip.transfer(bytes, length, this.#nowUs);
        return true;
      },
      close: () => undefined,
    };
    this.#transport = chipTransport(port);
    this.#random = generator(options.seed);
    this.#plug();
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unplug();
  }

  #plug(): void {
    this.#pty = openPty(this.#options.link);
    this.#options.onReady(this.#pty.path);
  }

  #unplug(): void {
    this.#pty?.close();
    this.#pty = undefined;
  }

  #tick(): void {
    const untilUs = monotonicUs();
    this.#nowUs = untilUs;
    this.#listen();
    while (this.#chip.nextUs <= untilUs && !this.#chip.ended) {
      this.#nowUs = this.#chip.nextUs;
      this.#suffer();
      this.#chip.convert();
      this.counts.frames++;
      this.#missed = this.#random() < this.#options.faults.drop;
      if (this.#missed) continue;
      if (this.#random() < this.#options.faults.corrupt) this.#chip.slip = 1;
      if (this.#flush()) this.counts.sent++;
    }
    if (!this.#missed || !Number.isFinite(this.#chip.nextUs)) this.#flush();
    if (this.#chip.ended) {
      this.#options.onEnd();
      return;
    }
    const waitMs = (this.#chip.nextUs - monotonicUs()) / 1000;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, Math.min(idleMs, waitMs)));
  }

  #suffer(): void {
    if (Number.isNaN(this.#beganUs)) this.#beganUs = this.#nowUs;
    const spell = spellAt(this.#options.faults.spells, (this.#nowUs - this.#beganUs) / 1000);
    this.#chip.silent = spell?.kind === 'stall';
    if (spell?.kind === 'unplug') this.#unplug();
    else if (!this.#pty) this.#plug();
  }

  #listen(): void {
    if (!this.#pty) return;
    let length: number;
    try {
      length = readSync(this.#pty.master, this.#commands);
    } catch {
      return; // nothing was written to us
    }
    this.#transport.write(this.#commands, length);
  }

  /** All that waits for the computer; true if something went out. */
  #flush(): boolean {
    let sent = false;
    for (;;) {
      const length = this.#transport.read(this.#record, 0);
      if (length <= 0) return sent;
      if (this.#write(length)) sent = true;
    }
  }

  /** Nobody reads: the terminal is full, and the frame is lost as an edge that nobody came for. */
  #write(length: number): boolean {
    if (!this.#pty) return false;
    try {
      return writeSync(this.#pty.master, this.#record, 0, length) === length;
    } catch {
      return false;
    }
  }
}

const idleMs = 5;
