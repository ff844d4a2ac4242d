import type { PlaceMethod, PlaceScorer } from '../../../models/place/place-scorer.js';
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
  /** Frame in, scores of all places out, after a warm-up: median of the drives that fit into half a second. */
  readonly queriesPerS: number;
  readonly learnMsPerPlace: number;
  /** Of map, for 1000 places. */
  readonly bytesPer1000: number;
}

/** What a method said to each query, and what it cost. */
export interface Answers extends Pick<PlaceEvaluation, 'method' | 'queriesPerS' | 'learnMsPerPlace' | 'bytesPer1000'> {
  /** Of single frames. */
  readonly single: ScoreMatrix;
}

/** Learns the reference and answers every query from it and from earlier queries. */
export function answerQueries(name: string, method: PlaceMethod, reference: Traverse, query: Traverse): Answers {
  const startUs = monotonicUs();
  const scorer = method(reference);
  const learntUs = monotonicUs();
  const { places } = scorer;
  const values = new Float32Array(query.frames * places).fill(Number.NaN);
  const frames = Array.from({ length: query.frames }, (_, frame) => frameOf(query, frame));
  const answerUs = answerAll(
    scorer,
    frames,
    frames.map((_, frame) => values.subarray(frame * places, (frame + 1) * places)),
  );
  return {
    method: name,
    queriesPerS: queriesPerS(scorer, frames, answerUs),
    learnMsPerPlace: (learntUs - startUs) / 1000 / places,
    bytesPer1000: (1000 * scorer.bytes) / places,
    single: { queries: query.frames, places, values },
  };
}

/** Microseconds for the whole drive. */
function answerAll(scorer: PlaceScorer, frames: readonly Uint8Array[], rows: readonly Float32Array[]): number {
  const fromUs = monotonicUs();
  scorer.begin();
  for (let frame = 0; frame < frames.length; frame++)
    scorer.score(frames[frame] as Uint8Array, rows[frame] as Float32Array);
  return monotonicUs() - fromUs;
}

const measureUs = 5e5;

/** The drive that was answered first was the warm-up; only one that took long is not driven again. */
function queriesPerS(scorer: PlaceScorer, frames: readonly Uint8Array[], firstUs: number): number {
  const row = new Float32Array(scorer.places);
  const rows = frames.map(() => row);
  const drives: number[] = [];
  for (let spentUs = 0; firstUs < 4 * measureUs && spentUs < measureUs; spentUs += drives.at(-1) ?? 0)
    drives.push(answerAll(scorer, frames, rows));
  const median = drives.sort((a, b) => a - b)[Math.floor(drives.length / 2)] ?? firstUs;
  return frames.length / (median / 1e6);
}

export function scoreAnswers(answers: Answers, truth: GroundTruth, lengths: readonly number[]): PlaceEvaluation {
  const { single, method, queriesPerS, learnMsPerPlace, bytesPer1000 } = answers;
  const matrices = lengths.map((length) => [String(length), diagonalMeans(single, length)] as const);
  return {
    method,
    places: single.places,
    queries: single.queries,
    seq: Object.fromEntries(matrices.map(([length, matrix]) => [length, placeScores(matrix, truth)])),
    unknownAuroc: Object.fromEntries(matrices.map(([length, matrix]) => [length, unknownAuroc(matrix, truth)])),
    queriesPerS,
    learnMsPerPlace,
    bytesPer1000,
  };
}
