import type { EventCounts, GreyFrame } from '../../runtime/contracts.js';
import { ChildStream } from '../child-stream.js';
import type { KeptStream, StreamListener, StreamNotice } from '../kept-stream.js';
import type { PictureSource } from '../picture-source.js';
import { SocketStream, addressText, type SocketAddress } from '../socket-stream.js';
import type { StreamLimits } from '../stream-watch.js';
import { CountFrames, type CountFrameCounts, type CountFrameOptions } from './count-frames.js';
import { createEventDecoder, type EventFormat, type EventFormatOptions } from './formats.js';

export interface EventSourceOptions extends CountFrameOptions, EventFormatOptions {
  readonly from:
    /** Program and arguments that write events to standard output, without end. */
    { readonly command: readonly [string, ...string[]] } | { readonly socket: SocketAddress };
  readonly format: EventFormat;
  /** Without a byte for so long, the stream is started again. A still scene is silent too: give it time. */
  readonly stallMs?: number | undefined;
}

/** An event sensor behind another program, as frames of counts. They are taken when `onFrames` says that there are some. */
export class EventSource implements PictureSource {
  readonly #frames: CountFrames;
  readonly #stream: KeptStream;
  #failure = '';

  constructor(options: EventSourceOptions, onFrames: () => void, onNotice: (notice: StreamNotice) => void) {
    const { from, format } = options;
    const frames = new CountFrames(createEventDecoder(format, options), options);
    this.#frames = frames;
    const limits: StreamLimits = { startUs, stallUs: (options.stallMs ?? 10_000) * 1000 };
    const listener: StreamListener = {
      onStart: () => frames.restart(),
      onBytes: (bytes, nowUs) => {
        const before = frames.counts.frames;
        frames.push(bytes, nowUs);
        if (frames.failure !== '' && frames.failure !== this.#failure) {
          const name = 'command' in from ? from.command[0] : addressText(from.socket);
          onNotice({ state: 'stalled', text: `${name} (${format}): ${frames.failure}` });
        }
        this.#failure = frames.failure;
        if (frames.counts.frames !== before) onFrames();
      },
      onEnd: () => '',
      onNotice,
    };
    this.#stream =
      'command' in from
        ? new ChildStream(from.command, limits, listener)
        : new SocketStream(from.socket, limits, listener);
  }

  /** Frames, and what the decoder counts since the stream was last started. */
  get counts(): Readonly<CountFrameCounts & EventCounts & { restarts: number }> {
    return { ...this.#frames.decoder.counts, ...this.#frames.counts, restarts: Math.max(0, this.#stream.restarts) };
  }

  start(): void {
    this.#stream.start();
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    return this.#frames.take();
  }

  async stop(): Promise<void> {
    await this.#stream.stop();
  }
}

/** Sensors load their firmware first. */
const startUs = 10_000_000;
