import { percentile, scoreOf, sumOf, type Counts, type Match, type TimedEvent } from './events.js';

/**
 * Counts of one window cut into blocks of `seconds`, for `f1Interval`: each event counts in the block of its onset,
 * a matched pair in that of its reference. Neighbouring events depend on each other; blocks nearly do not.
 */
export function countBlocks(
  references: readonly TimedEvent[],
  detections: readonly TimedEvent[],
  matches: readonly Match[],
  windowEnd: number,
  seconds = 50,
): Counts[] {
  const blocks = Array.from({ length: Math.ceil(windowEnd / seconds) }, () => ({
    matched: 0,
    references: 0,
    detections: 0,
  }));
  const blockOf = (event: TimedEvent | undefined) => blocks[Math.floor((event?.onset ?? NaN) / seconds)];
  const pairOf = new Map(matches.map(({ detection, reference }) => [detection, reference]));
  for (const event of references) {
    const block = blockOf(event);
    if (block) block.references++;
  }
  detections.forEach((event, place) => {
    const reference = pairOf.get(place);
    const block = blockOf(reference === undefined ? event : references[reference]);
    if (!block) return;
    block.detections++;
    if (reference !== undefined) block.matched++;
  });
  return blocks;
}

/** 95 % interval of F1 over resampled blocks; the same seed gives the same interval. Null without events. */
export function f1Interval(blocks: readonly Counts[], draws = 1000, seed = 1): [number, number] | null {
  if (blocks.length === 0) return null;
  const next = generator(seed);
  const scores: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const sample = blocks.map(() => blocks[Math.floor(next() * blocks.length)] as Counts);
    const { f1 } = scoreOf(sumOf(sample));
    if (f1 !== null) scores.push(f1);
  }
  const low = percentile(scores, 0.025);
  const high = percentile(scores, 0.975);
  return low === null || high === null ? null : [low, high];
}

/** Uniform numbers in [0, 1): xorshift32. */
function generator(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
