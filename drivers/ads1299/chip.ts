import {
  Opcode,
  Register,
  chipChannels,
  frameBytes,
  gains,
  internalReference,
  railCounts,
  registerCount,
  resetRegisters,
} from './protocol.js';

export interface EmulatedChip {
  /** Microvolts at the inputs at the next conversion; false at the end of what is played. */
  readonly source: { read(frame: Float64Array): boolean };
  readonly sourceChannels: number;
  /** Of the ID register. */
  readonly id?: number;
  /** Address of a register that keeps what it holds, also through a reset. */
  readonly stuck?: number;
  /** Ohms of the electrodes, by channel, as the test current finds them. */
  readonly impedances?: readonly number[];
  /** The chip's clock is faster by this. */
  readonly driftPpm?: number;
}

/**
 * An ADS1299 on a clock of its own, pure: the time is what its caller says. Registers, modes and frames as in the tables
 * of SBAS499C; of what happens at the inputs the multiplexer alone.
 */
export class Ads1299Chip {
  /** Falling edges of DRDY since the start. */
  edges = 0;
  /** The source has come to its end. */
  ended = false;
  /** DRDY does not move, as where its wire is off. */
  silent = false;
  /** Bits by which the next frame comes too late, once: a clock pulse that was one too many. */
  slip = 0;
  readonly registers = Uint8Array.from(resetRegisters);
  readonly #options: EmulatedChip;
  readonly #frame = new Uint8Array(frameBytes);
  readonly #microvolts: Float64Array;
  /** Sends a frame without being asked. */
  #continuous = true;
  #nextUs = Infinity;
  #conversions = 0;

  constructor(options: EmulatedChip) {
    this.#options = options;
    this.#microvolts = new Float64Array(Math.max(options.sourceChannels, chipChannels));
    this.#reset();
  }

  /** When DRDY falls next; Infinity while nothing is converted. */
  get nextUs(): number {
    return this.#nextUs;
  }

  get rate(): number {
    return 16000 / 2 ** ((this.registers[Register.config1] as number) & 0x07);
  }

  /** The conversion that is due at `nextUs` is done. */
  convert(): void {
    if (!this.#options.source.read(this.#microvolts)) {
      this.ended = true;
      this.#nextUs = Infinity;
      return;
    }
    this.#nextUs += this.#periodUs();
    this.#conversions++;
    if (!this.silent) this.edges++;
    const frame = this.#frame;
    frame.fill(0);
    frame[0] = 0xc0;
    frame[2] = (this.registers[Register.gpio] as number) >> 4;
    for (let channel = 0; channel < chipChannels; channel++) {
      const count = this.#countOf(channel);
      frame[3 + 3 * channel] = count >> 16;
      frame[4 + 3 * channel] = count >> 8;
      frame[5 + 3 * channel] = count;
    }
  }

  /** Levels of the pins GPIO1 to 4 as somebody drives them. */
  drive(levels: number): void {
    const own = this.registers[Register.gpio] as number;
    this.registers[Register.gpio] = ((levels & 0x0f) << 4) | (own & 0x0f);
  }

  /** One selection: `bytes` go in, and what the chip sends at the same time takes their place. */
  transfer(bytes: Uint8Array, length: number, nowUs: number): void {
    const command = bytes[0] as number;
    if (command >= Opcode.readRegisters) {
      this.#access(command, bytes, length);
      return;
    }
    const data = this.#continuous ? 0 : command === Opcode.readOnce ? 1 : -1;
    for (let at = 0; at < length; at++) {
      const code = bytes[at] as number;
      if (at === 0 || data < 0) this.#obey(code, nowUs);
      bytes[at] = data >= 0 && at >= data ? this.#shifted(at - data) : 0;
    }
    this.slip = 0;
  }

  #shifted(at: number): number {
    const first = at === 0 ? 0 : (this.#frame[at - 1] ?? 0);
    return (((first << 8) | (this.#frame[at] ?? 0)) >> this.slip) & 0xff;
  }

  /** While it sends by itself it neither shows nor takes registers. */
  #access(command: number, bytes: Uint8Array, length: number): void {
    const writes = command >= Opcode.writeRegisters;
    const first = command & 0x1f;
    for (let at = 0; at < length; at++) {
      const address = first + at - 2;
      const value = bytes[at] as number;
      bytes[at] = 0;
      if (at < 2 || this.#continuous || address >= registerCount) continue;
      if (writes) this.#write(address, value);
      else bytes[at] = this.registers[address] as number;
    }
  }

  #write(address: number, value: number): void {
    const isReadOnly = [Register.id, Register.leadOffStateP, Register.leadOffStateN].some((one) => one === address);
    if (isReadOnly || address === this.#options.stuck) return;
    const own = this.registers[address] as number;
    this.registers[address] = address === Register.gpio ? (own & 0xf0) | (value & 0x0f) : value;
  }

  #obey(code: number, nowUs: number): void {
    switch (code) {
      case Opcode.reset:
        this.#reset();
        return;
      case Opcode.start:
        // The first one after a start takes four periods: its filter has to settle.
        this.#nextUs = nowUs + 4 * this.#periodUs();
        return;
      case Opcode.stop:
      case Opcode.standby:
        this.#nextUs = Infinity;
        return;
      case Opcode.readContinuously:
        this.#continuous = true;
        return;
      case Opcode.stopContinuous:
        this.#continuous = false;
    }
  }

  #reset(): void {
    const levels = (this.registers[Register.gpio] as number) & 0xf0;
    const { stuck = Register.id } = this.#options;
    const kept = this.registers[stuck] as number;
    this.registers.set(resetRegisters);
    this.registers[stuck] = kept;
    this.registers[Register.id] = this.#options.id ?? 0x3e;
    this.registers[Register.gpio] = levels | 0x0f;
    this.#continuous = true;
    this.#nextUs = Infinity;
    this.#conversions = 0;
  }

  #periodUs(): number {
    return 1e6 / this.rate / (1 + (this.#options.driftPpm ?? 0) * 1e-6);
  }

  #countOf(channel: number): number {
    const setting = this.registers[Register.channel1 + channel] as number;
    const isOn = (setting & 0x80) === 0;
    const gain = gains[(setting >> 4) & 0x07] ?? 24;
    const hasReference = ((this.registers[Register.config3] as number) & 0x80) !== 0;
    if (!isOn || !hasReference) return 0;
    const count = Math.round((this.#inputOf(channel, setting & 0x07) * gain * railCounts) / (internalReference * 1e6));
    return Math.max(-railCounts - 1, Math.min(railCounts, count));
  }

  #inputOf(channel: number, multiplexer: number): number {
    switch (multiplexer) {
      case 0:
        return (this.#microvolts[channel] as number) + this.#toneOf(channel);
      case 5:
        return this.#testSignal();
      default:
        return 0;
    }
  }

  /** The current of 31.2 Hz as a sine, as programs take it; a real one has steps. */
  #toneOf(channel: number): number {
    const setting = this.registers[Register.leadOff] as number;
    const isOn = ((this.registers[Register.leadOffP] as number) >> channel) & 1;
    if (isOn === 0 || (setting & 0x03) !== 0x02) return 0;
    const amperes = [6e-9, 24e-9, 6e-6, 24e-6][(setting >> 2) & 0x03] ?? 0;
    const volts = amperes * (this.#options.impedances?.[channel] ?? 0);
    return volts * 1e6 * Math.sin((2 * Math.PI * 31.25 * this.#conversions) / this.rate);
  }

  /** A square wave of the reference over 2400, or twice that, about once or twice a second. */
  #testSignal(): number {
    const config = this.registers[Register.config2] as number;
    if ((config & 0x10) === 0) return 0;
    const amplitude = ((config & 0x04) === 0 ? 1 : 2) * ((internalReference * 1e6) / 2400);
    const hertz = 2.048e6 / 2 ** ((config & 0x03) === 0 ? 21 : 20);
    return Math.floor((this.#conversions / this.rate) * 2 * hertz) % 2 === 0 ? amplitude : -amplitude;
  }
}
