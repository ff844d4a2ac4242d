import type { EventCounts, GreyFrame, Transport } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { CountFrames, type CountFrameCounts, type CountFrameOptions } from '../events/count-frames.js';
import type { StreamNotice } from '../kept-stream.js';
import type { PictureSource } from '../picture-source.js';
import { openSerialLine, type SerialLine } from '../serial/line.js';
import { openSerialTransport } from '../serial/transport.js';
import { EdvsDecoder } from './decoder.js';
import { stopCommand, type Firmware, type TimestampMode } from './protocol.js';
import { EdvsSession } from './session.js';

export interface EdvsOptions extends CountFrameOptions {
  readonly port: string;
  /** 4 000 000 as shipped; 12 000 000 over its USB. */
  readonly baud?: number | undefined;
  readonly timestamps?: TimestampMode | undefined;
  readonly firmware?: Firmware | undefined;
  /** Some boards send the column first. */
  readonly columnFirst?: boolean | undefined;
}

/** An eDVS on a serial port, as frames of counts. A port that goes away is opened again when it is back. */
export class EdvsSource implements PictureSource {
  readonly #options: EdvsOptions;
  readonly #frames: CountFrames;
  readonly #decoder: EdvsDecoder;
  readonly #session: EdvsSession;
  readonly #onFrames: () => void;
  readonly #onNotice: (notice: StreamNotice) => void;
  readonly #bytes = new Uint8Array(4096);
  #port: { readonly line: SerialLine; readonly transport: Transport } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #told = '';
  /** How often the port was opened, less one. */
  #restarts = -1;

  constructor(options: EdvsOptions, onFrames: () => void, onNotice: (notice: StreamNotice) => void) {
    const mode = options.timestamps ?? '32bit';
    this.#options = options;
    this.#decoder = new EdvsDecoder(mode, options.columnFirst);
    this.#frames = new CountFrames(this.#decoder, options);
    this.#session = new EdvsSession(mode, options.firmware ?? 'new');
    this.#onFrames = onFrames;
    this.#onNotice = onNotice;
  }

  get counts(): Readonly<CountFrameCounts & EventCounts & { restarts: number }> {
    return { ...this.#decoder.counts, ...this.#frames.counts, restarts: Math.max(0, this.#restarts) };
  }

  start(): void {
    void this.#open();
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    return this.#frames.take();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#port?.transport.write(Buffer.from(stopCommand), stopCommand.length);
    await this.#close();
  }

  async #open(): Promise<void> {
    const { port, baud } = this.#options;
    try {
      const line = await openSerialLine(port, baud ?? 4_000_000, true);
      this.#port = { line, transport: openSerialTransport(port) };
      this.#session.open(monotonicUs());
      this.#restarts++;
    } catch (error) {
      this.#tell('missing', error instanceof Error ? error.message : String(error));
    }
    if (this.#stopped) await this.#close();
    else if (this.#port) this.#read();
    else this.#timer = setTimeout(() => void this.#open(), openAgainMs);
  }

  /** Takes what has come, and comes again before the system's buffer is full: it holds 10 ms of 4 Mbaud. */
  #read(): void {
    const transport = this.#port?.transport;
    if (!transport) return;
    for (let length = transport.read(this.#bytes, 0); length !== 0; length = transport.read(this.#bytes, 0)) {
      if (length < 0) {
        this.#tell('missing', `${this.#options.port}: the port has gone. Is the eDVS plugged in? It is opened again.`);
        void this.#close().then(() => this.#open());
        return;
      }
      this.#take(this.#bytes.subarray(0, length));
    }
    this.#session.tick(monotonicUs());
    if (this.#session.notice !== '') this.#tell('stalled', `${this.#options.port}: ${this.#session.notice}`);
    if (this.#session.outgoing !== '') {
      transport.write(Buffer.from(this.#session.outgoing), this.#session.outgoing.length);
      this.#session.outgoing = '';
    }
    this.#timer = setTimeout(() => this.#read(), readMs);
  }

  async #close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    port?.transport.close();
    await port?.line.close();
  }

  #take(bytes: Uint8Array): void {
    const nowUs = monotonicUs();
    const waiting = !this.#session.streaming;
    const from = this.#session.push(bytes, bytes.length);
    if (from < 0) return;
    if (waiting) {
      this.#frames.restart();
      this.#tell('delivering', `${this.#options.port}: the eDVS delivers.`);
    }
    const before = this.#frames.counts.frames;
    this.#decoder.arrivalUs = nowUs;
    this.#frames.push(bytes.subarray(from), nowUs);
    if (this.#frames.failure !== '') this.#tell('stalled', `${this.#options.port}: ${this.#frames.failure}`);
    if (this.#frames.counts.frames !== before) this.#onFrames();
  }

  /** Once for each change, however often the same is seen again. */
  #tell(state: StreamNotice['state'], text: string): void {
    const same = text.replace(/\d+ times/, '') === this.#told;
    this.#told = text.replace(/\d+ times/, '');
    if (!same) this.#onNotice({ state, text });
  }
}

const readMs = 2;
const openAgainMs = 250;
