import type { EventCounts, GreyFrame } from '../../runtime/contracts.js';
import { ChildStream, type ChildNotice } from '../child-stream.js';
import { CountFrames, type CountFrameCounts, type CountFrameOptions } from './count-frames.js';
import { createEventDecoder, type EventFormat, type EventFormatOptions } from './formats.js';

export interface EventSourceOptions extends CountFrameOptions, EventFormatOptions {
  /** Program and arguments that write events to standard output, without end. */
  readonly command: readonly [string, ...string[]];
  readonly format: EventFormat;
  /** Without a byte for so long, the program is started again. A still scene is silent too: give it time. */
  readonly stallMs?: number | undefined;
}

/** An event sensor behind another program, as frames of counts. They are taken when `onFrames` says that there are some. */
export class EventSource {
  readonly #frames: CountFrames;
  readonly #stream: ChildStream;
  #failure = '';

  constructor(options: EventSourceOptions, onFrames: () => void, onNotice: (notice: ChildNotice) => void) {
    const frames = new CountFrames(createEventDecoder(options.format, options), options);
    this.#frames = frames;
    this.#stream = new ChildStream({
      command: options.command,
      startUs,
      stallUs: (options.stallMs ?? 10_000) * 1000,
      onStart: () => frames.restart(),
      onBytes: (bytes, nowUs) => {
        const before = frames.counts.frames;
        frames.push(bytes, nowUs);
        if (frames.failure !== '' && frames.failure !== this.#failure)
          onNotice({ state: 'stalled', text: `${options.command[0]} (${options.format}): ${frames.failure}` });
        this.#failure = frames.failure;
        if (frames.counts.frames !== before) onFrames();
      },
      onEnd: () => '',
      onNotice,
    });
  }

  /** Frames, and what the decoder counts since the program was last started. */
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
