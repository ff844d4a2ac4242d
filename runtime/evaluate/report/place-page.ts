import { frameOf, type Traverse } from '../../../models/place/traverse.js';
import { placeDefinitions } from '../place/definitions.js';
import type { PlaceComparison, ScoredMethod } from '../place/evaluate.js';
import type { PlaceScores } from '../place/scores.js';
import { bestPlace, precisionRecall, ranksOf, rowOf, type ScoreMatrix } from '../place/scores.js';
import { sequenceAnswers } from '../place/sequences.js';
import { chart, type Series } from './chart.js';
import { document, paragraph, section } from './document.js';
import { element, escape, table } from './markup.js';
import { pngAddress } from './png.js';

/** Matrices and curves are of the shortest and the longest sequence; confusions of the longest that has some. */
export function placePage(comparison: PlaceComparison): string {
  const { reference, query, lengths, method, baselines } = comparison;
  const all = [method, ...baselines];
  const shown = [...new Set([Math.min(...lengths), Math.max(...lengths)])];
  const frames = (length: number): string => (length === 1 ? 'single frames' : `${length} frames together`);
  return document(
    `${method.evaluation.method}: ${query.frames} queries on ${reference.frames} places`,
    section('Scores', scoreTable(all, lengths), costTable(all), definitions()),
    ...shown.map((length) => {
      const answers = all.map((each) => ({ name: each.evaluation.method, matrix: matrixOf(each, length) }));
      const [own] = answers;
      return section(
        `By ${frames(length)}`,
        ...(own ? [similarity(own.matrix)] : []),
        precisionRecallChart(comparison, answers, length),
        recallChart(comparison, answers, length),
      );
    }),
    section('Confusions', ...confusions(comparison, [...shown].reverse(), frames)),
  );
}

function definitions(): string {
  return element('ul', {}, ...placeDefinitions.map((text) => element('li', {}, escape(text))));
}

interface NamedMatrix {
  readonly name: string;
  readonly matrix: ScoreMatrix;
}

function matrixOf({ answers: { scorer, single, still } }: ScoredMethod, length: number): ScoreMatrix {
  return sequenceAnswers(scorer, single, still, length);
}

function scoreTable(all: readonly ScoredMethod[], lengths: readonly number[]): string {
  const row = (frames: string, method: string, scores: PlaceScores, auroc: number | null): string[] => [
    frames,
    method,
    ...[scores.r1, scores.r5, scores.r10, scores.r25, scores.aucPr, scores.r100p, auroc].map(percent),
    String(scores.scored),
  ];
  const rows = lengths.flatMap((length) =>
    all.flatMap(({ evaluation: { method, seq, unknownAuroc } }) => {
      const scores = seq[length];
      return scores ? [row(String(length), method, scores, unknownAuroc[length] ?? null)] : [];
    }),
  );
  const filtered = all.flatMap(({ evaluation: { method, filter } }) =>
    filter ? [row('all so far', method, filter, null)] : [],
  );
  return table(
    ['frames', 'method', 'R@1', 'R@5', 'R@10', 'R@25', 'AUC-PR', 'R@100%P', 'unknown', 'scored'],
    [...rows, ...filtered],
  );
}

function costTable(all: readonly ScoredMethod[]): string {
  return table(
    ['', 'queries/s', 'ms to learn a place', 'KB per 1000 places'],
    all.map(({ evaluation: { method, queriesPerS, learnMsPerPlace, bytesPer1000 } }) => [
      method,
      queriesPerS.toFixed(0),
      learnMsPerPlace.toFixed(3),
      (bytesPer1000 / 1000).toFixed(0),
    ]),
  );
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : (100 * fraction).toFixed(1);
}

const most = 512;

/** Down: queries. Across: places. Dark: how far above the mean of its query, in deviations; the best of what shares a pixel. */
function similarity(matrix: ScoreMatrix): string {
  const { queries, places } = matrix;
  const step = Math.max(1, Math.ceil(Math.max(queries, places) / most));
  const [height, width] = [Math.ceil(queries / step), Math.ceil(places / step)];
  const pixels = new Uint8Array(height * width).fill(255);
  for (let query = 0; query < queries; query++) {
    const row = rowOf(matrix, query);
    if (row === undefined) continue;
    const { mean, deviation } = momentsOf(row);
    for (let place = 0; place < places; place++) {
      const above = deviation > 0 ? ((row[place] as number) - mean) / deviation : 0;
      const at = Math.floor(query / step) * width + Math.floor(place / step);
      pixels[at] = Math.min(pixels[at] as number, 255 - 50 * Math.min(5, Math.max(0, above)));
    }
  }
  const title =
    'Similarity: places from left to right, queries from top to bottom, in deviations above the mean of each query';
  return figure(title, picture(title, pixels, width, height, 'matrix'));
}

/** Of the numbers that are finite. */
function momentsOf(row: Float32Array): { mean: number; deviation: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of row) {
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

const share = [0, 0.2, 0.4, 0.6, 0.8, 1];

function precisionRecallChart({ truth }: PlaceComparison, answers: readonly NamedMatrix[], length: number): string {
  return chart(
    'Precision against recall',
    { label: 'recall', from: 0, to: 1, ticks: share },
    { label: 'precision', from: 0, to: 1, ticks: share },
    answers.map(({ name, matrix }): Series => ({
      name,
      kind: 'line',
      points: precisionRecall(matrix, truth, length - 1).map(({ recall, precision }) => [recall, precision]),
    })),
  );
}

function recallChart({ truth }: PlaceComparison, answers: readonly NamedMatrix[], length: number): string {
  return chart(
    'Share of queries with a right place among the N best',
    { label: 'N', from: 1, to: 25, ticks: [1, 5, 10, 15, 20, 25] },
    { label: 'recall@N', from: 0, to: 1, ticks: share },
    answers.map(({ name, matrix }): Series => {
      const ranks = ranksOf(matrix, truth, length - 1);
      const within = (count: number): number => ranks.filter((rank) => rank < count).length / ranks.length;
      return {
        name,
        kind: 'line',
        points: ranks.length === 0 ? [] : Array.from({ length: 25 }, (_, n) => [n + 1, within(n + 1)]),
      };
    }),
  );
}

const mostConfusions = 12;

/** The surest wrong answers, each with what was seen, what it was taken for, and what it was. */
function confusions(
  { method, truth, query, reference }: PlaceComparison,
  lengths: readonly number[],
  frames: (length: number) => string,
): string[] {
  for (const length of lengths) {
    const wrong = wrongAnswers(matrixOf(method, length), truth);
    if (wrong.length === 0) continue;
    return [
      paragraph(
        `${wrong.length} wrong by ${frames(length)}; the surest first: the query, the place that it was taken for, a right place.`,
      ),
      ...wrong.slice(0, mostConfusions).map((each) => {
        const right = truth[each.query]?.[0];
        return element(
          'div',
          { class: 'side' },
          framed(`query ${each.query}`, query, each.query),
          framed(`taken for place ${each.place}`, reference, each.place),
          right === undefined ? figure('it is not on the map') : framed(`right: place ${right}`, reference, right),
        );
      }),
    ];
  }
  return [paragraph('None.')];
}

interface WrongAnswer {
  readonly query: number;
  readonly place: number;
  readonly score: number;
}

/** Also those of queries that have no right place: the surest first. */
function wrongAnswers(matrix: ScoreMatrix, truth: PlaceComparison['truth']): WrongAnswer[] {
  const wrong: WrongAnswer[] = [];
  for (let query = 0; query < matrix.queries; query++) {
    const row = rowOf(matrix, query);
    if (row === undefined) continue;
    const place = bestPlace(row);
    if (!(truth[query] ?? []).includes(place)) wrong.push({ query, place, score: row[place] as number });
  }
  return wrong.sort((a, b) => b.score - a.score);
}

function framed(caption: string, drive: Traverse, frame: number): string {
  return figure(caption, picture(caption, frameOf(drive, frame), drive.width, drive.height, 'frame'));
}

function figure(caption: string, ...inside: readonly string[]): string {
  return element('figure', {}, ...inside, element('figcaption', {}, escape(caption)));
}

function picture(alt: string, pixels: Uint8Array, width: number, height: number, kind: string): string {
  const attributes = `src="${pngAddress(pixels, width, height)}" width="${width}" height="${height}"`;
  return `<img class="${kind}" alt="${escape(alt)}" ${attributes} />`;
}
