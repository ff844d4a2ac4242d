import { randomUUID } from 'node:crypto';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { monotonicUs } from '../../runtime/monotonic.js';
import {
  discoveryAddresses,
  discoveryPort,
  feedAnswer,
  isAskedFor,
  writeShortInfo,
  type ShortInfo,
} from './protocol.js';

/** What is offered: all but what the feed itself finds out. */
export type FeedDescription = Omit<ShortInfo, 'uid' | 'port' | 'servicePort'>;

/**
 * A stream that is offered to whoever asks: found by its name, type or format, read by as many as want. Who does not read
 * is let go before much waits for him. Times are those of CLOCK_MONOTONIC, which liblsl reckons with too, and are told to
 * readers on other machines who compare their clocks.
 */
export class LslFeed {
  readonly #info: ShortInfo;
  /** The two samples by which a reader knows that he reads what was written. */
  readonly #patterns: readonly Uint8Array[];
  readonly #server: Server;
  readonly #search: DatagramSocket;
  readonly #service: DatagramSocket;
  readonly #readers = new Set<Socket>();

  private constructor(
    info: ShortInfo,
    patterns: readonly Uint8Array[],
    sockets: [Server, DatagramSocket, DatagramSocket],
  ) {
    this.#info = info;
    this.#patterns = patterns;
    [this.#server, this.#search, this.#service] = sockets;
    this.#server.on('connection', (reader) => this.#serve(reader));
    for (const socket of [this.#search, this.#service]) {
      socket.on('message', (message, { address, port }) =>
        this.#answer(socket, message.toString('latin1'), address, port),
      );
      socket.on('error', () => undefined); // an answer that could not be sent: it is asked for again
    }
  }

  static async open(
    description: FeedDescription,
    patterns: readonly Uint8Array[],
    port = discoveryPort,
  ): Promise<LslFeed> {
    const server = createServer();
    const [search, service] = [createSocket({ type: 'udp4', reuseAddr: true }), createSocket('udp4')];
    try {
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '0.0.0.0', resolve));
      await new Promise<void>((resolve, reject) => service.once('error', reject).bind(0, resolve));
      await new Promise<void>((resolve, reject) => search.once('error', reject).bind(port, resolve));
    } catch (error) {
      server.close();
      search.close();
      service.close();
      throw error;
    }
    for (const address of discoveryAddresses.filter((one) => /^2(2[4-9]|3\d)\./.test(one))) {
      try {
        search.addMembership(address);
      } catch {
        continue; // a machine without a network has no multicast; it is still found on itself
      }
    }
    const address = server.address();
    const info: ShortInfo = {
      ...description,
      uid: randomUUID(),
      port: typeof address === 'object' && address !== null ? address.port : 0,
      servicePort: service.address().port,
    };
    return new LslFeed(info, patterns, [server, search, service]);
  }

  get readers(): number {
    return this.#readers.size;
  }

  send(sample: Uint8Array): void {
    for (const reader of this.#readers) {
      if (reader.writableLength > mostWaiting) reader.destroy();
      else reader.write(sample);
    }
  }

  close(): void {
    for (const reader of this.#readers) reader.destroy();
    this.#server.close();
    this.#search.close();
    this.#service.close();
  }

  #answer(socket: DatagramSocket, message: string, address: string, port: number): void {
    const receivedUs = monotonicUs();
    const [method, query = '', back = ''] = message.split('\r\n');
    if (method === 'LSL:shortinfo') {
      const [returnPort = NaN, id = ''] = back.split(' ');
      const to = Number(returnPort);
      if (!isAskedFor(query, this.#info) || !(to > 0 && to < 65536)) return;
      socket.send(`${id}\r\n${writeShortInfo(this.#info)}`, to, address);
    } else if (method === 'LSL:timedata' && socket === this.#service) {
      const asked = /^(\d+) ([\d.e+-]+)$/.exec(query.trim());
      if (!asked) return;
      const seconds = (us: number): string => (us / 1e6).toFixed(9);
      socket.send(` ${asked[1]} ${asked[2]} ${seconds(receivedUs)} ${seconds(monotonicUs())}`, port, address);
    }
  }

  #serve(reader: Socket): void {
    let request = '';
    const forget = (): void => void this.#readers.delete(reader);
    reader.setNoDelay(true);
    reader.on('error', forget).on('close', forget);
    reader.on('data', (bytes) => {
      if (this.#readers.has(reader)) return;
      request += bytes.toString('latin1');
      if (request.length > longestRequest) reader.destroy();
      else if (request.startsWith('LSL:fullinfo\r\n')) reader.end(writeShortInfo(this.#info));
      else if (request.endsWith('\r\n\r\n')) this.#begin(reader, request);
    });
  }

  #begin(reader: Socket, request: string): void {
    const uid = /^LSL:streamfeed\/1\d\d ?(\S*)\r\n/.exec(request)?.[1];
    if (uid === undefined || (uid !== '' && uid !== this.#info.uid)) {
      reader.end('LSL/110 404 Not found\r\n\r\n');
      return;
    }
    reader.write(feedAnswer(this.#info.uid));
    for (const pattern of this.#patterns) reader.write(pattern);
    this.#readers.add(reader);
  }
}

const mostWaiting = 1 << 20;
const longestRequest = 16384;
