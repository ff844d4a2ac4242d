/** Emissions, costs and beliefs of the sequence filters are 16-bit numbers with eight binary places. */
export const one = 256;

/** Beyond this many standard deviations a match tells no more: one frame alone must not move the belief far. */
const most = 4.5;

/**
 * How well each place explains one frame: its score in standard deviations from the mean over all places, to
 * `emission[at … at + places)`. Sums are doubles in the order of the places, the rest single precision, so that a
 * vector kernel can give the same bits. Where all places score alike the frame tells nothing: all 0.
 */
export function writeEmission(scores: Float32Array, places: number, emission: Int16Array, at: number): void {
  let sum = 0;
  let squares = 0;
  for (let place = 0; place < places; place++) {
    const score = scores[place] as number;
    sum += score;
    squares += score * score;
  }
  const mean = sum / places;
  const variance = squares / places - mean * mean;
  // What rounding alone leaves of the variance of equal scores.
  const scale = variance > 1e-12 * mean * mean ? Math.fround(one / Math.sqrt(variance)) : 0;
  const centre = Math.fround(mean);
  for (let place = 0; place < places; place++) {
    const deviation = Math.fround(Math.fround((scores[place] as number) - centre) * scale);
    const rounded = Math.floor(Math.fround(deviation + 0.5));
    emission[at + place] = rounded > most * one ? most * one : rounded < -most * one ? -most * one : rounded;
  }
}
