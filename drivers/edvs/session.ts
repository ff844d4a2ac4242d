import { modeCommand, startCommand, stopCommand, type Firmware, type TimestampMode } from './protocol.js';

/**
 * The start-up dialogue with an eDVS, pure: stop, select the mode, start; events begin behind the echo of the start.
 * Time is an argument; the caller writes `outgoing` and empties it.
 */
export class EdvsSession {
  outgoing = '';
  streaming = false;
  /** What keeps events from coming, in one line; or the empty string. */
  notice = '';
  readonly #mode: TimestampMode;
  readonly #firmware: Firmware;
  /** How much of the echo has come. */
  #matched = 0;
  #askAgainUs = 0;
  #asked = 0;

  /** Throws where the firmware has no such mode. */
  constructor(mode: TimestampMode, firmware: Firmware) {
    if (modeCommand(mode, firmware) === undefined)
      throw new RangeError(`timestamps: ${mode} is not known to old firmware. Use none, 16bit, 24bit or 32bit.`);
    this.#mode = mode;
    this.#firmware = firmware;
  }

  open(nowUs: number): void {
    this.streaming = false;
    this.notice = '';
    this.#asked = 0;
    this.#ask(nowUs);
  }

  /** Returns where events begin, or −1 while they have not. */
  push(bytes: Uint8Array, length: number): number {
    for (let at = 0; at < length && !this.streaming; at++) {
      const byte = bytes[at] as number;
      if (byte === 0x0d) continue; // some boards end lines with both
      this.#matched = byte === startCommand.charCodeAt(this.#matched) ? this.#matched + 1 : Number(byte === 0x45);
      if (this.#matched < startCommand.length) continue;
      this.streaming = true;
      this.notice = '';
      return at + 1;
    }
    return this.streaming ? 0 : -1;
  }

  /** To be called now and then: asks again where no answer came. */
  tick(nowUs: number): void {
    if (this.streaming || nowUs < this.#askAgainUs) return;
    this.#ask(nowUs);
    this.notice = `no answer from the eDVS (asked ${this.#asked} times). Is it this port, this baud rate, and is it on?`;
  }

  #ask(nowUs: number): void {
    this.#asked++;
    this.#matched = 0;
    this.#askAgainUs = nowUs + answerUs;
    this.outgoing = `${stopCommand}${modeCommand(this.#mode, this.#firmware) ?? ''}${startCommand}`;
  }
}

/** It answers within milliseconds; what it still sends of an old stream takes longer. */
const answerUs = 1_000_000;
