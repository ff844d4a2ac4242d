import { EventFrontEnd, GreyFrontEnd } from './front-end.js';
import { EvidenceJudge } from './no-evidence.js';
import type { MapRecogniser } from './place-map.js';
import { PlaceRows } from './place-rows.js';
import type { PlaceMethod } from './place-scorer.js';
import type { PlaceSensor } from './sensor.js';
import { shifted, ShiftTracker } from './shift-tracker.js';
import type { FrontEnd } from './spikes.js';
import { frameOf } from './traverse.js';

export interface AxondPlaceOptions {
  readonly sensor: PlaceSensor;
  /** Of the frames; a camera's are 32 x 64. */
  readonly height: number;
  readonly width: number;
}

/** Columns to each side at which a place is looked for. */
const greyShift = 3;
const eventShift = 1;
/** Weight of the vertical gradient, which snow and a low sun change more than the horizontal one, squared. */
const driveWeight = 0.75 * 0.75;
const pictureWeight = 0.25 * 0.25;

/** Graded spikes of local contrast, learned in one pass, compared at the shift of view that has fitted lately. */
export class AxondPlace implements MapRecogniser {
  readonly #frontEnd: FrontEnd;
  readonly #judge: EvidenceJudge | undefined;
  readonly #rows: PlaceRows;
  readonly #tracker: ShiftTracker;
  readonly #query: Int8Array;
  /** Scores at each shift, and the best of each. */
  #atShift: Float32Array[];
  readonly #best: Float32Array;

  constructor({ sensor, height, width }: AxondPlaceOptions) {
    this.#frontEnd = sensor === 'events' ? new EventFrontEnd(height, width) : new GreyFrontEnd(sensor === 'grey');
    this.#judge = sensor === 'events' ? undefined : new EvidenceJudge(width, height);
    const { layout, spikes } = this.#frontEnd;
    this.#rows = new PlaceRows(layout, sensor === 'unordered' ? pictureWeight : driveWeight);
    this.#tracker = new ShiftTracker(sensor === 'events' ? eventShift : greyShift);
    this.#query = new Int8Array(spikes.length);
    this.#atShift = this.#tracker.shifts.map(() => new Float32Array(0));
    this.#best = new Float32Array(this.#tracker.shifts.length);
  }

  get places(): number {
    return this.#rows.rows;
  }

  get cells(): number {
    return this.#query.length;
  }

  /** Of the map as it would be stored. */
  get bytes(): number {
    return this.#rows.bytes;
  }

  begin(): void {
    this.#frontEnd.begin();
    this.#tracker.begin();
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
  }

  scoreRow(spikes: Int8Array, scores: Float32Array): void {
    const { shifts, bias } = this.#tracker;
    const { columns } = this.#rows.layout;
    const inverse = this.#rows.inverseNorm(spikes);
    for (let at = 0; at < shifts.length; at++) {
      this.#best[at] = Number.NaN;
      if (!this.#tracker.wanted(at)) continue;
      const shift = shifts[at] as number;
      shifted(spikes, this.#rows.layout, shift, this.#query);
      const seen = Math.fround(1 / Math.fround(Math.sqrt((columns - Math.abs(shift)) / columns)));
      this.#best[at] = this.#rows.compare(this.#query, Math.fround(inverse * seen), this.#buffer(at));
    }
    this.#tracker.update(this.#best);
    scores.fill(Number.NEGATIVE_INFINITY, 0, this.places);
    for (let at = 0; at < shifts.length; at++) {
      if (Number.isNaN(this.#best[at] as number)) continue;
      const values = this.#atShift[at] as Float32Array;
      const add = bias[at] as number;
      for (let place = 0; place < this.places; place++)
        scores[place] = Math.max(scores[place] as number, Math.fround((values[place] as number) + add));
    }
  }

  learn(): number {
    return this.#rows.add(this.#frontEnd.spikes);
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

  #buffer(at: number): Float32Array {
    const buffer = this.#atShift[at] as Float32Array;
    if (buffer.length >= this.places) return buffer;
    const larger = new Float32Array(2 * this.places);
    this.#atShift[at] = larger;
    return larger;
  }
}

/** A place a frame, for `axond place eval`. */
export function axondPlace(sensor: PlaceSensor): PlaceMethod {
  return (reference) => {
    const recogniser = new AxondPlace({ sensor, height: reference.height, width: reference.width });
    recogniser.begin();
    for (let frame = 0; frame < reference.frames; frame++) {
      recogniser.see(frameOf(reference, frame));
      recogniser.learn();
    }
    recogniser.settle();
    return {
      places: recogniser.places,
      bytes: recogniser.bytes,
      begin: () => {
        recogniser.begin();
      },
      score: (frame, scores) => {
        const evidence = recogniser.see(frame);
        if (evidence) recogniser.score(scores);
        return evidence;
      },
    };
  };
}
