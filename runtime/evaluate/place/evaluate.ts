import type { PlaceMethod } from '../../../models/place/place-scorer.js';
import { frameOf, type Traverse } from '../../../models/place/traverse.js';
import { monotonicUs } from '../../monotonic.js';
import type { GroundTruth } from './ground-truth.js';
import { diagonalMeans, placeScores, unknownAuroc, type PlaceScores, type ScoreMatrix } from './scores.js';

export interface PlaceEvaluation {
  readonly method: string;
  readonly places: number;
  readonly queries: number;
  /** By sequence length. */
  readonly seq: Readonly<Record<string, PlaceScores>>;
  readonly unknownAuroc: Readonly<Record<string, number | null>>;
  readonly queriesPerS: number;
  readonly learnMsPerPlace: number;
  /** Of map, for 1000 places. */
  readonly bytesPer1000: number;
}

/** Learns the reference, answers every query from it and from earlier queries, and scores the answers. */
export function evaluatePlaces(
  name: string,
  method: PlaceMethod,
  reference: Traverse,
  query: Traverse,
  truth: GroundTruth,
  lengths: readonly number[],
): PlaceEvaluation {
  const startUs = monotonicUs();
  const scorer = method(reference);
  const learntUs = monotonicUs();
  const values = new Float32Array(query.frames * scorer.places).fill(Number.NaN);
  scorer.begin();
  for (let frame = 0; frame < query.frames; frame++)
    scorer.score(frameOf(query, frame), values.subarray(frame * scorer.places, (frame + 1) * scorer.places));
  const answeredUs = monotonicUs();
  const single: ScoreMatrix = { queries: query.frames, places: scorer.places, values };
  const matrices = lengths.map((length) => [String(length), diagonalMeans(single, length)] as const);
  return {
    method: name,
    places: scorer.places,
    queries: query.frames,
    seq: Object.fromEntries(matrices.map(([length, matrix]) => [length, placeScores(matrix, truth)])),
    unknownAuroc: Object.fromEntries(matrices.map(([length, matrix]) => [length, unknownAuroc(matrix, truth)])),
    queriesPerS: query.frames / ((answeredUs - learntUs) / 1e6),
    learnMsPerPlace: (learntUs - startUs) / 1000 / scorer.places,
    bytesPer1000: (1000 * scorer.bytes) / scorer.places,
  };
}
