import type { MapSize } from '../../runtime/contracts.js';
import { EventFrontEnd, GreyFrontEnd } from './front-end.js';
import { EvidenceJudge } from './no-evidence.js';
import { FilterMatcher } from './filter-matcher.js';
import { keep, packingOf, rowBytes, type RowPacking } from './map-size.js';
import type { MapRecogniser } from './place-map.js';
import { PictureFrontEnd } from './picture-front-end.js';
import type { PlaceRows } from './place-rows.js';
import type { PlaceMethod } from './place-scorer.js';
import { ReferenceRows } from './reference-rows.js';
import type { PlaceSensor } from './sensor.js';
import { ShiftTracker } from './shift-tracker.js';
import { SimdGreyFrontEnd } from './simd-front-end.js';
import { SimdPictureFrontEnd } from './simd-picture-front-end.js';
import { SimdRows } from './simd-rows.js';
import type { FrontEnd } from './spikes.js';
import { frameOf } from './traverse.js';

export interface AxondPlaceOptions {
  readonly sensor: PlaceSensor;
  /** Of the frames; a camera's are 32 x 64. */
  readonly height: number;
  readonly width: number;
  readonly size?: MapSize;
  /** assembly/kernels.wasm. Without it, plain code gives the same bits in more time. */
  readonly module?: WebAssembly.Module;
}

/** Columns to each side at which a place is looked for. */
const greyShift = 3;
const eventShift = 1;

/** Graded spikes of local contrast, learned in one pass, compared at the shift of view that has fitted lately. */
export class AxondPlace implements MapRecogniser {
  readonly module: WebAssembly.Module | undefined;
  readonly #frontEnd: FrontEnd;
  readonly #judge: EvidenceJudge | undefined;
  readonly #rows: PlaceRows;
  readonly #tracker: ShiftTracker;
  /** Frames follow each other along a way. */
  readonly #drive: boolean;
  /** Score at each shift; NaN where this frame was not compared. */
  readonly #best: Float32Array;
  readonly #packing: RowPacking;
  /** What the map keeps of the frame seen last. */
  readonly #kept: Int8Array;

  constructor({ sensor, height, width, size = 'large', module }: AxondPlaceOptions) {
    this.module = module;
    this.#packing = packingOf(sensor, size);
    this.#drive = sensor !== 'unordered';
    if (sensor === 'events') this.#frontEnd = new EventFrontEnd(height, width);
    else if (sensor === 'unordered') this.#frontEnd = module ? new SimdPictureFrontEnd(module) : new PictureFrontEnd();
    else if (module) this.#frontEnd = new SimdGreyFrontEnd(module, this.#drive);
    else this.#frontEnd = new GreyFrontEnd(this.#drive);
    this.#judge = sensor === 'events' ? undefined : new EvidenceJudge(width, height);
    this.#tracker = new ShiftTracker(sensor === 'events' ? eventShift : greyShift);
    const { layout } = this.#frontEnd;
    const { length } = this.#tracker.shifts;
    this.#rows = module ? new SimdRows(module, layout, length) : new ReferenceRows(layout, length);
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

  see(frame: Uint8Array): boolean {
    return this.#frontEnd.see(frame);
  }

  score(scores: Float32Array): void {
    this.scoreRow(this.#frontEnd.spikes, scores);
    // A picture stands for itself: it must not matter which ones came before.
    if (this.#drive && !this.#frontEnd.still) this.#rows.tire();
  }

  scoreRow(spikes: Int8Array, scores: Float32Array): void {
    if (this.places === 0) return;
    const { shifts, bias } = this.#tracker;
    for (let at = 0; at < shifts.length; at++)
      this.#best[at] = this.#tracker.wanted(at) ? this.#rows.compare(spikes, shifts[at] as number, at) : Number.NaN;
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
export function axondPlace(sensor: PlaceSensor, module?: WebAssembly.Module, size: MapSize = 'large'): PlaceMethod {
  return (reference) => {
    const { height, width } = reference;
    const recogniser = new AxondPlace({ sensor, height, width, size, ...(module && { module }) });
    recogniser.begin();
    for (let frame = 0; frame < reference.frames; frame++) {
      recogniser.see(frameOf(reference, frame));
      recogniser.learn();
    }
    recogniser.settle();
    return {
      places: recogniser.places,
      bytes: recogniser.bytes,
      // Of a few frames the mean along the diagonal is better than any pace that was tried; of all so far the filter.
      sequence: (frames) => (Number.isFinite(frames) || sensor === 'unordered' ? undefined : new FilterMatcher(module)),
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
