import { setTimeout as wait } from 'node:timers/promises';
import type { GreyFrame } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import type { StreamNotice } from '../kept-stream.js';
import type { PictureSource } from '../picture-source.js';
import type { CountFrameOptions } from './count-frames.js';
import { framesOfFile, type EventFileOptions } from './event-file.js';

export interface EventFileSourceOptions extends CountFrameOptions, EventFileOptions {
  readonly file: string;
  readonly window: { readonly durationUs: number };
}

/** A file of events as if its sensor were here: each frame comes when its window ends. Told once that the file is over. */
export class EventFileSource implements PictureSource {
  readonly counts = { dropped: 0, restarts: 0 };
  readonly #options: EventFileSourceOptions;
  readonly #onFrames: () => void;
  readonly #onNotice: (notice: StreamNotice) => void;
  readonly #stop = new AbortController();
  #frame: GreyFrame | undefined;
  #played: Promise<void> = Promise.resolve();

  constructor(options: EventFileSourceOptions, onFrames: () => void, onNotice: (notice: StreamNotice) => void) {
    this.#options = options;
    this.#onFrames = onFrames;
    this.#onNotice = onNotice;
  }

  start(): void {
    this.#played = this.#play();
  }

  take(): GreyFrame | undefined {
    const frame = this.#frame;
    this.#frame = undefined;
    return frame;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#played;
  }

  async #play(): Promise<void> {
    const { file, window } = this.#options;
    const { signal } = this.#stop;
    /** From the sensor's clock to this machine's. */
    let offsetUs = NaN;
    try {
      this.#onNotice({ state: 'delivering', text: `${file} is played.` });
      for await (const frame of framesOfFile(file, this.#options)) {
        const overUs = frame.frameUs + window.durationUs / 2;
        if (Number.isNaN(offsetUs)) offsetUs = monotonicUs() - overUs;
        const leftMs = (overUs + offsetUs - monotonicUs()) / 1000;
        if (leftMs > 0) await wait(leftMs, undefined, { signal });
        signal.throwIfAborted();
        frame.frameUs += offsetUs;
        this.#frame = frame;
        this.#onFrames();
      }
      this.#onNotice({ state: 'over', text: `${file} is over.` });
    } catch (error) {
      if (!signal.aborted)
        this.#onNotice({ state: 'over', text: error instanceof Error ? error.message : String(error) });
    }
  }
}
