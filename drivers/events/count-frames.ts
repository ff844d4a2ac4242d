import type { EventDecoder, GreyFrame } from '../../runtime/contracts.js';
import { createEventBlock } from './event-block.js';
import { HotPixelFilter, RefractoryFilter, type EventFilter } from './event-filters.js';
import { EventWindow, sampleCounts, type WindowRule } from './event-window.js';
import type { HotPixels } from './hot-pixel-file.js';

export interface CountFrameOptions {
  readonly window: WindowRule;
  /** Size of a frame: so many pixels of the sensor are looked at. */
  readonly columns: number;
  readonly rows: number;
  readonly hotPixels?: HotPixels | undefined;
  readonly refractoryUs?: number | undefined;
  /** Frames kept for a consumer that is late; then the oldest is dropped. */
  readonly waiting?: number | undefined;
}

export interface CountFrameCounts {
  /** Windows that were whole. */
  frames: number;
  /** Of these, dropped because they were not taken in time. */
  dropped: number;
}

/**
 * Frames of counts, a window a frame, from the bytes of an event sensor: what a recogniser of places takes. Pure; after
 * the size of the sensor is known it allocates nothing.
 */
export class CountFrames {
  readonly counts: CountFrameCounts = { frames: 0, dropped: 0 };
  readonly decoder: EventDecoder;
  readonly #options: CountFrameOptions;
  readonly #block = createEventBlock(4096);
  readonly #ring: GreyFrame[];
  #taken: GreyFrame;
  #next = 0;
  #filling = 0;
  #window: EventWindow | undefined;
  #filters: readonly EventFilter[] = [];
  #failure = '';
  /** Times of frames never go back. */
  #lastUs = -Infinity;

  constructor(decoder: EventDecoder, options: CountFrameOptions) {
    this.decoder = decoder;
    this.#options = options;
    this.#ring = Array.from({ length: (options.waiting ?? 4) + 1 }, () => emptyFrame(options));
    this.#taken = emptyFrame(options);
  }

  /** Why no frames come, in one line; or the empty string. */
  get failure(): string {
    return this.decoder.failure || this.#failure;
  }

  /** Another stream begins; what was counted of a window is void. */
  restart(): void {
    this.decoder.reset();
    this.#failure = '';
    this.#window?.restart();
    for (const filter of this.#filters) filter.reset();
  }

  push(bytes: Uint8Array, nowUs: number): void {
    const block = this.#block;
    for (let at = 0; at < bytes.length;) {
      block.events = 0;
      at = this.decoder.push(bytes, at, bytes.length, block);
      if (block.events > 0) this.#count(nowUs);
    }
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    if (this.#next === this.#filling) return undefined;
    const place = this.#next % this.#ring.length;
    const taken = this.#ring[place] as GreyFrame;
    this.#ring[place] = this.#taken;
    this.#taken = taken;
    this.#next++;
    return taken;
  }

  #count(nowUs: number): void {
    this.#window ??= this.#open();
    const window = this.#window;
    const block = this.#block;
    if (!window) return;
    for (const filter of this.#filters) filter.apply(block);
    for (let at = 0; at < block.events;) {
      at = window.add(block, at);
      if (!window.complete) continue;
      const newestUs = block.timeUs[block.events - 1] as number;
      this.#finish(window, nowUs - Math.max(0, newestUs - (window.beginUs + window.endUs) / 2));
      window.clear();
    }
  }

  /** The first events have come: by now the size of the sensor is known, if anything tells it. */
  #open(): EventWindow | undefined {
    const { width, height } = this.decoder;
    const { hotPixels, refractoryUs, window } = this.#options;
    if (width === 0 || height === 0) {
      this.#failure = 'the stream does not tell the size of the sensor. Set it: size: 1280x720.';
      return undefined;
    }
    if (hotPixels && (hotPixels.width !== width || hotPixels.height !== height)) {
      this.#failure = `the hot pixels are of a sensor of ${hotPixels.width}x${hotPixels.height}, this one has ${width}x${height}. Learn them anew.`;
      return undefined;
    }
    this.#filters = [
      ...(hotPixels ? [new HotPixelFilter(width, height, hotPixels.pixels)] : []),
      ...(refractoryUs === undefined ? [] : [new RefractoryFilter(width, height, refractoryUs)]),
    ];
    return new EventWindow(width, height, window);
  }

  #finish(window: EventWindow, middleUs: number): void {
    const { columns, rows } = this.#options;
    const frame = this.#ring[this.#filling % this.#ring.length] as GreyFrame;
    sampleCounts(window, columns, rows, frame.pixels);
    frame.sequence = window.index;
    frame.frameUs = Math.max(middleUs, this.#lastUs);
    this.#lastUs = frame.frameUs;
    this.#filling++;
    this.counts.frames++;
    if (this.#filling - this.#next === this.#ring.length) {
      this.#next++;
      this.counts.dropped++;
    }
  }
}

function emptyFrame({ columns, rows }: CountFrameOptions): GreyFrame {
  return { width: columns, height: rows, pixels: new Uint8Array(columns * rows), sequence: 0, frameUs: 0 };
}
