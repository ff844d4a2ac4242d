import { normalisePatches } from '../patch-normalisation.js';
import type { PlaceMethod, PlaceScorer } from '../place-scorer.js';
import { frameOf, type Traverse } from '../traverse.js';
import { createDifferences } from './difference-file.js';
import { byBlock, type Normalisation } from './block-normalisation.js';

/** Mean absolute difference of pixels: the simplest comparison there is, and the floor for all others. */
export const sumOfAbsoluteDifferences: PlaceMethod = (reference) =>
  byMeanDifference(reference, (frame, into) => into.set(frame));

/** The same after normalising blocks of 8×8 pixels. */
export const blockNormalisedDifferences: PlaceMethod = (reference) =>
  byMeanDifference(reference, byBlock(reference.height, reference.width, 8));

/** The same after normalising around each pixel over 7×7. */
export const windowNormalisedDifferences: PlaceMethod = (reference) =>
  byMeanDifference(reference, (frame, into) => {
    normalisePatches(frame, reference.height, reference.width, { patch: 7, lessPixels: 1 }, into);
  });

/** The same after normalising the frame as a whole: the usual one for counts of events. */
export const frameNormalisedDifferences: PlaceMethod = (reference) =>
  byMeanDifference(reference, byBlock(reference.height, reference.width, Math.max(reference.height, reference.width)));

/** Scores are −mean |row − frame|, in steps of a byte. */
function byMeanDifference(reference: Traverse, normalise: Normalisation): PlaceScorer {
  const size = reference.height * reference.width;
  const { rows, frame: query, compare, sums } = createDifferences(reference.frames, size);
  rows.forEach((row, place) => normalise(frameOf(reference, place), row));
  return {
    places: reference.frames,
    bytes: reference.frames * size,
    begin: () => undefined,
    score: (frame, scores) => {
      if (frame.length !== size) throw new RangeError(`a frame of ${frame.length} pixels: places have ${size}`);
      normalise(frame, query);
      compare();
      for (let place = 0; place < sums.length; place++) scores[place] = -(sums[place] as number) / size;
      return true;
    },
  };
}
