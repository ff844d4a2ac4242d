import type { PlaceRecogniser } from '../../runtime/contracts.js';
import type { PlaceRule } from './place-clock.js';

/** A recogniser whose rows can be stored, taken back and removed. */
export interface MapRecogniser extends PlaceRecogniser {
  /** assembly/kernels.wasm, if it has them: for whoever works on its scores too. */
  readonly module?: WebAssembly.Module | undefined;
  /** Numbers of a row, from −7 to 7. */
  readonly cells: number;
  /** False where a frame says nothing of any place: it is dark, or blurred. Changes nothing. */
  hasEvidence(frame: Uint8Array): boolean;
  /**
   * What a frame shows, before what was seen earlier is taken off: what the place clock goes by. Changes nothing; the
   * numbers hold until the next frame.
   */
  look(frame: Uint8Array): Int32Array;
  /** A copy. */
  row(row: number): Int8Array;
  /** What is taken off the scores of a row. */
  threshold(row: number): number;
  /** Adds a row that was stored. */
  restore(spikes: Int8Array, threshold: number): void;
  /** Keeps these rows alone, in this order. */
  retain(rows: readonly number[]): void;
  /** Compares a row, instead of a frame, with every row. */
  scoreRow(spikes: Int8Array, scores: Float32Array): void;
  /** A drive has ended: what its rows look like among all others is known now. */
  settle(): void;
}

/** Where the robot stands at a place, in metres and radians of the coordinate frame `frame`. */
export interface PlacePose {
  readonly frame: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
}

export interface MappedPlace {
  /** Never changes, and is not given again when the place is forgotten. */
  readonly id: number;
  readonly label?: string | undefined;
  readonly pose?: PlacePose | undefined;
  /** A small grey picture. */
  readonly thumbnail?: Uint8Array | undefined;
}
export type PlaceNote = Omit<MappedPlace, 'id'>;

/** One step of learning, whole: the changes of a map in their order give the map again. */
export type MapChange =
  | { readonly change: 'place'; readonly id: number; readonly spikes: Int8Array }
  | { readonly change: 'row'; readonly id: number; readonly spikes: Int8Array }
  | { readonly change: 'note'; readonly id: number; readonly note: PlaceNote }
  | { readonly change: 'forget'; readonly id: number }
  | { readonly change: 'rule'; readonly rule: PlaceRule };

/** Rows of one place. */
export const mostRows = 255;

/**
 * Places in the order in which they were learned, each with one or several rows of the recogniser. Places are counted
 * from 0 along that order, which the sequence filter walks along; the world outside knows them by their ids.
 */
export class PlaceMap {
  readonly recogniser: MapRecogniser;
  /** Hears of every change before the next one. */
  changed: (change: MapChange) => void = () => undefined;
  #places: MappedPlace[] = [];
  /** Place of each row. */
  #owners: number[] = [];
  #nextId = 0;
  #rule: PlaceRule;
  #rowScores = new Float32Array(0);

  constructor(recogniser: MapRecogniser, rule: PlaceRule) {
    this.recogniser = recogniser;
    this.#rule = rule;
  }

  /** By which its places were made. */
  get rule(): PlaceRule {
    return this.#rule;
  }

  setRule(rule: PlaceRule): void {
    this.#rule = rule;
    this.changed({ change: 'rule', rule });
  }

  get places(): readonly MappedPlace[] {
    return this.#places;
  }

  /** The place of each row. */
  get owners(): readonly number[] {
    return this.#owners;
  }

  /** The id that the next place gets. */
  get nextId(): number {
    return this.#nextId;
  }

  rowsOf(place: number): number[] {
    return this.#owners.flatMap((owner, row) => (owner === place ? [row] : []));
  }

  /** The place with this id, −1 where there is none. */
  find(id: number): number {
    return this.#places.findIndex((place) => place.id === id);
  }

  /** The frame seen last becomes a new place; returns it. */
  addPlace(): number {
    const row = this.recogniser.learn();
    const id = this.#nextId++;
    this.#owners.push(this.#places.length);
    this.#places.push({ id });
    this.changed({ change: 'place', id, spikes: this.recogniser.row(row) });
    return this.#places.length - 1;
  }

  /** The frame seen last becomes another row of a place. False: it has as many as a place can have. */
  addRow(place: number): boolean {
    const { id } = this.#at(place);
    if (this.rowsOf(place).length >= mostRows) return false;
    const row = this.recogniser.learn();
    this.#owners.push(place);
    this.changed({ change: 'row', id, spikes: this.recogniser.row(row) });
    return true;
  }

  /** Replaces what is noted of a place. */
  note(place: number, note: PlaceNote): void {
    const { id } = this.#at(place);
    this.#places[place] = { ...note, id };
    this.changed({ change: 'note', id, note });
  }

  forget(place: number): void {
    const { id } = this.#at(place);
    this.removeRows(new Set(this.rowsOf(place)));
    this.changed({ change: 'forget', id });
  }

  /** Takes a place from elsewhere, with its first row. @throws RangeError for an id that was given already */
  restorePlace(place: MappedPlace, spikes: Int8Array, threshold: number): void {
    if (place.id < this.#nextId && this.find(place.id) >= 0)
      throw new RangeError(`place ${place.id} is on the map already`);
    this.recogniser.restore(spikes, threshold);
    this.#owners.push(this.#places.length);
    this.#places.push(place);
    this.reserveIds(place.id + 1);
  }

  /** Takes a place of another map, under an id of its own here. */
  takePlace(place: MappedPlace, spikes: Int8Array): number {
    this.restorePlace({ ...place, id: this.#nextId }, spikes, 0);
    return this.#places.length - 1;
  }

  restoreRow(place: number, spikes: Int8Array, threshold: number): void {
    this.#at(place);
    this.recogniser.restore(spikes, threshold);
    this.#owners.push(place);
  }

  /** No id below `next` is given from now on. */
  reserveIds(next: number): void {
    this.#nextId = Math.max(this.#nextId, next);
  }

  /** Compares the frame seen last with every place: `scores[0 … places)`, the best of its rows. */
  score(scores: Float32Array): void {
    this.recogniser.score(this.#buffer());
    this.#best(scores);
  }

  scoreRow(spikes: Int8Array, scores: Float32Array): void {
    this.recogniser.scoreRow(spikes, this.#buffer());
    this.#best(scores);
  }

  /** Removes rows; a place whose last row goes, goes too. The ids of the others stay. Tells no change. */
  removeRows(gone: ReadonlySet<number>): void {
    const kept = this.#owners.flatMap((_, row) => (gone.has(row) ? [] : [row]));
    const owners = kept.map((row) => this.#owners[row] as number);
    const staying = new Set(owners);
    const numbers = new Map([...staying].sort((a, b) => a - b).map((place, number) => [place, number]));
    this.recogniser.retain(kept);
    this.#owners = owners.map((place) => numbers.get(place) as number);
    this.#places = this.#places.filter((_, place) => staying.has(place));
  }

  #at(place: number): MappedPlace {
    const found = this.#places[place];
    if (!found) throw new RangeError(`place ${place}: there are ${this.#places.length}.`);
    return found;
  }

  #buffer(): Float32Array {
    const { length } = this.#owners;
    if (this.#rowScores.length < length) this.#rowScores = new Float32Array(Math.max(64, 2 * length));
    return this.#rowScores;
  }

  #best(scores: Float32Array): void {
    scores.fill(Number.NEGATIVE_INFINITY, 0, this.#places.length);
    for (let row = 0; row < this.#owners.length; row++) {
      const place = this.#owners[row] as number;
      const score = this.#rowScores[row] as number;
      if (score > (scores[place] as number)) scores[place] = score;
    }
  }
}
