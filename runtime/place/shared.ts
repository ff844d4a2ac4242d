import type { MapSize, PlaceEstimate, RunPosition, placeRequests } from '../contracts.js';
import type { PictureOptions } from './picture-options.js';
import type { PlaceMode } from './place-loop.js';

/** What the supervisor and the thread of the place loop say to each other. */

export interface PlaceThreadData {
  readonly source: PictureOptions;
  /** Absent: a map for this run alone. */
  readonly map?: string;
  /** The robot may go over to one of these, and back. */
  readonly otherMaps: readonly string[];
  readonly size: MapSize;
  readonly spacing?: number;
  /** Places are recalled from a part of the view. */
  readonly recall: boolean;
  /** Where estimates are told on this machine. */
  readonly socket: string;
  readonly ros?: RosOptions;
  readonly pictures: SharedArrayBuffer;
  readonly decisions: SharedArrayBuffer;
  /** Of `ControlTime`: where a recording ends. */
  readonly times: SharedArrayBuffer;
}

/** As its file is. */
export interface NamedMap {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where a recording has ended while its run goes on, when, and the maps as they were then. */
export interface RotatedPlaces extends RunPosition {
  readonly us: number;
  readonly maps: readonly NamedMap[];
}

export interface RosOptions {
  readonly url: string;
  /** Topics. */
  readonly pose: string;
  readonly odometry?: string;
  /** Metres from place to place. */
  readonly spacing: number;
}

export type PlaceRequestVerb = (typeof placeRequests)[number];

export type ToPlaceThread =
  /** The recorder stands: frames may come. */
  | { readonly start: true }
  /** `text` is that of the label whose number is `number`; `id` comes back with the answer. */
  | {
      readonly request: PlaceRequestVerb;
      readonly id: number;
      readonly place: number;
      readonly number: number;
      readonly text: string;
    }
  | { readonly marker: number }
  /** The next cycle is to be the first of another recording. */
  | { readonly rotate: true }
  | { readonly stop: true };

/** Where the loop stands now; told with each frame. */
export interface PlaceState {
  readonly estimate: PlaceEstimate;
  /** Number of the place that was told last; −1 unknown. */
  readonly place: number;
  readonly label: string;
  readonly mode: PlaceMode;
  /** Path of the map that the robot is on; empty for one of this run alone. */
  readonly map: string;
  /** Of that map. */
  readonly places: number;
  readonly frames: number;
  /** Frames that came and were not taken in time, or not whole. */
  readonly dropped: number;
  /** Bytes of an event sensor that belonged to nothing. */
  readonly discardedBytes: number;
  readonly withoutEvidence: number;
  readonly restarts: number;
  /** Milliseconds that the last frame took from its arrival until its estimate was told on the socket. */
  readonly ms: number;
  readonly listeners: number;
  readonly ros: string;
  /** Why the map on disk lacks what was learned, or the empty string. */
  readonly mapProblem: string;
  /** Why the map gets too few places, or too many, and what to do; or the empty string. */
  readonly ruleProblem: string;
}

export type FromPlaceThread =
  /** `maps` as they are on disk: what the recording begins with. */
  | {
      readonly ready: {
        readonly mode: PlaceMode;
        readonly maps: readonly NamedMap[];
        readonly notices: readonly string[];
      };
    }
  /** Why it cannot begin. */
  | { readonly refused: string }
  /** `told` where this frame brought an estimate, `moved` where that is of another place than the last one. */
  | { readonly state: PlaceState; readonly told: boolean; readonly moved: boolean }
  | { readonly notice: { readonly delivering: boolean; readonly text: string } }
  | { readonly rotated: RotatedPlaces }
  /** Why the recording goes on. */
  | { readonly notRotated: string }
  /** The source has come to its end: nothing more will come. */
  | { readonly over: true }
  | { readonly answer: { readonly id: number; readonly refusal: string } }
  | { readonly ended: true };
