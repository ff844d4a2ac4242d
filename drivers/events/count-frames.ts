import type { EventBlock, EventDecoder, GreyFrame } from '../../runtime/contracts.js';
import { FrameRing } from '../frame-ring.js';
import { createEventBlock } from './event-block.js';
import { HotPixelFilter, RefractoryFilter, type EventFilter } from './event-filters.js';
import { EventWindow, sampleCounts, type WindowRule } from './event-window.js';
import { HotPixelSearch, type FoundHotPixels } from './hot-pixels.js';

export interface FrameRule {
  readonly window: WindowRule;
  /** Size of a frame: so many pixels of the sensor are looked at. */
  readonly columns: number;
  readonly rows: number;
  readonly refractoryUs?: number | undefined;
}

export interface CountFrameOptions extends FrameRule {
  /** Known ones are not heard. `learn`: they are looked for first, for ten seconds in which there are no frames. */
  readonly hotPixels?: FoundHotPixels | { learn(found: FoundHotPixels): void } | undefined;
  /** Frames kept for a consumer that is late; then the oldest is dropped. Else 150 ms of them, and four at least. */
  readonly waiting?: number | undefined;
}

export interface CountFrameCounts {
  /** Windows that were whole. */
  frames: number;
  /** Of these, dropped because they were not taken in time. */
  dropped: number;
}

/**
 * Frames of counts, a window a frame, from the events of a sensor: what a recogniser of places takes. Pure; after the
 * size of the sensor is known it allocates nothing.
 */
export class CountFrames {
  readonly counts: CountFrameCounts = { frames: 0, dropped: 0 };
  readonly decoder: EventDecoder;
  readonly #options: CountFrameOptions;
  readonly #block = createEventBlock(4096);
  readonly #ring: FrameRing;
  #window: EventWindow | undefined;
  #filters: readonly EventFilter[] = [];
  /** While hot pixels are looked for. */
  #search: HotPixelSearch | undefined;
  #failure = '';
  /** Times of frames never go back. */
  #lastUs = -Infinity;

  constructor(decoder: EventDecoder, options: CountFrameOptions) {
    this.decoder = decoder;
    this.#options = options;
    this.#ring = new FrameRing(options.columns, options.rows, options.waiting ?? waitingOf(options.window));
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
    if (this.#search) this.#search = new HotPixelSearch(this.#search.width, this.#search.height);
  }

  push(bytes: Uint8Array, nowUs: number): void {
    const block = this.#block;
    for (let at = 0; at < bytes.length;) {
      block.events = 0;
      at = this.decoder.push(bytes, at, bytes.length, block);
      if (block.events === 0) continue;
      this.filter(block);
      for (let event = 0; event < block.events;) event = this.count(block, event, nowUs);
    }
  }

  /** Strikes out of a block of the decoder what is not counted. */
  filter(block: EventBlock): void {
    this.#window ??= this.#open();
    for (const filter of this.#filters) filter.apply(block);
  }

  /**
   * Counts events from `from` on, until a frame is whole or the block ends; returns where it stopped. `nowUs` is when the
   * last event of the block was heard of.
   */
  count(block: EventBlock, from: number, nowUs: number): number {
    const window = this.#window;
    if (!window) return block.events;
    if (this.#search) {
      this.#look(this.#search, block);
      return block.events;
    }
    const to = window.add(block, from);
    if (!window.complete) return to;
    const newestUs = block.timeUs[block.events - 1] as number;
    this.#finish(window, nowUs - Math.max(0, newestUs - (window.beginUs + window.endUs) / 2));
    window.clear();
    return to;
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    return this.#ring.take();
  }

  /** The first events have come: by now the size of the sensor is known, if anything tells it. */
  #open(): EventWindow | undefined {
    const { width, height } = this.decoder;
    const { hotPixels, window, columns, rows } = this.#options;
    if (width === 0 || height === 0) {
      this.#failure = 'the stream does not tell the size of the sensor. Set it: size: 1280x720.';
      return undefined;
    }
    if (columns > width || rows > height) {
      this.#failure = `a frame of ${columns}x${rows} is larger than the sensor, which has ${width}x${height}. Use fewer columns and rows.`;
      return undefined;
    }
    if (hotPixels && 'learn' in hotPixels) this.#search = new HotPixelSearch(width, height);
    else if (hotPixels && (hotPixels.width !== width || hotPixels.height !== height)) {
      this.#failure = `the hot pixels are of a sensor of ${hotPixels.width}x${hotPixels.height}, this one has ${width}x${height}. Learn them anew.`;
      return undefined;
    } else this.#mute(hotPixels?.pixels ?? []);
    return new EventWindow(width, height, window);
  }

  #mute(hot: FoundHotPixels['pixels']): void {
    const { width, height } = this.decoder;
    const { refractoryUs } = this.#options;
    this.#filters = [
      ...(hot.length === 0 ? [] : [new HotPixelFilter(width, height, hot)]),
      ...(refractoryUs === undefined ? [] : [new RefractoryFilter(width, height, refractoryUs)]),
    ];
  }

  #look(search: HotPixelSearch, block: EventBlock): void {
    const { hotPixels } = this.#options;
    search.add(block);
    if (search.seconds < searchSeconds || !hotPixels || !('learn' in hotPixels)) return;
    const { width, height, seconds } = search;
    const pixels = search.pixels();
    this.#search = undefined;
    this.#mute(pixels);
    hotPixels.learn({ width, height, seconds, pixels });
  }

  #finish(window: EventWindow, middleUs: number): void {
    const { columns, rows } = this.#options;
    const frame = this.#ring.filling;
    sampleCounts(window, columns, rows, frame.pixels);
    frame.sequence = window.index;
    frame.frameUs = Math.max(middleUs, this.#lastUs);
    this.#lastUs = frame.frameUs;
    this.#ring.push();
    this.counts.frames++;
    this.counts.dropped = this.#ring.dropped;
  }
}

function waitingOf(window: WindowRule): number {
  return Math.max(4, 'durationUs' in window ? Math.ceil(150_000 / window.durationUs) : 0);
}

const searchSeconds = 10;
