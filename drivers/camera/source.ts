import type { GreyFrame } from '../../runtime/contracts.js';
import { ChildStream, type ChildNotice } from '../child-stream.js';
import { FrameReader, type FrameCounts } from './frame-reader.js';
import { frameLayout, type FrameFormat } from './pixels.js';

export interface CameraOptions extends FrameFormat {
  /** Program and arguments that write raw frames to standard output, without end. */
  readonly command: readonly [string, ...string[]];
  /** Without a byte for so long, the program is started again. */
  readonly stallMs?: number | undefined;
  /** Frames kept for a consumer that is late; then the oldest is dropped. */
  readonly waiting?: number | undefined;
}

/** A camera behind another program. Frames are taken when `onFrames` says that there are some. */
export class CameraSource {
  readonly #reader: FrameReader;
  readonly #stream: ChildStream;

  constructor(options: CameraOptions, onFrames: () => void, onNotice: (notice: ChildNotice) => void) {
    const reader = new FrameReader(options, options.waiting);
    this.#reader = reader;
    const { frameBytes } = frameLayout(options);
    this.#stream = new ChildStream({
      command: options.command,
      startUs: startUs,
      stallUs: (options.stallMs ?? 2000) * 1000,
      onStart: () => reader.restart(),
      onBytes: (bytes, nowUs) => {
        const { frames } = reader.counts;
        reader.push(bytes, nowUs);
        if (reader.counts.frames !== frames) onFrames();
      },
      onEnd: () => {
        const left = reader.restart();
        return left === 0
          ? ''
          : `Its last ${left} bytes are no whole frame of ${frameBytes} (${options.pixels}, ${options.width}x${options.height}).`;
      },
      onNotice,
    });
  }

  get counts(): Readonly<FrameCounts & { restarts: number }> {
    return { ...this.#reader.counts, restarts: Math.max(0, this.#stream.restarts) };
  }

  start(): void {
    this.#stream.start();
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    return this.#reader.take();
  }

  async stop(): Promise<void> {
    await this.#stream.stop();
  }
}

/** A camera takes seconds to start: its exposure settles before the first frame. */
const startUs = 10_000_000;
