import { randomUUID } from 'node:crypto';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { monotonicUs } from '../../runtime/monotonic.js';
import {
  discoveryPort,
  feedAnswer,
  testOffsets,
  testPattern,
  testTimestamp,
  writeSample,
  writeShortInfo,
  type ShortInfo,
} from './protocol.js';

export interface OutletOptions {
  readonly stream: string;
  readonly channels: number;
  readonly rate: number;
  /** Microvolts of all channels, sample by sample; false at the end. */
  readonly source: { read(frame: Float64Array): boolean };
  readonly sourceChannels: number;
  readonly onEnd: () => void;
  readonly port?: number;
}

/** An emulated outlet of the lab streaming layer: found by its name, float32, a few samples at a time, as senders do. */
export class LslOutlet {
  readonly counts = { frames: 0 };
  readonly #options: OutletOptions;
  readonly #server: Server;
  readonly #search: DatagramSocket;
  readonly #clients = new Set<Socket>();
  readonly #frame: Float64Array;
  readonly #uid = randomUUID();
  #info: ShortInfo | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beganUs = NaN;

  private constructor(options: OutletOptions) {
    this.#options = options;
    this.#frame = new Float64Array(Math.max(options.sourceChannels, options.channels));
    this.#server = createServer((client) => this.#serve(client));
    this.#search = createSocket({ type: 'udp4', reuseAddr: true });
    this.#search.on('message', (message, { address }) => this.#answer(message.toString('latin1'), address));
  }

  static async open(options: OutletOptions): Promise<LslOutlet> {
    const outlet = new LslOutlet(options);
    await new Promise<void>((resolve, reject) => {
      outlet.#server.once('error', reject).listen(0, '0.0.0.0', resolve);
    });
    const address = outlet.#server.address();
    const { stream: name, channels, rate } = options;
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    outlet.#info = { ...{ name, channels, rate, port }, type: 'EEG', format: 'float32', uid: outlet.#uid };
    await new Promise<void>((resolve, reject) => {
      outlet.#search.once('error', reject).bind(options.port ?? discoveryPort, resolve);
    });
    return outlet;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const client of this.#clients) client.destroy();
    this.#server.close();
    this.#search.close();
  }

  /** Of the queries alone that ask for a name; another reads as if it asked for everything. */
  #answer(message: string, address: string): void {
    const [method, query = '', back = ''] = message.split('\r\n');
    const name = /name='([^']*)'/.exec(query)?.[1];
    const [port, id = ''] = back.split(' ');
    if (method !== 'LSL:shortinfo' || !this.#info || (name !== undefined && name !== this.#info.name)) return;
    this.#search.send(`${id}\r\n${writeShortInfo(this.#info)}`, Number(port), address);
  }

  #serve(client: Socket): void {
    let request = '';
    client.setNoDelay(true);
    client.on('error', () => this.#clients.delete(client)).on('close', () => this.#clients.delete(client));
    client.on('data', (bytes) => {
      request += bytes.toString('latin1');
      if (!request.endsWith('\r\n\r\n') || this.#clients.has(client)) return;
      const uid = /^LSL:streamfeed\/110 (\S*)\r\n/.exec(request)?.[1];
      if (uid === undefined || (uid !== '' && uid !== this.#uid)) {
        client.end('LSL/110 404 Not found');
        return;
      }
      client.write(feedAnswer(this.#uid));
      for (const offset of testOffsets) {
        const values = Array.from({ length: this.#options.channels }, (_, channel) =>
          testPattern('float32', channel, offset),
        );
        client.write(writeSample(values, testTimestamp));
      }
      this.#clients.add(client);
      if (Number.isNaN(this.#beganUs)) {
        this.#beganUs = monotonicUs();
        this.#stream();
      }
    });
  }

  /** All that is due: the first with its time, the others deduced from it. */
  #stream(): void {
    const { rate, source, channels, onEnd } = this.#options;
    const due = ((monotonicUs() - this.#beganUs) / 1e6) * rate;
    for (let isFirst = true; this.counts.frames < due; isFirst = false) {
      if (!source.read(this.#frame)) {
        onEnd();
        return;
      }
      const stamp = this.#beganUs / 1e6 + this.counts.frames++ / rate;
      const sample = writeSample(this.#frame.subarray(0, channels), isFirst ? stamp : undefined);
      for (const client of this.#clients) client.write(sample);
    }
    this.#timer = setTimeout(() => this.#stream(), chunkMs);
  }
}

const chunkMs = 16;
