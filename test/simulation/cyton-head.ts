import { CytonBoard } from '../../drivers/cyton/board.js';
import { packetBytes } from '../../drivers/cyton/protocol.js';
import { createCytonSession, type CytonOptions } from '../../drivers/cyton/session.js';
import { createSleeper, type Sleeper } from '../../drivers/sleeper/generator.js';
import {
  FrameFlag,
  type DeviceSession,
  type SampleBlock,
  type SessionState,
  type StreamInfo,
} from '../../runtime/contracts.js';
import type { Head, Port, PortServices, Truth } from './head.js';
import type { Random } from './random.js';

const electrodes = ['C3', 'M2'];
const options: CytonOptions = { daisy: false, rate: 250, gain: 24, electrodes: { C3: 1, M2: 2 }, off: [] };

/** The emulated amplifier on the generated sleeper, byte by byte, and axond's own driver of it. */
export class CytonHead implements Head {
  readonly info: StreamInfo = createCytonSession(options).info;
  truth: Truth = 'asleep';
  toLose = 0;
  readonly #random: Random;
  readonly #board = new CytonBoard({ daisy: false, rate: 250 });
  readonly #sleeper: Sleeper;
  readonly #values = new Float64Array(electrodes.length);
  /** By the device's counter: of the packets that may still be on their way. */
  readonly #truths: Truth[] = [];
  readonly #periodUs: number;
  #shiftUs = 0;
  #packets = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#sleeper = createSleeper({ seed: random.whole(1e6), rate: 250, channels: electrodes, spindleRate: 10 });
    this.#periodUs = 4e3 * (1 + random.between(-60e-6, 60e-6));
  }

  get dueUs(): number {
    return this.#shiftUs + (this.#packets + 1) * this.#periodUs;
  }

  stepClock(us: number): void {
    this.#shiftUs += us;
  }

  make(): ((port: Port) => void) | undefined {
    this.#packets++;
    this.#sleeper.read(this.#values);
    if (!this.#board.streaming) return undefined;
    if (this.truth === 'rail') this.#values.fill(1e6);
    if (this.truth === 'flat') this.#values.fill(100);
    const bytes = new Uint8Array(packetBytes);
    this.#board.packet(this.#values, bytes);
    // This sleeper sleeps all the time: only the electrodes can be made to tell something else.
    this.#truths[bytes[1] as number] = this.truth === 'rail' || this.truth === 'flat' ? this.truth : 'asleep';
    if (this.toLose > 0) {
      this.toLose--;
      if (this.#random.chance(0.5)) return undefined;
      // A damaged one comes, and is none: its first or last byte is wrong, or some are missing.
      const at = this.#random.pick([0, packetBytes - 1]);
      bytes[at] = (bytes[at] as number) ^ 0x15;
    }
    return (port) => {
      if (port instanceof CytonPort) port.push(bytes);
    };
  }

  connect(services: PortServices): Port {
    return new CytonPort(createCytonSession(options), this.#board, this.#truths, services, this.#random.fork());
  }
}

class CytonPort implements Port {
  readonly #session: DeviceSession;
  readonly #board: CytonBoard;
  readonly #truths: readonly Truth[];
  readonly #services: PortServices;
  readonly #random: Random;
  readonly #bytes = new Uint8Array(kernelBytes);
  #length = 0;
  #isOpen = false;

  constructor(
    session: DeviceSession,
    board: CytonBoard,
    truths: readonly Truth[],
    services: PortServices,
    random: Random,
  ) {
    this.#session = session;
    this.#board = board;
    this.#truths = truths;
    this.#services = services;
    this.#random = random;
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get waits(): boolean {
    return this.#length > 0 || this.#session.pending;
  }

  open(): void {
    this.#isOpen = true;
    this.#session.open(this.#services.nowUs());
  }

  close(): void {
    if (this.#isOpen) this.#session.close(this.#services.nowUs());
    this.#isOpen = false;
    this.#length = 0;
  }

  push(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    if (this.#length + bytes.length <= kernelBytes) {
      this.#bytes.set(bytes, this.#length);
      this.#length += bytes.length;
    }
    this.#services.arrived();
  }

  take(block: SampleBlock, told: (truth: Truth | undefined) => void): void {
    block.frames = 0;
    if (!this.#isOpen) return;
    const length = this.#session.pending ? 0 : this.#length;
    this.#session.push(this.#bytes, length, this.#services.nowUs(), block);
    if (length > 0) this.#length = 0;
    this.#send();
    for (let frame = 0; frame < block.frames; frame++) {
      const lost = ((block.flags[frame] as number) & FrameFlag.gap) !== 0;
      told(lost ? undefined : this.#truths[block.counters[frame] as number]);
    }
  }

  /** Commands reach the board, and its answers come back, each in its time. */
  #send(): void {
    const session = this.#session;
    if (session.outgoingLength === 0) return;
    const text = String.fromCharCode(...session.outgoing.subarray(0, session.outgoingLength));
    session.outgoingLength = 0;
    this.#services.later(this.#random.between(5e3, 30e3), () => {
      const answer = this.#board.receive(text, this.#services.nowUs());
      if (answer.length > 0) this.#services.later(this.#random.between(5e3, 30e3), () => this.push(answer));
    });
  }
}

/** Of a terminal's buffer. */
const kernelBytes = 4096;
