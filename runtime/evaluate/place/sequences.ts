import type { PlaceScorer, SequenceMatcher } from '../../../models/place/place-scorer.js';
import { diagonalMeans, type ScoreMatrix } from './scores.js';

/**
 * The answers from the last `length` frames, by the scorer's own sequence matching where it brings one. Queries without
 * a full history have no answer, whatever was matched. `still` tells the frames that showed what the one before showed.
 */
export function sequenceAnswers(
  scorer: PlaceScorer,
  single: ScoreMatrix,
  still: readonly boolean[],
  length: number,
): ScoreMatrix {
  const matcher = scorer.sequence?.(length);
  if (matcher === undefined) return diagonalMeans(single, length);
  return matchedAnswers(matcher, single, still, length).matrix;
}

/** The same of one matcher, with how well the best answer to each query fits: NaN where there is none. */
export function matchedAnswers(
  matcher: SequenceMatcher,
  single: ScoreMatrix,
  still: readonly boolean[],
  length: number,
): { readonly matrix: ScoreMatrix; readonly fits: readonly number[] } {
  const { queries, places } = single;
  const values = new Float32Array(queries * places).fill(Number.NaN);
  const fits = Array<number>(queries).fill(Number.NaN);
  for (let query = 0; query < queries; query++) {
    const scores = single.values.subarray(query * places, (query + 1) * places);
    if (Number.isNaN(scores[0])) continue;
    const answers = values.subarray(query * places, (query + 1) * places);
    const answered = matcher.step(scores, still[query] ?? false, answers);
    if (Number.isFinite(length) && query < length - 1) answers.fill(Number.NaN);
    else if (answered) fits[query] = matcher.fit ?? Number.NaN;
  }
  return { matrix: { queries, places, values }, fits };
}
