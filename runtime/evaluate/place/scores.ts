import type { GroundTruth } from './ground-truth.js';

/** One row a query, one column a place. NaN in a query's first column: it has no answer, and is not scored. */
export interface ScoreMatrix {
  readonly queries: number;
  readonly places: number;
  readonly values: Float32Array;
}

/** Fractions of the queries that have a right place, from 0 to 1; null where there is none. */
export interface PlaceScores {
  /** Queries that have a right place and an answer: what all fractions are of. */
  readonly scored: number;
  /** Share of queries with a right place among the best 1, 5, 10, 25. */
  readonly r1: number | null;
  readonly r5: number | null;
  readonly r10: number | null;
  readonly r25: number | null;
  /** Area under precision over recall, best match of each query alone, by trapezoids; recall ends at r1. */
  readonly aucPr: number | null;
  /** Largest recall at precision 1. */
  readonly r100p: number | null;
}

/**
 * Mean of the scores of the last `length` frames along the diagonal: place p now, p − 1 a frame ago. Queries without
 * a full history have no answer; a place near the start of the map has the mean of what there is, as the figures of
 * the literature that this is compared with have it.
 */
export function diagonalMeans({ queries, places, values }: ScoreMatrix, length: number): ScoreMatrix {
  const means = new Float32Array(queries * places);
  for (let query = 0; query < queries; query++) {
    const row = query * places;
    if (query < length - 1) {
      means.fill(Number.NaN, row, row + places);
      continue;
    }
    for (let place = 0; place < places; place++) {
      const frames = Math.min(length, place + 1);
      let sum = 0;
      for (let back = 0; back < frames; back++) sum += values[(query - back) * places + place - back] ?? Number.NaN;
      means[row + place] = sum / frames;
    }
    if (means.subarray(row, row + places).some(Number.isNaN)) means.fill(Number.NaN, row, row + places);
  }
  return { queries, places, values: means };
}

interface BestMatch {
  readonly score: number;
  readonly right: boolean;
}

export function placeScores(matrix: ScoreMatrix, truth: GroundTruth): PlaceScores {
  const ranks: number[] = [];
  const best: BestMatch[] = [];
  for (let query = 0; query < matrix.queries; query++) {
    const row = matrix.values.subarray(query * matrix.places, (query + 1) * matrix.places);
    if (Number.isNaN(row[0] ?? Number.NaN)) continue;
    const right = truth[query] ?? [];
    best.push(bestOf(row, right));
    if (right.length > 0) ranks.push(rankOf(row, right));
  }
  const within = (count: number): number | null =>
    ranks.length === 0 ? null : ranks.filter((rank) => rank < count).length / ranks.length;
  return {
    scored: ranks.length,
    r1: within(1),
    r5: within(5),
    r10: within(10),
    r25: within(25),
    ...precisionRecall(best, ranks.length),
  };
}

function bestOf(row: Float32Array, right: readonly number[]): BestMatch {
  const place = bestPlace(row);
  return { score: row[place] ?? Number.NEGATIVE_INFINITY, right: right.includes(place) };
}

/** The first of the best. */
export function bestPlace(row: Float32Array): number {
  let best = 0;
  for (let place = 1; place < row.length; place++) if ((row[place] as number) > (row[best] as number)) best = place;
  return best;
}

/** Places before the first right one; equal scores count in the order of the places. */
function rankOf(row: Float32Array, right: readonly number[]): number {
  let first = right[0] ?? 0;
  for (const place of right)
    if ((row[place] ?? Number.NEGATIVE_INFINITY) > (row[first] ?? Number.NEGATIVE_INFINITY)) first = place;
  const score = row[first] ?? Number.NEGATIVE_INFINITY;
  let rank = 0;
  for (let place = 0; place < row.length; place++) {
    const other = row[place] as number;
    if (other > score || (other === score && place < first)) rank++;
  }
  return rank;
}

/** Accepts queries from the surest down, equal scores together. */
function precisionRecall(best: readonly BestMatch[], known: number): Pick<PlaceScores, 'aucPr' | 'r100p'> {
  if (known === 0) return { aucPr: null, r100p: null };
  const sorted = [...best].sort((a, b) => b.score - a.score);
  let accepted = 0;
  let right = 0;
  let area = 0;
  let r100p = 0;
  let before = { recall: 0, precision: 1 };
  sorted.forEach((match, place) => {
    accepted++;
    if (match.right) right++;
    if (sorted[place + 1]?.score === match.score) return;
    const point = { recall: right / known, precision: right / accepted };
    area += ((point.recall - before.recall) * (point.precision + before.precision)) / 2;
    if (right === accepted) r100p = point.recall;
    before = point;
  });
  return { aucPr: area, r100p };
}

/**
 * Chance that a query with a right place has a better best score than one without, ties counted half. Null where
 * there are no queries of one kind.
 */
export function unknownAuroc(matrix: ScoreMatrix, truth: GroundTruth): number | null {
  const known: number[] = [];
  const unknown: number[] = [];
  for (let query = 0; query < matrix.queries; query++) {
    const row = matrix.values.subarray(query * matrix.places, (query + 1) * matrix.places);
    if (Number.isNaN(row[0] ?? Number.NaN)) continue;
    ((truth[query] ?? []).length > 0 ? known : unknown).push(row[bestPlace(row)] ?? Number.NEGATIVE_INFINITY);
  }
  if (known.length === 0 || unknown.length === 0) return null;
  let wins = 0;
  for (const a of known) for (const b of unknown) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (known.length * unknown.length);
}
