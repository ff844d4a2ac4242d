import { closeSync, writeSync } from 'node:fs';
import { constants as system } from 'node:os';
import type { Transport } from '../../runtime/contracts.js';
import {
  bind,
  connect,
  errno,
  getsockname,
  getsockopt,
  nativeBytes,
  poll,
  read,
  recvfrom,
  sendto,
  setsockopt,
  socket,
  type NativeBytes,
} from '../serial/libc.js';
import { discoveryAddresses, discoveryAnswer, discoveryPort, discoveryQuery, readShortInfo } from './protocol.js';

/**
 * A stream of the lab streaming layer as a transport: looks for it by its name, connects, and gives what it says of itself,
 * then what it sends. Never waits longer than it is told, whatever the network does. Who vanishes from the network without a
 * word is given up too, so that it is looked for again. Version 4 of the internet protocol.
 */
export function openLslTransport(stream: string, port = discoveryPort, nowMs = () => performance.now()): LslTransport {
  return new StreamTransport(stream, port, nowMs);
}

export interface LslTransport extends Transport {
  /** What is written before goes nowhere. */
  readonly isConnected: boolean;
  /** Address of whoever has the stream, once it is found. */
  readonly sender: string;
}

class StreamTransport implements LslTransport {
  readonly #stream: string;
  readonly #port: number;
  readonly #nowMs: () => number;
  readonly #address = nativeBytes(addressBytes);
  readonly #addressLength = nativeBytes(4);
  readonly #polled = nativeBytes(8);
  readonly #view: DataView;
  readonly #taken = nativeBytes(readBytes);
  /** Of the search, until it has found something; then of the connection. */
  #descriptor: number;
  #state: 'searching' | 'connecting' | 'connected' = 'searching';
  /** What the stream has said of itself, until it is read. */
  #info: Uint8Array | undefined;
  /** It has a rate: then silence is a loss. One of markers may be silent for hours. */
  #isRegular = false;
  #heardMs = NaN;
  #askedMs = -Infinity;
  #ownPort = 0;

  constructor(stream: string, port: number, nowMs: () => number) {
    this.#stream = stream;
    this.#port = port;
    this.#nowMs = nowMs;
    this.#view = new DataView(this.#polled.bytes.buffer, this.#polled.bytes.byteOffset, 8);
    this.#descriptor = open(datagrams);
    setOption(this.#descriptor, socketLevel, broadcast, 1);
    writeAddress(this.#address, '0.0.0.0', 0);
    new DataView(this.#addressLength.bytes.buffer, this.#addressLength.bytes.byteOffset).setUint32(
      0,
      addressBytes,
      true,
    );
    bind(this.#descriptor, this.#address.pointer, addressBytes);
    getsockname(this.#descriptor, this.#address.pointer, this.#addressLength.pointer);
    this.#ownPort = readPort(this.#address);
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  get sender(): string {
    return this.#address.bytes.subarray(4, 8).join('.');
  }

  read(buffer: Uint8Array, timeoutMs: number): number {
    switch (this.#state) {
      case 'searching':
        this.#search(timeoutMs);
        return 0;
      case 'connecting':
        return this.#connected(timeoutMs);
      case 'connected':
        return this.#info === undefined ? this.#receive(buffer, timeoutMs) : this.#tell(buffer, this.#info);
    }
  }

  write(bytes: Uint8Array, length: number): boolean {
    if (this.#state !== 'connected') return true; // there is nobody yet
    try {
      return writeSync(this.#descriptor, bytes, 0, length) === length;
    } catch {
      return false;
    }
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  // ── The search ────────────────────────────────────────────────────────────────────────────────────────────────────

  #search(timeoutMs: number): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#askedMs > askMs) {
      this.#askedMs = nowMs;
      this.#ask();
    }
    if (!this.#isReady(pollIn, timeoutMs)) return;
    const length = recvfrom(
      this.#descriptor,
      this.#taken.pointer,
      readBytes,
      0,
      this.#address.pointer,
      this.#addressLength.pointer,
    );
    if (length <= 0) return;
    const text = discoveryAnswer(Buffer.from(this.#taken.bytes.subarray(0, length)).toString('latin1'), queryId);
    const info = text === undefined ? undefined : readShortInfo(text);
    if (text === undefined || info?.name !== this.#stream) return;
    // Whoever answered has the stream: at the address that the answer came from.
    const stream = open(connection);
    askWhetherThere(stream);
    writePort(this.#address, info.port);
    if (connect(stream, this.#address.pointer, addressBytes) < 0 && errno() !== system.errno.EINPROGRESS) {
      closeSync(stream);
      return;
    }
    closeSync(this.#descriptor);
    this.#descriptor = stream;
    this.#info = Buffer.from(text.endsWith('\n') ? text : `${text}\n`, 'latin1');
    this.#isRegular = info.rate > 0;
    this.#heardMs = nowMs;
    this.#state = 'connecting';
  }

  /** Addresses that this machine cannot reach are left out. */
  #ask(): void {
    const query = Buffer.from(discoveryQuery(this.#stream, this.#ownPort, queryId), 'latin1');
    this.#taken.bytes.set(query);
    for (const address of discoveryAddresses) {
      writeAddress(this.#address, address, this.#port);
      sendto(this.#descriptor, this.#taken.pointer, query.length, 0, this.#address.pointer, addressBytes);
    }
  }

  // ── The connection ────────────────────────────────────────────────────────────────────────────────────────────────

  #connected(timeoutMs: number): number {
    if (!this.#isReady(pollOut, timeoutMs)) return this.#isSilent() ? -1 : 0;
    const error = nativeBytes(4);
    const length = nativeBytes(4);
    length.bytes[0] = 4;
    getsockopt(this.#descriptor, socketLevel, socketError, error.pointer, length.pointer);
    if (error.bytes.some((byte) => byte !== 0)) return -1;
    this.#heardMs = this.#nowMs();
    this.#state = 'connected';
    return 0;
  }

  #isSilent(): boolean {
    return this.#nowMs() - this.#heardMs > silenceMs;
  }

  #tell(buffer: Uint8Array, info: Uint8Array): number {
    const length = Math.min(buffer.length, info.length);
    buffer.set(info.subarray(0, length));
    this.#info = length < info.length ? info.subarray(length) : undefined;
    return length;
  }

  #receive(buffer: Uint8Array, timeoutMs: number): number {
    if (!this.#isReady(pollIn, timeoutMs)) return this.#isRegular && this.#isSilent() ? -1 : 0;
    const length = read(this.#descriptor, this.#taken.pointer, Math.min(buffer.length, readBytes));
    if (length < 0) return errno() === system.errno.EAGAIN || errno() === system.errno.EINTR ? 0 : -1;
    if (length === 0) return -1;
    this.#heardMs = this.#nowMs();
    for (let i = 0; i < length; i++) buffer[i] = this.#taken.bytes[i] as number;
    return length;
  }

  #isReady(events: number, timeoutMs: number): boolean {
    this.#view.setInt32(0, this.#descriptor, true);
    this.#view.setInt16(4, events, true);
    this.#view.setInt16(6, 0, true);
    return poll(this.#polled.pointer, 1, timeoutMs) > 0;
  }
}

function open(type: number): number {
  const descriptor = socket(internet, type | nonBlocking | closeOnExec, 0);
  if (descriptor < 0) throw new Error(`lsl: this machine gives no socket (error ${errno()}).`);
  return descriptor;
}

function setOption(descriptor: number, level: number, option: number, value: number): void {
  const { bytes, pointer } = nativeBytes(4);
  new DataView(bytes.buffer, bytes.byteOffset, 4).setInt32(0, value, true);
  setsockopt(descriptor, level, option, pointer, 4);
}

/** The kernel asks a machine that says nothing whether it is there, and closes the connection to one that does not answer. */
function askWhetherThere(stream: number): void {
  setOption(stream, socketLevel, keepAlive, 1);
  setOption(stream, tcpLevel, keepIdle, askAfterSeconds);
  setOption(stream, tcpLevel, keepInterval, 1);
  setOption(stream, tcpLevel, keepCount, goneAfterSeconds - askAfterSeconds);
  setOption(stream, tcpLevel, userTimeout, 1000 * goneAfterSeconds);
}

/** struct sockaddr_in: family in the machine's order, port and address in the network's. */
function writeAddress({ bytes }: NativeBytes, address: string, port: number): void {
  bytes.fill(0);
  bytes[0] = internet;
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  address.split('.').forEach((part, place) => (bytes[4 + place] = Number(part)));
}

function writePort({ bytes }: NativeBytes, port: number): void {
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
}

function readPort({ bytes }: NativeBytes): number {
  return ((bytes[2] as number) << 8) | (bytes[3] as number);
}

const queryId = 'axond';
const askMs = 500;
/** Of a signal; and of whoever has offered a stream and takes no connection. */
const silenceMs = 2000;
const askAfterSeconds = 5;
const goneAfterSeconds = 10;
const readBytes = 65536;
const addressBytes = 16;
// Linux: AF_INET; SOCK_DGRAM, SOCK_STREAM and their flags; SOL_SOCKET, SO_BROADCAST, SO_ERROR, SO_KEEPALIVE; IPPROTO_TCP,
// TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT; POLLIN, POLLOUT.
const internet = 2;
const datagrams = 2;
const connection = 1;
const nonBlocking = 0o4000;
const closeOnExec = 0o2000000;
const socketLevel = 1;
const broadcast = 6;
const socketError = 4;
const keepAlive = 9;
const tcpLevel = 6;
const keepIdle = 4;
const keepInterval = 5;
const keepCount = 6;
const userTimeout = 18;
const pollIn = 1;
const pollOut = 4;
