import type { SpikeLayout } from './spikes.js';

/** Weights are sixteenths. */
export const evenWeight = 16;
const mostWeight = 4 * evenWeight;

/** Frames that the weights of the start count for, how well views of one place agree, and their squares a spike. */
const prior = { frames: 8, agreement: 0.3, square: 6 } as const;
/** What is left of what frames have taught, a frame later: the rest is as at the start again. */
const keep = 0.99;
/** Answers that follow each other along the map before they are taken for right, so many rows from one to the next. */
const chain = 3;
const step = { least: 1, most: 2 } as const;
/** By how many standard deviations an answer stands out from all others before it is taken for right. */
const outstanding = 3;
/** Frames from one change of the weights to the next. */
const period = 4;

/**
 * How far each line of the grid (a row of cells of one part) can be trusted: snow changes the ground and not the ridge,
 * a view from the side the near and not the far. A drive finds out by itself, without being told where it is: when one
 * answer after the other lies a row further, they are right, or chance would have to be very kind; lines that agree with
 * the map then are weighted by how well they do.
 */
export class Reliability {
  /** Of each line, sixteenths. */
  readonly weights: Uint8Array;
  readonly #initial: Uint8Array;
  /** Spikes of a line. */
  readonly #line: number;
  /** Sums over the frames that taught: view × map, view², map². */
  readonly #agreement: Float64Array;
  readonly #view: Float64Array;
  readonly #map: Float64Array;
  /** Of the frame before. */
  readonly #spikes: Int8Array;
  #row = Number.NEGATIVE_INFINITY;
  /** Answers in a row that follow each other. */
  #links = 0;
  #frames = 0;

  /** `initial`: weights of the lines before anything is known. */
  constructor({ parts, rows, columns, perCell }: SpikeLayout, initial: Uint8Array) {
    const lines = parts * rows;
    this.weights = initial.slice();
    this.#initial = initial.slice();
    this.#line = columns * perCell;
    this.#agreement = new Float64Array(lines);
    this.#view = new Float64Array(lines);
    this.#map = new Float64Array(lines);
    this.#spikes = new Int8Array(lines * this.#line);
    this.begin();
  }

  begin(): void {
    this.weights.set(this.#initial);
    for (let line = 0; line < this.weights.length; line++) this.#agreement[line] = this.#initialAgreement(line);
    this.#view.fill(this.#energy);
    this.#map.fill(this.#energy);
    this.#row = Number.NEGATIVE_INFINITY;
    this.#links = 0;
    this.#frames = 0;
  }

  /**
   * Takes the best row of a frame, the frame's spikes as they lie on the map, and the rows of the map. True: the weights
   * have changed.
   */
  see(row: number, scores: Float32Array, rows: number, spikes: Int8Array, rowOf: (row: number) => Int8Array): boolean {
    const before = this.#row;
    const far = Math.abs(row - before);
    this.#row = row;
    this.#links = far >= step.least && far <= step.most ? this.#links + 1 : 0;
    this.#forget();
    if (this.#links >= chain - 1 && standsOut(scores, rows, row)) {
      this.#learn(spikes, rowOf(row));
      this.#learn(this.#spikes, rowOf(before));
    }
    this.#spikes.set(spikes);
    this.#frames++;
    if (this.#frames % period !== 0) return false;
    this.#weigh();
    return true;
  }

  #forget(): void {
    for (let line = 0; line < this.weights.length; line++) {
      this.#agreement[line] = fade(this.#agreement[line] as number, this.#initialAgreement(line));
      this.#view[line] = fade(this.#view[line] as number, this.#energy);
      this.#map[line] = fade(this.#map[line] as number, this.#energy);
    }
  }

  /** Of a line, view² or map² of the frames that the start counts for. */
  get #energy(): number {
    return prior.frames * prior.square * this.#line;
  }

  #initialAgreement(line: number): number {
    return (prior.agreement * this.#energy * (this.#initial[line] as number)) / evenWeight;
  }

  #learn(spikes: Int8Array, row: Int8Array): void {
    for (let line = 0, at = 0; line < this.weights.length; line++) {
      let agreement = 0;
      let view = 0;
      let map = 0;
      for (const end = at + this.#line; at < end; at++) {
        const seen = spikes[at] as number;
        const known = row[at] as number;
        agreement += seen * known;
        view += seen * seen;
        map += known * known;
      }
      this.#agreement[line] = (this.#agreement[line] as number) + agreement;
      this.#view[line] = (this.#view[line] as number) + view;
      this.#map[line] = (this.#map[line] as number) + map;
    }
  }

  /** By the cosine between view and map in each line, over the mean cosine. */
  #weigh(): void {
    let sum = 0;
    for (let line = 0; line < this.weights.length; line++) sum += this.#cosine(line);
    if (sum === 0) return;
    const scale = (evenWeight * this.weights.length) / sum;
    for (let line = 0; line < this.weights.length; line++)
      this.weights[line] = Math.min(mostWeight, Math.round(scale * this.#cosine(line)));
  }

  #cosine(line: number): number {
    const agreement = Math.max(0, this.#agreement[line] as number);
    return agreement / Math.sqrt((this.#view[line] as number) * (this.#map[line] as number));
  }
}

function fade(value: number, initial: number): number {
  return initial + keep * (value - initial);
}

function standsOut(scores: Float32Array, rows: number, row: number): boolean {
  let sum = 0;
  let squares = 0;
  for (let other = 0; other < rows; other++) {
    const score = scores[other] as number;
    sum += score;
    squares += score * score;
  }
  const mean = sum / rows;
  const lead = (scores[row] as number) - mean;
  return lead > 0 && lead * lead > outstanding * outstanding * (squares / rows - mean * mean);
}
