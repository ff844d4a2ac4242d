import type { EventBlock } from '../../runtime/contracts.js';

/** A window ends after so much time of the sensor's clock, or after so many events. */
export type WindowRule = { readonly durationUs: number } | { readonly events: number };

/**
 * Counts the events of one window, pixel by pixel, and keeps when each pixel was last heard of. Windows by time begin at
 * the first event and follow each other without a hole; those without an event are passed over, and `index` counts them.
 */
export class EventWindow {
  readonly width: number;
  readonly height: number;
  /** Events that became brighter and darker, row by row; 255 stands for more. */
  readonly on: Uint8Array;
  readonly off: Uint8Array;
  /** When each pixel was last heard of, in this window or before it; −Infinity for never. */
  readonly lastUs: Float64Array;
  events = 0;
  index = 0;
  /** Nothing more goes in until `clear`. */
  complete = false;
  readonly #durationUs: number;
  readonly #mostEvents: number;
  #beginUs = NaN;
  #newestUs = -Infinity;

  constructor(width: number, height: number, rule: WindowRule) {
    this.width = width;
    this.height = height;
    this.on = new Uint8Array(width * height);
    this.off = new Uint8Array(width * height);
    this.lastUs = new Float64Array(width * height).fill(-Infinity);
    this.#durationUs = 'durationUs' in rule ? rule.durationUs : Infinity;
    this.#mostEvents = 'events' in rule ? rule.events : Infinity;
    if (!(this.#durationUs > 0 && this.#mostEvents > 0))
      throw new RangeError('a window of nothing: give it time or events');
  }

  /** When it began, and when it ends; by events, the time of its last one. */
  get beginUs(): number {
    return this.#beginUs;
  }
  get endUs(): number {
    return this.#durationUs < Infinity ? this.#beginUs + this.#durationUs : this.#newestUs;
  }

  /** Takes events from `from` on until the window is complete. Returns the first that it did not take. */
  add({ x, y, polarity, timeUs, events }: EventBlock, from: number): number {
    const { on, off, lastUs, width, height } = this;
    for (let at = from; at < events; at++) {
      const now = timeUs[at] as number;
      if (!(now < this.#beginUs + this.#durationUs)) {
        if (this.events > 0) {
          this.complete = true;
          return at;
        }
        this.#begin(now);
      }
      const column = x[at] as number;
      const row = y[at] as number;
      if (column >= width || row >= height) continue;
      const pixel = row * width + column;
      const plane = polarity[at] === 1 ? on : off;
      const count = plane[pixel] as number;
      if (count < 255) plane[pixel] = count + 1;
      lastUs[pixel] = now;
      this.#newestUs = now;
      if (++this.events >= this.#mostEvents) {
        this.complete = true;
        return at + 1;
      }
    }
    return events;
  }

  /** On to the next window. */
  clear(): void {
    this.on.fill(0);
    this.off.fill(0);
    this.events = 0;
    this.index++;
    this.complete = false;
    this.#beginUs += this.#durationUs;
    if (this.#durationUs === Infinity) this.#beginUs = NaN;
  }

  /** Another stream begins, whose clock has nothing to do with the last one's. */
  restart(): void {
    this.clear();
    this.#beginUs = NaN;
    this.#newestUs = -Infinity;
    this.lastUs.fill(-Infinity);
  }

  #begin(now: number): void {
    if (this.#beginUs + this.#durationUs <= now) {
      const passed = Math.floor((now - this.#beginUs) / this.#durationUs);
      this.#beginUs += passed * this.#durationUs;
      this.index += passed;
    } else this.#beginUs = now;
  }
}

/**
 * Counts of both polarities at `columns` × `rows` pixels of the sensor, each the middle one of its part: tiny frames lose
 * less by leaving pixels out than by adding them up (LENS; its parts have no remainder).
 */
export function sampleCounts(window: EventWindow, columns: number, rows: number, into: Uint8Array): void {
  for (let row = 0; row < rows; row++) {
    const y = Math.floor(((row + 0.5) * window.height) / rows);
    for (let column = 0; column < columns; column++) {
      const pixel = y * window.width + Math.floor(((column + 0.5) * window.width) / columns);
      into[row * columns + column] = Math.min(255, (window.on[pixel] as number) + (window.off[pixel] as number));
    }
  }
}

/** 255 for a pixel that was heard of at the window's end, falling to 0 in a straight line over `spanUs` before it. */
export function timeSurface(window: EventWindow, spanUs: number, into: Uint8Array): void {
  const { lastUs, endUs } = window;
  for (let pixel = 0; pixel < lastUs.length; pixel++) {
    const age = (endUs - (lastUs[pixel] as number)) / spanUs;
    into[pixel] = age < 1 ? Math.round(255 * (1 - Math.max(0, age))) : 0;
  }
}
