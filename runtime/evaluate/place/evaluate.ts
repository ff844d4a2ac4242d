import type { PlaceMethod, PlaceScorer } from '../../../models/place/place-scorer.js';
import { frameOf, type Traverse } from '../../../models/place/traverse.js';
import { monotonicUs } from '../../monotonic.js';
import type { GroundTruth } from './ground-truth.js';
import { placeScores, unknownAuroc, type PlaceScores, type ScoreMatrix } from './scores.js';
import { matchedAnswers, sequenceAnswers } from './sequences.js';
import { acceptance, type Acceptance } from './unknown-places.js';

export interface PlaceEvaluation {
  readonly method: string;
  readonly places: number;
  readonly queries: number;
  /** By sequence length. */
  readonly seq: Readonly<Record<string, PlaceScores>>;
  readonly unknownAuroc: Readonly<Record<string, number | null>>;
  /** By sequence length: what the method itself takes for known, by a threshold that follows from the map alone. */
  readonly unknownThreshold?: Readonly<Record<string, Acceptance>>;
  /** Answers from all frames so far, where the method follows a drive. */
  readonly filter?: PlaceScores;
  /**
   * Frame in, scores of all places out, and the step of the method's own filter: after a warm-up, the median of the
   * drives that fit into half a second.
   */
  readonly queriesPerS: number;
  readonly learnMsPerPlace: number;
  /** Of map, for 1000 places. */
  readonly bytesPer1000: number;
}

/** What a method said to each query, and what it cost. */
export interface Answers extends Pick<PlaceEvaluation, 'method' | 'queriesPerS' | 'learnMsPerPlace' | 'bytesPer1000'> {
  /** Of single frames. */
  readonly single: ScoreMatrix;
  /** Whether each frame showed what the one before it showed. */
  readonly still: readonly boolean[];
  readonly scorer: PlaceScorer;
}

export interface ScoredMethod {
  readonly answers: Answers;
  readonly evaluation: PlaceEvaluation;
}

/** Methods on the same drives. */
export interface PlaceComparison {
  readonly reference: Traverse;
  readonly query: Traverse;
  readonly truth: GroundTruth;
  readonly lengths: readonly number[];
  readonly method: ScoredMethod;
  readonly baselines: readonly ScoredMethod[];
}

/** Learns the reference and answers every query from it and from earlier queries. */
export function answerQueries(name: string, method: PlaceMethod, reference: Traverse, query: Traverse): Answers {
  const startUs = monotonicUs();
  const scorer = method(reference);
  const learntUs = monotonicUs();
  const { places } = scorer;
  const values = new Float32Array(query.frames * places).fill(Number.NaN);
  const frames = Array.from({ length: query.frames }, (_, frame) => frameOf(query, frame));
  const still: boolean[] = [];
  scorer.begin();
  frames.forEach((frame, number) => {
    scorer.score(frame, values.subarray(number * places, (number + 1) * places));
    still.push(scorer.still ?? false);
  });
  const answerUs = monotonicUs() - learntUs;
  return {
    method: name,
    queriesPerS: queriesPerS(scorer, frames, answerUs),
    learnMsPerPlace: (learntUs - startUs) / 1000 / places,
    bytesPer1000: (1000 * scorer.bytes) / places,
    single: { queries: query.frames, places, values },
    still,
    scorer,
  };
}

const measureUs = 5e5;

/** The drive that was answered first was the warm-up; only one that took long is not driven again. */
function queriesPerS(scorer: PlaceScorer, frames: readonly Uint8Array[], firstUs: number): number {
  const scores = new Float32Array(scorer.places);
  const answers = new Float32Array(scorer.places);
  const drives: number[] = [];
  for (let spentUs = 0; firstUs < 4 * measureUs && spentUs < measureUs; spentUs += drives.at(-1) ?? 0) {
    const fromUs = monotonicUs();
    scorer.begin();
    const filter = scorer.sequence?.(Number.POSITIVE_INFINITY);
    for (const frame of frames) if (scorer.score(frame, scores)) filter?.step(scores, scorer.still ?? false, answers);
    drives.push(monotonicUs() - fromUs);
  }
  const median = drives.sort((a, b) => a - b)[Math.floor(drives.length / 2)] ?? firstUs;
  return frames.length / (median / 1e6);
}

export function scoreAnswers(answers: Answers, truth: GroundTruth, lengths: readonly number[]): PlaceEvaluation {
  const { single, scorer, still, method, queriesPerS, learnMsPerPlace, bytesPer1000 } = answers;
  const matrices = lengths.map((length) => [length, sequenceAnswers(scorer, single, still, length)] as const);
  const filtered =
    scorer.sequence?.(Number.POSITIVE_INFINITY) && sequenceAnswers(scorer, single, still, Number.POSITIVE_INFINITY);
  return {
    method,
    places: single.places,
    queries: single.queries,
    seq: Object.fromEntries(matrices.map(([length, matrix]) => [length, placeScores(matrix, truth, length - 1)])),
    unknownAuroc: Object.fromEntries(matrices.map(([length, matrix]) => [length, unknownAuroc(matrix, truth)])),
    ...(scorer.unknownThreshold && { unknownThreshold: acceptances(answers, truth, lengths) }),
    ...(filtered && { filter: placeScores(filtered, truth) }),
    queriesPerS,
    learnMsPerPlace,
    bytesPer1000,
  };
}

function acceptances(
  { single, scorer, still }: Answers,
  truth: GroundTruth,
  lengths: readonly number[],
): Record<string, Acceptance> {
  return Object.fromEntries(
    lengths.flatMap((length) => {
      const matcher = scorer.sequence?.(length);
      const threshold = scorer.unknownThreshold?.(length);
      if (!matcher || threshold === undefined) return [];
      return [[length, acceptance(matchedAnswers(matcher, single, still, length).fits, threshold, truth)]];
    }),
  );
}
