import type { GroundTruth } from './ground-truth.js';

/** One row a query, one column a place. NaN in a query's first column: it has no answer. */
export interface ScoreMatrix {
  readonly queries: number;
  readonly places: number;
  readonly values: Float32Array;
}

/** Fractions of the queries that have a right place, from 0 to 1; null where there is none. */
export interface PlaceScores {
  /** Queries that have a right place and a full history: what all fractions are of. One without an answer is missed. */
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
 * Mean of the scores of the last `length` frames along the diagonal: place p now, p − 1 a frame ago, leaving out frames
 * that have no answer. Queries without a full history have none; a place near the start of the map has the mean of what there is, as the figures of
 * the literature that this is compared with have it.
 */
export function diagonalMeans({ queries, places, values }: ScoreMatrix, length: number): ScoreMatrix {
  const means = new Float32Array(queries * places).fill(Number.NaN);
  const answered = Array.from({ length: queries }, (_, query) => !Number.isNaN(values[query * places]));
  for (let query = length - 1; query < queries; query++) {
    const backs = Array.from({ length }, (_, back) => back).filter((back) => answered[query - back]);
    for (let place = 0; place < places; place++) {
      let sum = 0;
      let frames = 0;
      for (const back of backs) {
        if (back > place) break;
        sum += values[(query - back) * places + place - back] as number;
        frames++;
      }
      means[query * places + place] = frames === 0 ? Number.NEGATIVE_INFINITY : sum / frames;
    }
    if (backs.length === 0) means.fill(Number.NaN, query * places, (query + 1) * places);
  }
  return { queries, places, values: means };
}

/** Of the queries from `from` on: those before have no full history. */
export function placeScores(matrix: ScoreMatrix, truth: GroundTruth, from = 0): PlaceScores {
  const ranks = ranksOf(matrix, truth, from);
  const within = (count: number): number | null =>
    ranks.length === 0 ? null : ranks.filter((rank) => rank < count).length / ranks.length;
  const curve = precisionRecall(matrix, truth, from);
  let area = 0;
  let r100p = 0;
  let before: CurvePoint = { recall: 0, precision: 1 };
  for (const point of curve) {
    area += ((point.recall - before.recall) * (point.precision + before.precision)) / 2;
    if (point.precision === 1) r100p = point.recall;
    before = point;
  }
  return {
    scored: ranks.length,
    r1: within(1),
    r5: within(5),
    r10: within(10),
    r25: within(25),
    ...(ranks.length === 0 ? { aucPr: null, r100p: null } : { aucPr: area, r100p }),
  };
}

/** Of each scored query: places before the best right one, Infinity without an answer. */
export function ranksOf(matrix: ScoreMatrix, truth: GroundTruth, from = 0): number[] {
  const ranks: number[] = [];
  for (let query = from; query < matrix.queries; query++) {
    const right = truth[query] ?? [];
    if (right.length === 0) continue;
    const row = rowOf(matrix, query);
    ranks.push(row === undefined ? Number.POSITIVE_INFINITY : rankOf(row, right));
  }
  return ranks;
}

export interface CurvePoint {
  readonly recall: number;
  readonly precision: number;
}

/** Best match of each query, accepted from the surest down, equal scores together; recall over the scored queries. */
export function precisionRecall(matrix: ScoreMatrix, truth: GroundTruth, from = 0): CurvePoint[] {
  const best: { readonly score: number; readonly right: boolean }[] = [];
  let known = 0;
  for (let query = from; query < matrix.queries; query++) {
    const right = truth[query] ?? [];
    if (right.length > 0) known++;
    const row = rowOf(matrix, query);
    if (row === undefined) continue;
    const place = bestPlace(row);
    best.push({ score: row[place] as number, right: right.includes(place) });
  }
  if (known === 0) return [];
  best.sort((a, b) => b.score - a.score);
  let right = 0;
  const points: CurvePoint[] = [];
  best.forEach((match, place) => {
    if (match.right) right++;
    if (best[place + 1]?.score !== match.score) points.push({ recall: right / known, precision: right / (place + 1) });
  });
  return points;
}

/** Undefined where the query has no answer. */
export function rowOf({ places, values }: ScoreMatrix, query: number): Float32Array | undefined {
  const row = values.subarray(query * places, (query + 1) * places);
  return Number.isNaN(row[0] ?? Number.NaN) ? undefined : row;
}

/** The first of the best. */
export function bestPlace(row: Float32Array): number {
  let best = 0;
  for (let place = 1; place < row.length; place++) if ((row[place] as number) > (row[best] as number)) best = place;
  return best;
}

/** Places before the best right one; equal scores count in the order of the places. */
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

/**
 * Chance that a query with a right place has a better best score than one without, ties counted half. Null where
 * there are no queries of one kind.
 */
export function unknownAuroc(matrix: ScoreMatrix, truth: GroundTruth): number | null {
  const known: number[] = [];
  const unknown: number[] = [];
  for (let query = 0; query < matrix.queries; query++) {
    const row = rowOf(matrix, query);
    if (row === undefined) continue;
    ((truth[query] ?? []).length > 0 ? known : unknown).push(row[bestPlace(row)] ?? Number.NEGATIVE_INFINITY);
  }
  if (known.length === 0 || unknown.length === 0) return null;
  let wins = 0;
  for (const a of known) for (const b of unknown) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (known.length * unknown.length);
}
