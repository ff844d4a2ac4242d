import { PictureSlot } from '../loop/picture-slot.js';
import type { SlotRing } from '../loop/ring.js';
import { packPictures } from './packing.js';
import type { RowWriter } from './row-writer.js';

/** The pictures of a block, beside its row: gathered until the block is written. */
export class PictureRows {
  readonly #format: { readonly width: number; readonly height: number };
  readonly #size: number;
  readonly #frameUs = new Float64Array(picturesPerRow);
  readonly #pixels: Uint8Array;
  readonly #rows: RowWriter;

  constructor(rows: RowWriter, format: { readonly width: number; readonly height: number }) {
    this.#format = format;
    this.#size = format.width * format.height;
    this.#pixels = new Uint8Array(picturesPerRow * this.#size);
    this.#rows = rows;
  }

  /** `place` in the block of the picture in the slot that begins at byte `at`. */
  take(place: number, ring: SlotRing, at: number): void {
    this.#frameUs[place] = ring.doubles[at / 8 + PictureSlot.frameUs] as number;
    const from = at + PictureSlot.pixels;
    this.#pixels.set(ring.bytes.subarray(from, from + this.#size), place * this.#size);
  }

  write(firstIndex: number, frames: number): void {
    const packed = packPictures({ frameUs: this.#frameUs, pixels: this.#pixels }, frames, this.#format);
    this.#rows.insert('picture', [firstIndex, frames, packed]);
  }
}

/** Two seconds at most: a commit comes sooner. */
export const picturesPerRow = 64;
