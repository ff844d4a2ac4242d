import type { GreyFrame } from '../../runtime/contracts.js';
import { FrameRing } from '../frame-ring.js';
import { ExposureText } from './exposure-text.js';
import { frameLayout, type FrameFormat, type FrameLayout } from './pixels.js';

export interface FrameCounts {
  /** Whole frames that came. */
  frames: number;
  /** Of these, dropped because they were not taken in time. */
  dropped: number;
  /** Frames of which a part came: their child ended within. */
  partial: number;
  /** Equal to the one before in every bit, which the noise of a sensor prevents: passed over. */
  frozen: number;
}

/**
 * Whole grey frames out of the bytes of a tool. Holds a fixed number of frames: who takes them late loses the oldest,
 * never a part of one. Pure; allocates no frame after construction.
 */
export class FrameReader {
  readonly counts: FrameCounts = { frames: 0, dropped: 0, partial: 0, frozen: 0 };
  readonly #format: FrameFormat;
  readonly #layout: FrameLayout;
  readonly #ring: FrameRing;
  #position = 0;
  /** Of this child, for one that hangs is told by frames that are equal. */
  #last: GreyFrame | undefined;
  readonly #exposure: ExposureText | undefined;

  constructor(format: FrameFormat, waiting?: number) {
    this.#format = format;
    this.#layout = frameLayout(format);
    this.#ring = new FrameRing(format.width, format.height, waiting);
    this.#exposure = format.exposure === 'rpicam' ? new ExposureText() : undefined;
  }

  /** A new child begins with a new frame. Returns how many bytes of an unfinished one the last child left. */
  restart(): number {
    const left = this.#position;
    if (left > 0) this.counts.partial++;
    this.#position = 0;
    this.#last = undefined;
    this.#exposure?.reset();
    return left;
  }

  push(bytes: Uint8Array, nowUs: number): void {
    const { frameBytes, stride } = this.#layout;
    let at = 0;
    while (at < bytes.length) {
      if (this.#position === frameBytes) {
        if (this.#exposure?.push(bytes[at++] as number)) this.#finish(exposedUs(this.#exposure.middleUs, nowUs));
        continue;
      }
      const row = Math.floor(this.#position / stride);
      const column = this.#position - row * stride;
      const inFrame = row < this.#format.height;
      const length = Math.min(bytes.length - at, inFrame ? stride - column : frameBytes - this.#position);
      if (inFrame) this.#copy(bytes, at, length, row, column);
      at += length;
      this.#position += length;
      if (this.#position === frameBytes && this.#exposure === undefined) this.#finish(nowUs);
    }
  }

  /** The oldest frame that waits; it is the caller's until the next call. */
  take(): GreyFrame | undefined {
    return this.#ring.take();
  }

  #copy(bytes: Uint8Array, from: number, length: number, row: number, column: number): void {
    const { step } = this.#layout;
    const { width } = this.#format;
    const { pixels } = this.#ring.filling;
    const end = Math.min(column + length, width * step);
    for (let at = column + (column % step); at < end; at += step)
      pixels[row * width + at / step] = bytes[from + at - column] as number;
  }

  #finish(frameUs: number): void {
    const frame = this.#ring.filling;
    frame.sequence = this.counts.frames++;
    frame.frameUs = frameUs;
    this.#position = 0;
    if (this.#last !== undefined && isEqual(frame.pixels, this.#last.pixels)) {
      this.counts.frozen++;
      return;
    }
    this.#last = frame;
    this.#ring.push();
    this.counts.dropped = this.#ring.dropped;
  }
}

/** A time that cannot be, as of another clock, counts as none: then the arrival stands for it. */
function exposedUs(middleUs: number, nowUs: number): number {
  return middleUs <= nowUs && middleUs > nowUs - longestWayUs ? middleUs : nowUs;
}

const longestWayUs = 2_000_000;

/** Ends at the first pixel that differs: mostly the first of all. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let pixel = 0; pixel < a.length; pixel++) if (a[pixel] !== b[pixel]) return false;
  return true;
}
