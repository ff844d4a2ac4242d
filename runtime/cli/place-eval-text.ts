import type { PlaceEvaluation } from '../evaluate/place/evaluate.js';
import { placeDefinitions } from '../evaluate/place/definitions.js';

/** One line a length and method, then what each costs, and what the figures mean. */
export function describePlaces(evaluation: PlaceEvaluation, baselines: readonly PlaceEvaluation[]): string[] {
  const percent = (fraction: number | null): string =>
    (fraction === null ? '-' : (100 * fraction).toFixed(1)).padStart(8);
  const all = [evaluation, ...baselines];
  const width = Math.max(...all.map(({ method }) => method.length));
  const rows = Object.keys(evaluation.seq).flatMap((length) =>
    all.flatMap(({ method, seq, unknownAuroc }) => {
      const scores = seq[length];
      if (!scores) return [];
      const { r1, r5, r10, r25, aucPr, r100p, scored } = scores;
      const cells = [r1, r5, r10, r25, aucPr, r100p, unknownAuroc[length] ?? null].map(percent).join('');
      return [`${length.padStart(6)}  ${method.padEnd(width)}${cells}  ${scored}`];
    }),
  );
  return [
    `${evaluation.queries} queries on ${evaluation.places} places`,
    `frames  ${'method'.padEnd(width)}     R@1     R@5    R@10    R@25  AUC-PR R@100%P unknown  scored`,
    ...rows,
    ...all.map(
      ({ method, queriesPerS, learnMsPerPlace, bytesPer1000 }) =>
        `${method}: ${Math.round(queriesPerS)} queries/s, ${learnMsPerPlace.toFixed(2)} ms to learn a place, ${Math.round(bytesPer1000 / 1000)} KB per 1000 places`,
    ),
    ...placeDefinitions,
  ];
}
