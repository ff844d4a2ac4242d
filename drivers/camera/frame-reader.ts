import type { GreyFrame } from '../../runtime/contracts.js';
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
  /** One is being filled, the others wait. */
  readonly #ring: GreyFrame[];
  /** With whoever took it. */
  #taken: GreyFrame;
  /** Of whole frames: number of the next to be taken, and of the one that is being filled. */
  #next = 0;
  #filling = 0;
  #position = 0;
  /** Of this child, for one that hangs is told by frames that are equal. */
  #last: GreyFrame | undefined;
  readonly #exposure: ExposureText | undefined;

  constructor(format: FrameFormat, waiting = 4) {
    this.#format = format;
    this.#layout = frameLayout(format);
    this.#ring = Array.from({ length: waiting + 1 }, () => emptyFrame(format));
    this.#taken = emptyFrame(format);
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
    if (this.#next === this.#filling) return undefined;
    const place = this.#next % this.#ring.length;
    const taken = this.#ring[place] as GreyFrame;
    this.#ring[place] = this.#taken;
    this.#taken = taken;
    this.#next++;
    return taken;
  }

  #copy(bytes: Uint8Array, from: number, length: number, row: number, column: number): void {
    const { step } = this.#layout;
    const { width } = this.#format;
    const { pixels } = this.#ring[this.#filling % this.#ring.length] as GreyFrame;
    const end = Math.min(column + length, width * step);
    for (let at = column + (column % step); at < end; at += step)
      pixels[row * width + at / step] = bytes[from + at - column] as number;
  }

  #finish(frameUs: number): void {
    const frame = this.#ring[this.#filling % this.#ring.length] as GreyFrame;
    frame.sequence = this.counts.frames++;
    frame.frameUs = frameUs;
    this.#position = 0;
    if (this.#last !== undefined && isEqual(frame.pixels, this.#last.pixels)) {
      this.counts.frozen++;
      return;
    }
    this.#last = frame;
    this.#filling++;
    if (this.#filling - this.#next === this.#ring.length) {
      this.#next++;
      this.counts.dropped++;
    }
  }
}

function emptyFrame({ width, height }: FrameFormat): GreyFrame {
  return { width, height, pixels: new Uint8Array(width * height), sequence: 0, frameUs: 0 };
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
