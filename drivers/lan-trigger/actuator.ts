import { closeSync, writeSync } from 'node:fs';
import { constants as system } from 'node:os';
import type { Actuator, Command, Condition, HardLimits, Started } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { startLastRest } from '../last-rest.js';
import { bind, connect, errno, getsockname, getsockopt, nativeBytes, poll, socket } from '../serial/libc.js';
import { TriggerState } from '../trigger-state.js';
import { payload, socketAddress } from './protocol.js';

export interface LanTriggerPlan {
  readonly use: 'lan-trigger';
  /** IPv4: a name would need another machine at night. */
  readonly address: string;
  readonly port: number;
  /** Datagram at the start of a stimulus, by variant: a byte or a text. */
  readonly codes: readonly (number | string)[];
  /** Datagram at its end; without it the device ends the pulse itself. */
  readonly restCode?: number | string;
}

/** Those of the serial trigger: the same devices hang on it. */
export const lanTriggerLimits: HardLimits = {
  intervalUs: 400e3,
  durationUs: 1e6,
  perMinute: 60,
  perHour: 1200,
  perNight: 6000,
};

/** A connected socket, and one that is connected to itself and takes the datagrams of a sham. */
export interface LanTriggerHandle {
  readonly descriptor: number;
  readonly sham: number;
  /** The process that says rest when the guardian is gone; 0 where the device ends each pulse itself. */
  readonly lastRest: number;
}

/** One UDP datagram starts a stimulus, another one ends it; written by the thread that fires, past the event loop. */
export class LanTrigger implements Actuator {
  readonly #where: string;
  readonly #handle: LanTriggerHandle;
  readonly #state: TriggerState;
  readonly #starts: readonly Uint8Array[];
  readonly #end: Uint8Array | undefined;
  readonly #codes: readonly (number | string)[];
  #start: Uint8Array | undefined;
  #fault = '';
  #faultUs = -Infinity;

  constructor({ address, port, codes, restCode }: LanTriggerPlan, handle: LanTriggerHandle, active: Int32Array) {
    this.#where = `${address}:${port}`;
    this.#handle = handle;
    this.#codes = codes;
    this.#starts = codes.map(payload);
    this.#end = restCode === undefined ? undefined : payload(restCode);
    this.#state = new TriggerState(active, (condition, starts) => this.#send(condition, starts));
  }

  /** Throws where there is no way to the address. Says rest. */
  static open({ address, port, restCode }: LanTriggerPlan): LanTriggerHandle {
    const descriptor = udpSocket();
    const to = native(socketAddress(address, port) ?? new Uint8Array(addressBytes));
    if (connect(descriptor, to.pointer, addressBytes) !== 0) {
      const reason = errorText(errno());
      closeSync(descriptor);
      throw new Error(`${address}:${port}: cannot be reached (${reason}). Check the network, or actuators.*.address.`);
    }
    const sham = socketToItself();
    if (restCode === undefined) return { descriptor, sham, lastRest: 0 };
    sendTwice(descriptor, payload(restCode));
    return { descriptor, sham, lastRest: startLastRest(descriptor, payload(restCode)) };
  }

  /**
   * Sends the rest datagram where there is one, and asks for what the network has answered since. An answer that nobody
   * listens comes at once, one that nobody is there after seconds; silence proves nothing.
   */
  check(): readonly string[] {
    const { descriptor } = this.#handle;
    if (this.#end && this.#state.isAtRest) {
      this.#hear();
      try {
        writeSync(descriptor, this.#end);
      } catch (error) {
        this.#complain(error instanceof Error && 'errno' in error ? -Number(error.errno) : 0);
      }
      waitForError(descriptor);
    }
    this.#hear();
    return monotonicUs() - this.#faultUs < faultLastsUs ? [this.#fault] : [];
  }

  fire({ command, variant }: Command, condition: Condition): Started {
    this.#start = this.#starts[variant];
    if (!this.#start) throw new Error(`${this.#where}: there is no code for variant ${variant}`);
    const atUs = this.#state.start(condition);
    return {
      atUs,
      evidence: `datagram ${this.#codes[variant] as number | string} to ${this.#where} for command ${command}`,
    };
  }

  rest(): void {
    this.#state.end();
  }

  isAtRest(): boolean {
    return this.#state.isAtRest;
  }

  close(): void {
    if (this.#handle.lastRest > 0) process.kill(this.#handle.lastRest, 'SIGKILL');
    closeSync(this.#handle.descriptor);
    closeSync(this.#handle.sham);
  }

  #send(condition: Condition, starts: boolean): void {
    const bytes = starts ? this.#start : this.#end;
    if (!bytes) return;
    const descriptor = condition === 'real' ? this.#handle.descriptor : this.#handle.sham;
    if (starts) send(descriptor, bytes);
    else sendTwice(descriptor, bytes);
  }

  #hear(): void {
    const error = pendingError(this.#handle.descriptor);
    if (error !== 0) this.#complain(error);
  }

  #complain(error: number): void {
    this.#faultUs = monotonicUs();
    this.#fault = `${this.#where}: ${errorText(error)}. Switch the device on, or correct actuators.*.address and port.`;
  }
}

// ── Sockets ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function udpSocket(): number {
  const descriptor = socket(internet, datagram | nonBlocking | closeOnExec, 0);
  if (descriptor < 0) throw new Error(`lan-trigger: no socket (${errorText(errno())}).`);
  return descriptor;
}

/** What is sent to it is never read; once it is full, what comes is dropped. */
function socketToItself(): number {
  const descriptor = udpSocket();
  const own = native(socketAddress('127.0.0.1', 0) ?? new Uint8Array(addressBytes));
  const length = native(Uint8Array.of(addressBytes, 0, 0, 0));
  const made =
    bind(descriptor, own.pointer, addressBytes) === 0 &&
    getsockname(descriptor, own.pointer, length.pointer) === 0 &&
    connect(descriptor, own.pointer, addressBytes) === 0;
  if (!made) throw new Error(`lan-trigger: no loopback socket for shams (${errorText(errno())}).`);
  return descriptor;
}

function send(descriptor: number, bytes: Uint8Array): void {
  if (writeSync(descriptor, bytes) !== bytes.length) throw new Error('took no datagram');
}

/** The answer to an earlier datagram comes as an error of this one, which then is not sent: an end is sent all the same. */
function sendTwice(descriptor: number, bytes: Uint8Array): void {
  try {
    send(descriptor, bytes);
  } catch {
    send(descriptor, bytes);
  }
}

/** What the network has answered to datagrams before this; 0 for nothing. Hearing clears it. */
function pendingError(descriptor: number): number {
  valueLength.bytes[0] = 4;
  getsockopt(descriptor, socketLevel, socketError, value.pointer, valueLength.pointer);
  return words.getInt32(0, true);
}

function waitForError(descriptor: number): void {
  words.setInt32(0, descriptor, true);
  words.setInt32(4, 0, true);
  poll(value.pointer, 1, answerMs); // errors need not be asked for
}

function native(bytes: Uint8Array): ReturnType<typeof nativeBytes> {
  const memory = nativeBytes(bytes.length);
  memory.bytes.set(bytes);
  return memory;
}

function errorText(error: number): string {
  const known: Partial<Record<number, string>> = {
    [system.errno.ECONNREFUSED]: 'nobody listens there',
    [system.errno.EHOSTUNREACH]: 'there is no such device on the network',
    [system.errno.ENETUNREACH]: 'there is no way to its network',
    [system.errno.ENETDOWN]: 'the network is down',
  };
  return known[error] ?? `error ${error}`;
}

const value = nativeBytes(8);
const words = new DataView(value.bytes.buffer, value.bytes.byteOffset, 8);
const valueLength = native(Uint8Array.of(4, 0, 0, 0));
const addressBytes = 16;
const internet = 2;
const datagram = 2;
const nonBlocking = 0o4000;
const closeOnExec = 0o2000000;
const socketLevel = 1;
const socketError = 4;
/** A device on the same network answers sooner. */
const answerMs = 20;
/** Longer than the kernel looks for a device before it says that there is none. */
const faultLastsUs = 10e6;
