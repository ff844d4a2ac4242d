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
  /** The frame scored last shows what the one before it showed: the robot stands. Absent: not told. */
  readonly still?: boolean;
  /** Its own way to answer from the last `frames` frames, Infinity for all so far. Absent or undefined: the mean along the
   * diagonal. */
  sequence?(frames: number): SequenceMatcher | undefined;
  /** From this `fit` of its own sequence matching on an answer is of a known place, as the map alone tells; NaN where it
   * does not. Begins anew. */
  unknownThreshold?(frames: number): number;
}

/** Answers from several frames of one drive, in order. */
export interface SequenceMatcher {
  /**
   * Takes the scores of the next frame that carried evidence; `still` as the scorer told it. Writes the answers to
   * `answers[0 … places)`, larger is surer. False: too few frames yet, and nothing was written.
   */
  step(scores: Float32Array, still: boolean, answers: Float32Array): boolean;
  /** How well the best answer of the last step fits. */
  readonly fit?: number;
}

/** Learns the places of a reference drive, a place a frame, from these frames alone. */
export type PlaceMethod = (reference: Traverse) => PlaceScorer;
