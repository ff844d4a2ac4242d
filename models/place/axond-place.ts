import type { MapSize } from '../../runtime/contracts.js';
import { PartialView } from './associative/partial-view.js';
import { EventFrontEnd, GreyFrontEnd } from './front-end.js';
import { DriveMatcher } from './drive-matcher.js';
import { EvidenceJudge } from './no-evidence.js';
import { FilterMatcher } from './filter-matcher.js';
import { keep, packingOf, rowBytes, type RowPacking } from './map-size.js';
import type { MapRecogniser } from './place-map.js';
import { PictureFrontEnd } from './picture-front-end.js';
import { type PlaceRows, shifted } from './place-rows.js';
import type { PlaceMethod, SequenceMatcher } from './place-scorer.js';
import { ReferenceRows } from './reference-rows.js';
import type { PlaceSensor } from './sensor.js';
import { evenWeight, Reliability } from './reliability.js';
import { ShiftTracker } from './shift-tracker.js';
import { SimdGreyFrontEnd } from './simd-front-end.js';
import { SimdPictureFrontEnd } from './simd-picture-front-end.js';
import { SimdRows } from './simd-rows.js';
import type { FrontEnd } from './spikes.js';
import { frameOf } from './traverse.js';
import { hidePlace, UnknownAnswers } from './unknown-answers.js';
import { WindowMatcher } from './window-matcher.js';

export interface AxondPlaceOptions {
  readonly sensor: PlaceSensor;
  /** Of the frames; a camera's are 32 x 64. */
  readonly height: number;
  readonly width: number;
  readonly size?: MapSize;
  /** Of a camera's drives: places are recalled from a part of the view (`PartialView`). */
  readonly recall?: boolean;
  /** assembly/kernels.wasm. Without it, plain code gives the same bits in more time. */
  readonly module?: WebAssembly.Module;
}

/** Of the vertical gradient, until a drive has found out: snow and a low sun change it more than the horizontal one. */
const verticalWeight = 9;

/** Columns to each side at which a place is looked for. */
const greyShift = 3;
const eventShift = 1;
/** What a column of it costs in score. A picture has no drive behind it that tells which one fits. */
const shiftCost = 0.02;
const pictureShiftCost = 0.12;

/** Graded spikes of local contrast, learned in one pass, compared at the shift of view that has fitted lately. */
export class AxondPlace implements MapRecogniser {
  readonly module: WebAssembly.Module | undefined;
  readonly #frontEnd: FrontEnd;
  readonly #judge: EvidenceJudge | undefined;
  readonly #rows: PlaceRows;
  readonly #tracker: ShiftTracker;
  /** Of frames that follow each other along a way. */
  readonly #reliability: Reliability | undefined;
  /** The last spikes as they lie on the map. */
  readonly #aside: Int8Array;
  /** A row of the map. */
  readonly #known: Int8Array;
  readonly #readRow = (row: number): Int8Array => this.#rows.readRow(row, this.#known);
  /** Score at each shift; NaN where this frame was not compared. */
  readonly #best: Float32Array;
  readonly #packing: RowPacking;
  /** What the map keeps of the frame seen last. */
  readonly #kept: Int8Array;

  constructor({ sensor, height, width, size = 'large', recall = false, module }: AxondPlaceOptions) {
    this.module = module;
    this.#packing = packingOf(sensor, size);
    const drive = sensor !== 'unordered';
    if (sensor === 'events') this.#frontEnd = new EventFrontEnd(height, width);
    else if (!drive) this.#frontEnd = module ? new SimdPictureFrontEnd(module) : new PictureFrontEnd();
    else {
      const whole = module ? new SimdGreyFrontEnd(module) : new GreyFrontEnd();
      this.#frontEnd = recall ? new PartialView(whole) : whole;
    }
    this.#judge = sensor === 'events' ? undefined : new EvidenceJudge(width, height);
    this.#tracker = new ShiftTracker(
      sensor === 'events' ? eventShift : greyShift,
      drive ? shiftCost : pictureShiftCost,
    );
    const { layout } = this.#frontEnd;
    const { length } = this.#tracker.shifts;
    const weights = new Uint8Array(layout.parts * layout.rows).fill(evenWeight);
    if (sensor === 'grey') weights.fill(verticalWeight, layout.rows);
    this.#reliability = drive ? new Reliability(layout, weights) : undefined;
    this.#aside = new Int8Array(this.#frontEnd.spikes.length);
    this.#known = new Int8Array(this.#frontEnd.spikes.length);
    this.#rows = module ? new SimdRows(module, layout, length, weights) : new ReferenceRows(layout, length, weights);
    this.#best = new Float32Array(length);
    this.#kept = new Int8Array(this.cells);
  }

  get places(): number {
    return this.#rows.rows;
  }

  get cells(): number {
    return this.#frontEnd.spikes.length;
  }

  /** Of the map as it would be stored. */
  get bytes(): number {
    return this.places * rowBytes(this.#packing, this.cells);
  }

  begin(): void {
    this.#frontEnd.begin();
    this.#tracker.begin();
    this.#rows.rest();
    if (!this.#reliability) return;
    this.#reliability.begin();
    this.#rows.weigh(this.#reliability.weights);
  }

  /** The frame seen last showed what the one before it did. */
  get still(): boolean {
    return this.#frontEnd.still;
  }

  hasEvidence(frame: Uint8Array): boolean {
    return this.#judge?.judge(frame) === undefined;
  }

  look(frame: Uint8Array): Int32Array {
    return this.#frontEnd.look(frame);
  }

  see(frame: Uint8Array, moved?: boolean): boolean {
    return this.#frontEnd.see(frame, moved);
  }

  score(scores: Float32Array): void {
    this.scoreRow(this.#frontEnd.spikes, scores);
    if (!this.#reliability || this.#frontEnd.still || this.places === 0) return;
    this.#rows.tire();
    this.#trust(this.#reliability, scores);
  }

  #trust(reliability: Reliability, scores: Float32Array): void {
    let best = 0;
    for (let row = 1; row < this.places; row++) if ((scores[row] as number) > (scores[best] as number)) best = row;
    shifted(this.#frontEnd.spikes, this.#frontEnd.layout, this.#shiftOf(best), this.#aside);
    if (reliability.see(best, scores, this.places, this.#aside, this.#readRow)) this.#rows.weigh(reliability.weights);
  }

  /** At which a row answered best to the last frame. */
  #shiftOf(row: number): number {
    const { shifts, bias } = this.#tracker;
    let shift = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < shifts.length; at++) {
      if (Number.isNaN(this.#best[at] as number)) continue;
      const score = this.#rows.score(at, row) + (bias[at] as number);
      if (score <= most) continue;
      most = score;
      shift = shifts[at] as number;
    }
    return shift;
  }

  scoreRow(spikes: Int8Array, scores: Float32Array): void {
    if (this.places === 0) return;
    // A picture stands for itself: it must not matter which ones came before.
    if (!this.#reliability) this.#tracker.begin();
    const { shifts, bias } = this.#tracker;
    for (let at = 0; at < shifts.length; at++) this.#best[at] = this.#tracker.wanted(at) ? 0 : Number.NaN;
    this.#rows.compare(spikes, shifts, this.#best);
    this.#tracker.update(this.#best);
    this.#rows.combine(this.#best, bias, scores);
  }

  learn(): number {
    keep(this.#frontEnd.spikes, this.#packing, this.#kept);
    return this.#rows.add(this.#kept);
  }

  row(row: number): Int8Array {
    return this.#rows.row(row);
  }

  threshold(row: number): number {
    return this.#rows.threshold(row);
  }

  restore(spikes: Int8Array, threshold: number): void {
    this.#rows.restore(spikes, threshold);
  }

  retain(rows: readonly number[]): void {
    this.#rows.retain(rows);
  }

  /** A drive has ended: what its places look like among all others is known now. */
  settle(): void {
    this.#rows.settle();
  }
}

/** A place a frame, for `axond place eval`. */
export function axondPlace(
  sensor: PlaceSensor,
  module?: WebAssembly.Module,
  options: Pick<AxondPlaceOptions, 'size' | 'recall'> = {},
): PlaceMethod {
  return (reference) => {
    const { height, width } = reference;
    const recogniser = new AxondPlace({ sensor, height, width, ...options, ...(module && { module }) });
    recogniser.begin();
    for (let frame = 0; frame < reference.frames; frame++) {
      recogniser.see(frameOf(reference, frame));
      recogniser.learn();
    }
    recogniser.settle();
    return {
      places: recogniser.places,
      bytes: recogniser.bytes,
      sequence: (frames) => {
        if (Number.isFinite(frames)) return matcherOf(frames, sensor, module);
        return sensor === 'unordered' ? undefined : new FilterMatcher(module);
      },
      unknownThreshold: (frames) => unknownThreshold(recogniser, matcherOf(frames, sensor, module)),
      begin: () => {
        recogniser.begin();
      },
      score: (frame, scores) => {
        const evidence = recogniser.see(frame);
        if (evidence) recogniser.score(scores);
        return evidence;
      },
      get still() {
        return recogniser.still;
      },
    };
  };
}

/** One frame stands for itself, and so do pictures; more are frames of a drive. */
function matcherOf(
  frames: number,
  sensor: PlaceSensor,
  module?: WebAssembly.Module,
): SequenceMatcher & { readonly fit: number } {
  return frames === 1 || sensor === 'unordered' ? new WindowMatcher(frames) : new DriveMatcher(frames, module);
}

/** Of answers to the map's own places, each compared with all but itself and its neighbours. */
function unknownThreshold(recogniser: AxondPlace, matcher: SequenceMatcher & { readonly fit: number }): number {
  const unknown = new UnknownAnswers();
  const scores = new Float32Array(recogniser.places);
  recogniser.begin();
  for (let row = 0; row < recogniser.places; row++) {
    recogniser.scoreRow(recogniser.row(row), scores);
    hidePlace(scores, row);
    if (matcher.step(scores, false, scores)) unknown.add(matcher.fit);
  }
  return unknown.threshold();
}
