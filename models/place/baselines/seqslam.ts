import type { PlaceMethod } from '../place-scorer.js';
import { blockNormalisedDifferences } from './mean-difference.js';

/** Places from five before to four behind, whose differences each one's is compared with. */
const window = 10;
/** Of the deviation of differences, in steps of a byte: a map of equal frames gives no division by 0. */
const leastDeviation = 1e-6;

/**
 * SeqSLAM's single-frame half: differences of block-normalised frames, each relative to mean and deviation of those to
 * the places around it. The sequence is the caller's.
 */
export const localContrast: PlaceMethod = (reference) => {
  const differences = blockNormalisedDifferences(reference);
  const { places } = differences;
  const raw = new Float32Array(places);
  return {
    ...differences,
    score: (frame, scores) => {
      differences.score(frame, raw);
      for (let place = 0; place < places; place++) {
        const from = Math.max(0, place - window / 2);
        const to = Math.min(places, place + window / 2);
        let sum = 0;
        let squares = 0;
        for (let near = from; near < to; near++) sum += raw[near] as number;
        const mean = sum / (to - from);
        for (let near = from; near < to; near++) squares += ((raw[near] as number) - mean) ** 2;
        scores[place] = ((raw[place] as number) - mean) / Math.max(Math.sqrt(squares / (to - from)), leastDeviation);
      }
      return true;
    },
  };
};
