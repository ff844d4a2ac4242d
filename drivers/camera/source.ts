import type { GreyFrame } from '../../runtime/contracts.js';
import { ChildStream } from '../child-stream.js';
import type { StreamListener, StreamNotice } from '../kept-stream.js';
import type { PictureSource } from '../picture-source.js';
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

export interface CameraNotice {
  readonly state: StreamNotice['state'] | 'frozen';
  readonly text: string;
}

/** A camera behind another program. Frames are taken when `onFrames` says that there are some. */
export class CameraSource implements PictureSource {
  readonly #reader: FrameReader;
  readonly #stream: ChildStream;
  /** When the last frame came that was not frozen, and whether it was told that none has come since. */
  #freshUs = 0;
  #toldFrozen = false;

  constructor(options: CameraOptions, onFrames: () => void, onNotice: (notice: CameraNotice) => void) {
    const reader = new FrameReader(options, options.waiting);
    this.#reader = reader;
    const { frameBytes } = frameLayout(options);
    const stallUs = (options.stallMs ?? 2000) * 1000;
    const [program] = options.command;
    const listener: StreamListener = {
      onStart: () => reader.restart(),
      onBytes: (bytes, nowUs) => {
        const { frames, frozen } = reader.counts;
        reader.push(bytes, nowUs);
        const came = reader.counts.frames - frames;
        const fresh = came - (reader.counts.frozen - frozen);
        if (fresh > 0) {
          this.#freshUs = nowUs;
          if (this.#toldFrozen) onNotice({ state: 'delivering', text: `${program} delivers new frames again.` });
          this.#toldFrozen = false;
          onFrames();
        } else if (came > 0 && !this.#toldFrozen && nowUs - this.#freshUs > stallUs) {
          this.#toldFrozen = true;
          const text = `${program} delivers the same frame again and again. Is the lens covered, or does the camera hang?`;
          onNotice({ state: 'frozen', text });
        }
      },
      onEnd: () => {
        const left = reader.restart();
        return left === 0
          ? ''
          : `Its last ${left} bytes are no whole frame of ${frameBytes} (${options.pixels}, ${options.width}x${options.height}).`;
      },
      onNotice,
    };
    this.#stream = new ChildStream(options.command, { startUs, stallUs }, listener);
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
