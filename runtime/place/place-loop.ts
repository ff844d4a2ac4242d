import { nowhere } from '../../models/place/estimate.js';
import {
  mapChanges,
  placeRequests,
  recordLength,
  type GreyFrame,
  type MapsTracker,
  type PlaceEstimate,
  type RunPosition,
} from '../contracts.js';
import { createRecordList, type RecordList } from '../loop/loop.js';
import { EventCode, MessageCode } from '../loop/records.js';

export type PlaceMode = 'learning' | 'matching' | 'paused';
type MapChange = (typeof mapChanges)[number];

/**
 * The one call from a frame to where the robot is. Pure: reads no clock and no file; the same cycles give the same
 * estimates and the same map, bit for bit, which is what replay rests on. Allocates nothing per cycle but what a new
 * place needs.
 */
export class PlaceLoop {
  /** What this cycle saw and decided; emptied at the start of the next. */
  readonly events: RecordList = createRecordList(maxEvents);
  /** Of the last frame that carried evidence. */
  readonly estimate: PlaceEstimate = nowhere();
  mode: PlaceMode;
  cycleNumber: number;
  /** Frames of the run so far, less one; as a sample's index is. */
  lastIndex: number;
  /** Frames that carried no evidence. */
  withoutEvidence = 0;
  /** Why the last request was not followed, or the empty string. */
  refusal = '';
  readonly #tracker: MapsTracker;
  /** Since the last frame; NaN where no reading came. */
  #metres = NaN;
  /** As it was told last: −1 unknown. */
  #told = -1;
  #nowUs = 0;

  /** `after` is where the recording of the run so far has ended, if there is one. */
  constructor(tracker: MapsTracker, mode: PlaceMode, { cycle, index }: RunPosition = { cycle: 0, index: -1 }) {
    this.#tracker = tracker;
    this.cycleNumber = cycle;
    this.lastIndex = index;
    this.mode = mode;
    tracker.begin();
  }

  /** The place where the robot is, as it was told last; −1 while unknown. */
  get place(): number {
    return this.#told;
  }

  /** Number of the map that the robot is on. */
  get map(): number {
    return this.#tracker.present;
  }

  /** `nowUs` is when the cycle began; `frame` is not kept. */
  cycle(nowUs: number, frame: GreyFrame | undefined, messages: RecordList): void {
    this.events.length = 0;
    this.cycleNumber++;
    this.#nowUs = nowUs;
    for (let place = 0; place < messages.length; place++) this.#hear(messages.records, place * recordLength);
    if (!frame) return;
    this.lastIndex++;
    if (this.mode !== 'paused') this.#see(frame);
  }

  #see({ pixels, frameUs }: GreyFrame): void {
    const { estimate } = this;
    const metres = this.#metres;
    const { present } = this.#tracker;
    this.#metres = NaN;
    if (!this.#tracker.track(pixels, metres, estimate)) {
      this.withoutEvidence++;
      this.#metres = metres;
      return;
    }
    if (this.#tracker.present !== present) this.#switched();
    if (this.mode === 'learning') {
      const learned = this.#tracker.learn(estimate);
      if (learned >= 0) this.#changed('learned', learned, 0);
    }
    estimate.frameUs = frameUs;
    estimate.ageUs = this.#nowUs - frameUs;
    this.#tell(EventCode.belief);
    const place = estimate.known ? estimate.place : -1;
    if (place === this.#told) return;
    this.#told = place;
    this.#tell(EventCode.place);
  }

  #hear(records: Float64Array, at: number): void {
    const code = records[at];
    if (code === MessageCode.odometry) this.#drive(records[at + 4] ?? NaN);
    else if (code === MessageCode.marker) this.#event(EventCode.marker, records[at + 4] ?? 0, 0, 0, 0);
    else if (code === MessageCode.place) {
      const request = placeRequests[records[at + 4] ?? -1];
      this.refusal = request ? this.#follow(request, records[at + 5] ?? -1, records[at + 6] ?? 0) : 'no such request';
    }
  }

  #drive(metres: number): void {
    if (!Number.isFinite(metres)) return;
    this.#metres = Number.isNaN(this.#metres) ? metres : this.#metres + metres;
  }

  /** Why not, or the empty string. */
  #follow(request: (typeof placeRequests)[number], asked: number, text: number): string {
    switch (request) {
      case 'learn':
        return this.#go('learning');
      case 'match':
        return this.#go('matching');
      case 'pause':
        return this.#go('paused');
      case 'map':
        return this.#goTo(asked);
    }
    const place = asked === -1 ? this.#told : asked;
    if (place === -1) return 'the robot is at no known place. Name one.';
    if (!this.#tracker.has(place)) return `place ${place} is not on the map. See axond place inspect.`;
    if (request === 'label') this.#changed('labelled', place, text);
    else {
      this.#tracker.forget(place);
      if (place === this.#told) this.#told = -1;
      this.#changed('forgotten', place, 0);
    }
    return '';
  }

  #go(mode: PlaceMode): string {
    if (mode === this.mode) return '';
    // While nobody looked, the robot may have been carried anywhere.
    if (this.mode === 'paused') this.#tracker.begin();
    if (this.mode === 'learning') this.#tracker.settle();
    this.mode = mode;
    this.#metres = NaN;
    this.#changed(mode, -1, 0);
    return '';
  }

  #goTo(map: number): string {
    if (!(map >= 0 && map < this.#tracker.maps)) return `map ${map}: there are ${this.#tracker.maps}.`;
    if (map === this.#tracker.present) return '';
    this.#tracker.goTo(map);
    this.#switched();
    return '';
  }

  /** Numbers of places are those of another map from now on. The first texts of a recording name the maps. */
  #switched(): void {
    this.#told = -1;
    this.#changed('switched', -1, this.#tracker.present + 1);
  }

  #changed(change: MapChange, place: number, text: number): void {
    this.#event(EventCode.map, mapChanges.indexOf(change), place, this.#tracker.places, text);
  }

  #tell(code: number): void {
    const { place, score, second, margin, known, ambiguous, frameUs, ageUs } = this.estimate;
    this.#event(code, place, score, second, margin, known ? 1 : 0, ambiguous ? 1 : 0, frameUs, ageUs);
  }

  #event(code: number, a: number, b: number, c: number, d: number, e = 0, f = 0, g = 0, h = 0): void {
    const { records, length } = this.events;
    const at = length * recordLength;
    if (at >= records.length) throw new RangeError(`more than ${maxEvents} events in one cycle`);
    records[at] = code;
    records[at + 1] = this.cycleNumber;
    records[at + 2] = this.lastIndex;
    records[at + 3] = this.#nowUs;
    records[at + 4] = a;
    records[at + 5] = b;
    records[at + 6] = c;
    records[at + 7] = d;
    records[at + 8] = e;
    records[at + 9] = f;
    records[at + 10] = g;
    records[at + 11] = h;
    this.events.length++;
  }
}

/** One a message, and those of a frame. */
const maxEvents = 64;
