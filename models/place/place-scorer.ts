import type { Traverse } from './traverse.js';

/** A finished map that answers. What `axond place eval` compares; every method comes down to it. */
export interface PlaceScorer {
  readonly places: number;
  /** As it would be stored: rows, weights and what belongs to them. */
  readonly bytes: number;
  /** A new query drive begins. */
  begin(): void;
  /** `scores[0 … places)`, larger is more alike. False: the frame carries no evidence, and nothing was written. */
  score(frame: Uint8Array, scores: Float32Array): boolean;
}

/** Learns the places of a reference drive, a place a frame, from these frames alone. */
export type PlaceMethod = (reference: Traverse) => PlaceScorer;
