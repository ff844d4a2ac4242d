import { FrameFlag, type DeviceSession, type SampleBlock } from '../../runtime/contracts.js';
import { CytonBoard, type BoardOptions } from './board.js';
import type { CytonOptions } from './options.js';
import { microvoltsPerCount, packetBytes } from './protocol.js';
import { createCytonSession } from './session.js';

export interface DeliveredFrame {
  readonly index: number;
  readonly counter: number;
  readonly gap: boolean;
  readonly counts: readonly number[];
}

export function sampleBlock(channels: number, capacity = 64): SampleBlock {
  return {
    channels,
    capacity,
    counts: new Int32Array(channels * capacity),
    counters: new Int32Array(capacity),
    flags: new Uint8Array(capacity),
    frames: 0,
    firstIndex: 0,
    arrivalUs: 0,
  };
}

export function framesOf(block: SampleBlock): DeliveredFrame[] {
  return Array.from({ length: block.frames }, (_, frame) => ({
    index: block.firstIndex + frame,
    counter: block.counters[frame] as number,
    gap: ((block.flags[frame] as number) & FrameFlag.gap) !== 0,
    counts: [...block.counts.subarray(frame * block.channels, (frame + 1) * block.channels)],
  }));
}

/** A session wired to the emulated board on a clock of its own: one step is one packet interval. */
export class VirtualLine {
  readonly board: CytonBoard;
  readonly session: DeviceSession;
  readonly frames: DeliveredFrame[] = [];
  /** All that the session sent, and every notice once, in their order. */
  sent = '';
  readonly notices: string[] = [];
  nowUs = 5e6;
  /** Packets that the board has measured: sample n of channel c is n × 16 + c counts at gain 24. */
  packets = 0;
  /** What the radio makes of a packet. */
  radio: (packet: Uint8Array) => Uint8Array[] = (packet) => [packet];
  plugged = true;
  readonly #block: SampleBlock;
  readonly #microvolts = new Float64Array(16);
  readonly #packet = new Uint8Array(packetBytes);

  constructor(options: Partial<CytonOptions> = {}, board: Partial<BoardOptions> = {}, capacity = 64) {
    const daisy = options.daisy ?? false;
    const rate = options.rate ?? (daisy ? 125 : 250);
    this.session = createCytonSession({ daisy, rate, gain: 24, electrodes: {}, off: [], ...options });
    this.board = new CytonBoard({ daisy, rate: daisy ? 125 : 250, ...board });
    this.#block = sampleBlock(this.session.info.channels.length, capacity);
  }

  open(): this {
    this.session.open(this.nowUs);
    return this;
  }

  /** Goes on until this holds; throws after `limitMs` of virtual time. */
  until(what: string, condition: () => boolean, limitMs = 10_000): this {
    const limitUs = this.nowUs + limitMs * 1000;
    while (!condition()) {
      if (this.nowUs > limitUs) throw new Error(`${what}: not within ${limitMs} ms (${this.notices.join(' | ')})`);
      this.step();
    }
    return this;
  }

  run(steps: number): this {
    for (let step = 0; step < steps; step++) this.step();
    return this;
  }

  step(): void {
    this.nowUs += 1e6 / this.board.packetRate;
    const arrived: Uint8Array[] = [];
    if (this.board.streaming) {
      for (let channel = 0; channel < 16; channel++)
        this.#microvolts[channel] = (this.packets * 16 + channel) * microvoltsPerCount(24);
      this.packets++;
      if (this.board.off) this.board.skip();
      else {
        this.board.packet(this.#microvolts, this.#packet);
        arrived.push(...this.radio(this.#packet.slice()));
      }
    }
    if (!this.plugged) return;
    arrived.push(this.#command());
    this.push(Uint8Array.from(arrived.flatMap((bytes) => [...bytes])));
  }

  push(bytes: Uint8Array): void {
    this.session.push(bytes, bytes.length, this.nowUs, this.#block);
    this.frames.push(...framesOf(this.#block));
    while (this.session.pending) {
      this.session.push(bytes, 0, this.nowUs, this.#block);
      this.frames.push(...framesOf(this.#block));
    }
    const { notice } = this.session;
    if (notice !== '' && this.notices.at(-1) !== notice) this.notices.push(notice);
  }

  #command(): Uint8Array {
    const text = Buffer.from(this.session.outgoing.subarray(0, this.session.outgoingLength)).toString('latin1');
    this.session.outgoingLength = 0;
    this.sent += text;
    return this.board.receive(text, this.nowUs);
  }
}
