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
  return intervalOver(
    blocks.length,
    (places) => scoreOf(sumOf(places.map((at) => blocks[at] as Counts))).f1,
    draws,
    seed,
  );
}

/**
 * The same of the F1 of one detector less that of another, over the same blocks of the same recordings. `coverage` is the
 * share of draws that the interval holds.
 */
export function f1DifferenceInterval(
  blocks: readonly Counts[],
  others: readonly Counts[],
  coverage = 0.95,
  draws = 1000,
  seed = 1,
): [number, number] | null {
  if (blocks.length !== others.length)
    throw new RangeError(`blocks: ${blocks.length} against ${others.length}. Cut both at the same times.`);
  const f1 = (of: readonly Counts[], places: readonly number[]) =>
    scoreOf(sumOf(places.map((at) => of[at] as Counts))).f1;
  const difference = (places: readonly number[]): number | null => {
    const own = f1(blocks, places);
    const other = f1(others, places);
    return own === null || other === null ? null : own - other;
  };
  return intervalOver(blocks.length, difference, draws, seed, coverage);
}

/** `figure` of as many places as there are, drawn with replacement. */
function intervalOver(
  count: number,
  figure: (places: readonly number[]) => number | null,
  draws: number,
  seed: number,
  coverage = 0.95,
): [number, number] | null {
  if (count === 0) return null;
  const next = generator(seed);
  const figures: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const places = Array.from({ length: count }, () => Math.floor(next() * count));
    const value = figure(places);
    if (value !== null) figures.push(value);
  }
  const low = percentile(figures, (1 - coverage) / 2);
  const high = percentile(figures, (1 + coverage) / 2);
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
