import type { PlaceScorer } from './place-scorer.js';
import { frameOf, type Traverse } from './traverse.js';

/** Mean absolute difference of pixels: the simplest comparison there is, and the floor for all others. */
export function sumOfAbsoluteDifferences(reference: Traverse): PlaceScorer {
  const rows = Array.from({ length: reference.frames }, (_, place) => frameOf(reference, place));
  const size = reference.height * reference.width;
  return {
    places: reference.frames,
    bytes: reference.pixels.length,
    begin: () => undefined,
    score: (frame, scores) => {
      rows.forEach((row, place) => {
        let sum = 0;
        for (let pixel = 0; pixel < size; pixel++) sum += Math.abs((row[pixel] ?? 0) - (frame[pixel] ?? 0));
        scores[place] = -sum / size;
      });
      return true;
    },
  };
}
