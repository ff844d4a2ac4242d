import type { EventBlock } from '../../runtime/contracts.js';

/** Strikes events out of a block in place. Allocates nothing. */
export interface EventFilter {
  /** Events struck out so far. */
  struck: number;
  apply(block: EventBlock): void;
  /** Another stream begins. */
  reset(): void;
}

/** Pixels that are never listened to. */
export class HotPixelFilter implements EventFilter {
  struck = 0;
  readonly #width: number;
  readonly #mask: Uint8Array;

  constructor(width: number, height: number, pixels: readonly (readonly [x: number, y: number])[]) {
    this.#width = width;
    this.#mask = new Uint8Array(width * height);
    for (const [x, y] of pixels) {
      if (!(x < width && y < height))
        throw new RangeError(`hot pixel ${x},${y} is not on a sensor of ${width}x${height}`);
      this.#mask[y * width + x] = 1;
    }
  }

  apply(block: EventBlock): void {
    const { x, y, events } = block;
    let kept = 0;
    for (let at = 0; at < events; at++) {
      if (this.#mask[(y[at] as number) * this.#width + (x[at] as number)] === 1) continue;
      if (kept < at) move(block, at, kept);
      kept++;
    }
    this.struck += events - kept;
    block.events = kept;
  }

  reset(): void {
    // The mask belongs to the sensor, not to the stream.
  }
}

/** A pixel that has just fired is not heard again for a while: one edge is one event. */
export class RefractoryFilter implements EventFilter {
  struck = 0;
  readonly #width: number;
  readonly #refractoryUs: number;
  readonly #lastUs: Float64Array;

  constructor(width: number, height: number, refractoryUs: number) {
    this.#width = width;
    this.#refractoryUs = refractoryUs;
    this.#lastUs = new Float64Array(width * height).fill(-Infinity);
  }

  apply(block: EventBlock): void {
    const { x, y, timeUs, events } = block;
    let kept = 0;
    for (let at = 0; at < events; at++) {
      const pixel = (y[at] as number) * this.#width + (x[at] as number);
      const now = timeUs[at] as number;
      const since = now - (this.#lastUs[pixel] as number);
      // A clock that went back must not silence the pixel until it has caught up.
      if (since >= 0 && since < this.#refractoryUs) continue;
      this.#lastUs[pixel] = now;
      if (kept < at) move(block, at, kept);
      kept++;
    }
    this.struck += events - kept;
    block.events = kept;
  }

  reset(): void {
    this.#lastUs.fill(-Infinity);
  }
}

function move({ x, y, polarity, timeUs }: EventBlock, from: number, to: number): void {
  x[to] = x[from] as number;
  y[to] = y[from] as number;
  polarity[to] = polarity[from] as number;
  timeUs[to] = timeUs[from] as number;
}
