import { greyMemory } from '../front-end.js';
import { coarseGrid, contrastCells, frameHeight, frameWidth } from '../gradients.js';
import { toSpikes, type FrontEnd, type SpikeLayout } from '../spikes.js';

const { rows, columns, stride } = coarseGrid;
/** Grey levels within which a part of the view has no structure: a covered lens has the noise of its camera. */
const flat = 2;

/**
 * Spikes of a grey frame of 64 x 32 of which a part may be hidden: covered, cropped, glaring or black. A cell is hidden
 * where all pixels that it looks at are alike, and beside such a cell, where the edge of what hides it is; its spikes are
 * 0. Where nothing is hidden they are those of `GreyFrontEnd`, bit for bit.
 *
 * That is all that a map needs to be an associative memory: its rows are compared by their overlap with what is known of
 * the view, so that any fragment recalls its place, as in a recurrent network such as hippocampal CA3 (Casanueva-Morato
 * and others 2024: arXiv 2310.05868), but exactly, and no place disturbs another.
 */
export class PartialView implements FrontEnd {
  readonly layout: SpikeLayout;
  readonly spikes = new Int8Array(contrastCells);
  /** 1 for each spike that is known of the frame seen last. */
  readonly known = new Uint8Array(contrastCells);
  readonly #whole: FrontEnd;
  readonly #values = new Int32Array(contrastCells);
  /** Of each spike: mean in 1/256 over the frames that showed it, how many these are, and what the last of them showed. */
  readonly #mean = new Int32Array(contrastCells);
  readonly #frames = new Int32Array(contrastCells);
  readonly #last = new Int32Array(contrastCells);
  readonly #flat = new Uint8Array(rows * columns);
  #began = false;
  #still = false;

  /** `whole`: looks at frames of which nothing is hidden. */
  constructor(whole: FrontEnd) {
    this.#whole = whole;
    this.layout = whole.layout;
  }

  get still(): boolean {
    return this.#still;
  }

  begin(): void {
    this.#mean.fill(0);
    this.#frames.fill(0);
    this.#began = false;
    this.#still = false;
  }

  look(frame: Uint8Array): Int32Array {
    return this.#whole.look(frame);
  }

  see(frame: Uint8Array, moved = false): boolean {
    const shown = this.look(frame);
    this.#findKnown(frame);
    this.#still = !moved && this.#began && !this.#differs(shown);
    this.#began = true;
    let known = 0;
    for (let spike = 0; spike < contrastCells; spike++) {
      this.#values[spike] = 0;
      if (this.known[spike] === 0) continue;
      known++;
      if (!this.#still) this.#move(spike, shown[spike] as number);
      this.#values[spike] = (shown[spike] as number) - ((this.#mean[spike] as number) >> 8);
    }
    return toSpikes(this.#values, 1, this.spikes, known);
  }

  /** As `RunningMean`: the first frame has no mean yet. */
  #move(spike: number, value: number): void {
    const frames = (this.#frames[spike] as number) + 1;
    this.#frames[spike] = frames;
    if (frames > 1) {
      const mean = frames === 2 ? (this.#last[spike] as number) << 8 : (this.#mean[spike] as number);
      this.#mean[spike] = mean + Math.floor(((value << 8) - mean) / Math.min(frames, greyMemory));
    }
    this.#last[spike] = value;
  }

  /** As `RunningMean`, of what is known now and was before. */
  #differs(shown: Int32Array): boolean {
    let change = 0;
    let magnitude = 0;
    for (let spike = 0; spike < contrastCells; spike++) {
      if (this.known[spike] === 0 || this.#frames[spike] === 0) continue;
      const last = this.#last[spike] as number;
      change += Math.abs((shown[spike] as number) - last);
      magnitude += Math.abs(last);
    }
    return 10 * change >= 3 * magnitude;
  }

  #findKnown(frame: Uint8Array): void {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        this.#flat[row * columns + column] = isFlat(frame, row, column) ? 1 : 0;
    const half = contrastCells / 2;
    for (let cell = 0; cell < rows * columns; cell++) {
      const known = this.#besideFlat(Math.floor(cell / columns), cell % columns) ? 0 : 1;
      for (let spike = 2 * cell; spike < contrastCells; spike += half) {
        this.known[spike] = known;
        this.known[spike + 1] = known;
      }
    }
  }

  #besideFlat(row: number, column: number): boolean {
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
        if (this.#flat[y * columns + x] === 1) return true;
    return false;
  }
}

/** All pixels that a cell's gradients are made of are alike. */
function isFlat(frame: Uint8Array, row: number, column: number): boolean {
  const [top, bottom] = [Math.max(0, row * stride - 2), Math.min(frameHeight - 1, row * stride + stride + 1)];
  const [left, right] = [Math.max(0, column * stride - 2), Math.min(frameWidth - 1, column * stride + stride + 1)];
  let darkest = 255;
  let brightest = 0;
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const grey = frame[y * frameWidth + x] as number;
      if (grey < darkest) darkest = grey;
      if (grey > brightest) brightest = grey;
      if (brightest - darkest > flat) return false;
    }
  return true;
}
