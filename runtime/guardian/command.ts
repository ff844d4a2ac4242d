import type { Command } from '../contracts.js';
import { crc32 } from '../crc32.js';

/**
 * The records that the loop writes to the guardian: 88 bytes each, little-endian, far below PIPE_BUF, so that a write is
 * whole or not at all. Layout: magic u32, kind u32, then doubles sequence, cycle, command, fireAtUs, expiresUs, durationUs,
 * variant, gainDb, lease, then four bytes of zero and the CRC-32 of all before it. Pure.
 */
export const commandBytes = 88;

const magic = 0x32585841; // "AXX2"
const kinds = ['beat', 'fire', 'rest'] as const;

/** Puts records of one cycle in a row; allocates nothing. */
export class CommandWriter {
  readonly bytes = new Uint8Array(commandBytes * mostRecords);
  /** Bytes in use. */
  length = 0;
  readonly #view = new DataView(this.bytes.buffer);
  #sequence = 0;

  /** A new channel: sequence numbers begin again. */
  restart(): void {
    this.#sequence = 0;
    this.length = 0;
  }

  beat(cycle: number): void {
    this.#record(0, cycle, beatRecord);
  }

  rest(cycle: number): void {
    this.#record(2, cycle, beatRecord);
  }

  fire(command: Command): void {
    this.#record(1, command.cycle, command);
  }

  clear(): void {
    this.length = 0;
  }

  #record(kind: number, cycle: number, of: Omit<Command, 'kind' | 'sequence' | 'cycle'>): void {
    const at = this.length;
    if (at + commandBytes > this.bytes.length) throw new RangeError(`more than ${mostRecords} records in one cycle`);
    const view = this.#view;
    view.setUint32(at, magic, true);
    view.setUint32(at + 4, kind, true);
    view.setFloat64(at + 8, ++this.#sequence, true);
    view.setFloat64(at + 16, cycle, true);
    view.setFloat64(at + 24, of.command, true);
    view.setFloat64(at + 32, of.fireAtUs, true);
    view.setFloat64(at + 40, of.expiresUs, true);
    view.setFloat64(at + 48, of.durationUs, true);
    view.setFloat64(at + 56, of.variant, true);
    view.setFloat64(at + 64, of.gainDb, true);
    view.setFloat64(at + 72, of.lease, true);
    view.setUint32(at + 80, 0, true);
    view.setUint32(at + 84, crc32(this.bytes, at, at + 84), true);
    this.length = at + commandBytes;
  }
}

/** Reads records from a stream of bytes; refuses damage and holes for good. */
export class CommandReader {
  /** The record that `next` found; overwritten by the next one. */
  readonly command: Command = {
    kind: 'beat',
    sequence: 0,
    cycle: 0,
    command: 0,
    fireAtUs: 0,
    expiresUs: 0,
    durationUs: 0,
    variant: 0,
    gainDb: 0,
    lease: 0,
  };
  /** Why nothing more is taken from this channel, or the empty string. */
  fault = '';
  readonly #bytes = new Uint8Array(commandBytes * 64);
  readonly #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;
  #sequence = 0;

  push(bytes: Uint8Array, length: number): void {
    this.#bytes.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    if (this.#end + length > this.#bytes.length) {
      this.fault = 'more bytes than a channel holds';
      return;
    }
    for (let i = 0; i < length; i++) this.#bytes[this.#end + i] = bytes[i] as number;
    this.#end += length;
  }

  next(): boolean {
    if (this.fault !== '' || this.#end - this.#start < commandBytes) return false;
    const at = this.#start;
    const view = this.#view;
    const kind = kinds[view.getUint32(at + 4, true)];
    const sequence = view.getFloat64(at + 8, true);
    if (view.getUint32(at, true) !== magic || kind === undefined) this.fault = 'bytes that are no record';
    else if (view.getUint32(at + 84, true) !== crc32(this.#bytes, at, at + 84)) this.fault = 'a damaged record';
    else if (sequence !== this.#sequence + 1) this.fault = `record ${sequence} after ${this.#sequence}`;
    if (this.fault !== '') return false;
    this.#start += commandBytes;
    this.#sequence = sequence;
    const { command } = this;
    command.kind = kind as Command['kind'];
    command.sequence = sequence;
    command.cycle = view.getFloat64(at + 16, true);
    command.command = view.getFloat64(at + 24, true);
    command.fireAtUs = view.getFloat64(at + 32, true);
    command.expiresUs = view.getFloat64(at + 40, true);
    command.durationUs = view.getFloat64(at + 48, true);
    command.variant = view.getFloat64(at + 56, true);
    command.gainDb = view.getFloat64(at + 64, true);
    command.lease = view.getFloat64(at + 72, true);
    return true;
  }
}

/** What beats and rests carry besides their cycle. */
const beatRecord = { command: 0, fireAtUs: 0, expiresUs: 0, durationUs: 0, variant: 0, gainDb: 0, lease: 0 };

/** Commands of one cycle and a beat. */
const mostRecords = 16;
