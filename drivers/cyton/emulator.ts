import { readSync, writeSync } from 'node:fs';
import { monotonicUs } from '../../runtime/monotonic.js';
import { generator } from '../seeded.js';
import { openPty, type Pty } from '../serial/pty.js';
import { CytonBoard, type BoardOptions } from './board.js';
import { spellAt, type Faults } from './faults.js';
import { Loopback, type LoopbackOptions } from './loopback.js';
import type { TriggerEar } from './trigger-ear.js';
import { boardChannels, packetBytes } from './protocol.js';

export interface EmulatorOptions extends BoardOptions {
  /** Microvolts of all channels, packet by packet; false at the end. */
  readonly source: { read(frame: Float64Array): boolean };
  readonly sourceChannels: number;
  readonly faults: Faults;
  readonly seed: number;
  /** The terminal appears under this path, also after it was unplugged. */
  readonly link?: string;
  /** Pulses for each byte that the ear hears. Then packets leave within a fraction of a millisecond of their time. */
  readonly loopback?: LoopbackOptions & { readonly ear: TriggerEar };
  readonly onReady: (path: string) => void;
  /** The source has come to its end. */
  readonly onEnd: () => void;
}

export interface EmulatorCounts {
  /** Packets that the board has made, lost ones too. */
  packets: number;
  /** Packets that went to the terminal; the others were lost by a fault, or because nobody reads and it is full. */
  sent: number;
}

/** An emulated Cyton on a real pseudo-terminal, in real time. */
export class CytonEmulator {
  readonly counts: EmulatorCounts = { packets: 0, sent: 0 };
  readonly #options: EmulatorOptions;
  readonly #board: CytonBoard;
  readonly #frame: Float64Array;
  readonly #packet = new Uint8Array(packetBytes);
  readonly #commands = Buffer.alloc(256);
  readonly #random: () => number;
  #batch: number[] = [];
  #batchPackets = 0;
  #pty: Pty | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the stream began, and packets due since then. */
  #beganMs = NaN;
  #due = 0;
  /** The same moment as `#beganMs`. */
  #beganUs = NaN;
  #complained = false;
  readonly #loopback: Loopback | undefined;

  constructor(options: EmulatorOptions) {
    this.#options = options;
    this.#board = new CytonBoard(options);
    this.#frame = new Float64Array(Math.max(options.sourceChannels, 2 * boardChannels));
    this.#random = generator(options.seed);
    const { loopback } = options;
    if (loopback) this.#loopback = new Loopback(loopback, boardChannels, generator(options.seed + 1));
    this.#plug();
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.loopback?.ear.close();
    this.#pty?.close();
    this.#pty = undefined;
  }

  #plug(): void {
    this.#pty = openPty(this.#options.link);
    this.#options.onReady(this.#pty.path);
  }

  #tick(): void {
    if (this.#loopback) this.#sleepUntilDue();
    const nowMs = performance.now();
    this.#listen(nowMs);
    if (this.#board.streaming && Number.isNaN(this.#beganMs)) {
      this.#beganMs = nowMs;
      this.#beganUs = monotonicUs();
      this.#due = 0;
    }
    const more = Number.isNaN(this.#beganMs) || this.#stream(nowMs);
    if (!more) {
      this.#options.onEnd();
      return;
    }
    const early = this.#loopback ? timerErrorMs : 0;
    this.#timer = setTimeout(() => this.#tick(), this.#waitMs(performance.now()) - early);
  }

  /** Timers count whole milliseconds; the rest of the way to the next packet is slept to a fraction of one. */
  #sleepUntilDue(): void {
    const leftMs = this.#beganMs + this.#due * this.#periodMs() - performance.now();
    if (leftMs > 0 && leftMs < 3 * timerErrorMs) Atomics.wait(nobody, 0, 0, leftMs);
  }

  /** The next packet, or soon again for a command. */
  #waitMs(nowMs: number): number {
    if (Number.isNaN(this.#beganMs)) return idleMs;
    const burst = this.#options.faults.burstMs;
    const dueMs = this.#beganMs + this.#due * this.#periodMs();
    return Math.max(
      0,
      Math.min(
        idleMs,
        burst > 0 ? Math.ceil((dueMs - this.#beganMs) / burst) * burst + this.#beganMs - nowMs : dueMs - nowMs,
      ),
    );
  }

  #periodMs(): number {
    return 1000 / (this.#board.packetRate * (1 + this.#options.faults.driftPpm * 1e-6));
  }

  #listen(nowMs: number): void {
    if (!this.#pty) return;
    let length: number;
    try {
      length = readSync(this.#pty.master, this.#commands);
    } catch {
      return; // nothing was written to us
    }
    const answer = this.#board.receive(this.#commands.toString('latin1', 0, length), nowMs * 1000);
    if (answer.length > 0) this.#write(answer, answer.length);
  }

  /** Sends every packet that is due; false when the source is at its end. */
  #stream(nowMs: number): boolean {
    const { faults, source } = this.#options;
    const burst = faults.burstMs;
    const untilMs = burst > 0 ? Math.floor((nowMs - this.#beganMs) / burst) * burst : nowMs - this.#beganMs;
    while (this.#due * this.#periodMs() <= untilMs) {
      const spell = spellAt(faults.spells, this.#due * this.#periodMs());
      this.#suffer(spell?.kind);
      if (!source.read(this.#frame)) return false;
      this.#loopBack();
      this.#due++;
      // A board that was told to stop goes on measuring: its time is the source's time.
      if (!this.#board.streaming || this.#board.off) continue;
      this.counts.packets++;
      if (spell || this.#random() < faults.drop) this.#board.skip();
      else this.#send(faults);
    }
    this.#flush();
    return true;
  }

  #loopBack(): void {
    if (!this.#loopback) return;
    for (const us of this.#options.loopback?.ear.take() ?? []) this.#loopback.heard(us);
    const periodUs = this.#periodMs() * 1000;
    this.#loopback.put(this.#frame, this.#beganUs + this.#due * periodUs, periodUs);
  }

  #suffer(kind: 'stall' | 'unplug' | 'power-off' | undefined): void {
    if (kind === 'unplug' && this.#pty) {
      this.#flush();
      this.#pty.close();
      this.#pty = undefined;
    } else if (kind !== 'unplug' && !this.#pty) this.#plug();
    const off = kind === 'power-off';
    if (off && !this.#complained) {
      this.#flush();
      const text = Buffer.from('Failure: Communications timeout - Device failed to poll Host$$$');
      this.#write(text, text.length);
      this.#board.streaming = false;
    }
    this.#complained = off;
    this.#board.off = off;
  }

  #send(faults: Faults): void {
    this.#board.packet(this.#frame, this.#packet);
    if (this.#random() < faults.garbage) {
      for (let count = 1 + Math.floor(this.#random() * 60); count > 0; count--)
        this.#batch.push(Math.floor(this.#random() * 256));
    }
    if (this.#random() < faults.corrupt) {
      const at = Math.floor(this.#random() * packetBytes);
      this.#packet[at] = (this.#packet[at] as number) ^ (1 << Math.floor(this.#random() * 8));
    }
    this.#batch.push(...this.#packet);
    this.#batchPackets++;
    if (this.#random() < faults.duplicate) this.#batch.push(...this.#packet);
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    const bytes = Uint8Array.from(this.#batch);
    const written = this.#write(bytes, bytes.length);
    this.counts.sent +=
      written === bytes.length ? this.#batchPackets : Math.min(this.#batchPackets, Math.floor(written / packetBytes));
    this.#batch = [];
    this.#batchPackets = 0;
  }

  /** Bytes that were taken. Nobody reads: the terminal is full and the radio loses what it cannot deliver. */
  #write(bytes: Uint8Array, length: number): number {
    if (!this.#pty) return 0;
    try {
      return writeSync(this.#pty.master, bytes, 0, length);
    } catch {
      return 0; // EAGAIN; the counter tells the reader what it missed
    }
  }
}

const idleMs = 5;
const timerErrorMs = 1.5;
const nobody = new Int32Array(new SharedArrayBuffer(4));
