import { percentile } from '../events.js';
import { stages } from '../hypnogram.js';
import type { MarkedFolder } from '../marked-recording.js';
import type { ScoredDetector, DetectorScores } from '../detector-scores.js';
import type { SetScore } from '../comparison.js';
import type { Evaluation } from '../spindles.js';
import { chart, type Series } from './chart.js';
import { chooseExamples } from './examples.js';
import { document, paragraph, section } from './document.js';
import { element, escape, table } from './markup.js';
import { drawTrace } from './trace.js';

/** One page that holds all that it shows: nothing is fetched, nothing runs. `notes` stand under the title. */
export function spindlePage(evaluation: Evaluation, folder: MarkedFolder, notes: readonly string[]): string {
  const { report, runs, beside } = evaluation;
  const set = Object.keys(folder.sets).find((name) => report.sets[name]) ?? '';
  const title = `${report.detector} on ${report.data} ${report.excerpts.join(', ')}`;
  const all: readonly [string, DetectorScores][] = [
    [report.detector, report],
    ...(report.bundled ? [['bundled, offline', report.bundled] as [string, DetectorScores]] : []),
    ...Object.entries(report.baselines),
  ];
  const [first] = runs;
  return document(
    title,
    paragraph(
      `Declared delay of ${figure(report.delayMs, 0)} ms taken off, unless raw is said.${report.runs > 1 ? ` Means of ${report.runs} runs.` : ''}`,
    ),
    ...notes.map((note) => element('p', { class: 'note' }, escape(note))),
    section('Scores', scoreTable(folder, all, report.leads)),
    section(
      `Precision and recall: ${folder.sets[set] ?? set}`,
      precisionRecall(report.detector, runs, beside, set),
      paragraph(
        'Lines: only detections whose own score reaches a level, for all levels from the one in use upwards. Dots: all detections. Grey: equal F1.',
      ),
    ),
    section(
      'Time from onset to confirmation',
      latencies(report.detector, runs, beside, set),
      latencyTable(folder, report),
    ),
    section('By recording', recordingTable(folder, all, set)),
    section('A minute, by stage', stageTable(folder, report)),
    section(
      'Examples',
      paragraph(
        'First channel, and its 11–16 Hz three times larger. Above: marks. Below: detections, with the line where they were confirmed.',
      ),
      ...(first ? chooseExamples(first.found, set).map(drawTrace) : []),
    ),
    section('To bear in mind', element('ul', {}, ...report.caveats.map((each) => element('li', {}, escape(each))))),
  );
}

function scoreTable(
  folder: MarkedFolder,
  all: readonly [string, DetectorScores][],
  leads: Evaluation['report']['leads'],
): string {
  const rows = Object.entries(folder.sets).flatMap(([set, title]) =>
    all.flatMap(([name, scores]) => {
      const sets = [
        [title, scores.sets[set]] as const,
        [`${title}, without excerpt 4`, scores.withoutExcerpt4?.[set]] as const,
      ];
      return sets.flatMap(([what, timed]) => {
        if (!timed) return [];
        const lead =
          leads[name === 'bundled, offline' ? 'bundled' : name]?.[what === title ? 'sets' : 'withoutExcerpt4']?.[set];
        return [
          [
            what,
            name,
            ...scoreCells(timed.compensated),
            figure(timed.raw.f1),
            lead ? `${signed(lead.f1)} (${interval(lead.interval)})` : '',
          ],
        ];
      });
    }),
  );
  return table(
    ['marks', 'detector', 'precision', 'recall', 'F1', '95 %', 'by sample', 'F1 raw', 'our lead in F1 (95 %)'],
    rows.sort((a, b) => (a[0] ?? '').localeCompare(b[0] ?? '')),
  );
}

function scoreCells(score: SetScore): string[] {
  return [figure(score.p), figure(score.r), figure(score.f1), interval(score.interval), figure(score.bySample)];
}

function precisionRecall(
  name: string,
  runs: readonly ScoredDetector[],
  beside: Evaluation['beside'],
  set: string,
): string {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const series: Series[] = [0.5, 0.6, 0.7, 0.8, 0.9].map((f1) => ({
    name: `F1 ${f1}`,
    kind: 'line',
    quiet: 'guide',
    points: Array.from({ length: 100 }, (_, n): [number, number] => {
      const recall = (n + 1) / 100;
      return [recall, (f1 * recall) / (2 * recall - f1)];
    }).filter(([recall, precision]) => 2 * recall > f1 && precision <= 1),
  }));
  const add = (title: string, detector: ScoredDetector, again: boolean): void => {
    const points = detector.sweep(set);
    const [, ...more] = points;
    series.push({
      name: title,
      kind: more.length > 0 ? 'line' : 'dots',
      points,
      ...(again ? { quiet: 'again' as const } : {}),
    });
    if (more.length > 0) series.push({ name: title, kind: 'dots', quiet: 'again', points: points.slice(0, 1) });
  };
  runs.forEach((run, place) => add(name, run, place > 0));
  for (const [title, detector] of Object.entries(beside)) add(title, detector, false);
  return chart(
    'Precision against recall',
    { label: 'recall', from: 0, to: 1, ticks },
    { label: 'precision', from: 0, to: 1, ticks },
    series,
  );
}

/** Share of the matches that are confirmed by then. */
function latencies(name: string, runs: readonly ScoredDetector[], beside: Evaluation['beside'], set: string): string {
  const cumulative = (detectors: readonly ScoredDetector[]): [number, number][] => {
    const all = detectors.flatMap((each) => each.latencies(set)).filter((latency) => !Number.isNaN(latency));
    if (all.length === 0) return [];
    return Array.from({ length: 101 }, (_, n) => [percentile(all, n / 100) ?? NaN, n / 100]);
  };
  const series = [[name, runs] as const, ...Object.entries(beside).map(([title, each]) => [title, [each]] as const)];
  return chart(
    'Time from the marked onset to the confirmation',
    { label: 'seconds after the marked onset', from: -0.5, to: 1.5, ticks: [-0.5, 0, 0.5, 1, 1.5] },
    { label: 'share confirmed', from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1] },
    series.flatMap(([title, detectors]): Series[] => {
      const points = cumulative(detectors);
      return points.length === 0 ? [] : [{ name: title, kind: 'line', points }];
    }),
  );
}

function latencyTable({ sets }: MarkedFolder, { onsetLatencyMs }: DetectorScores): string {
  return table(
    ['marks', 'p10, ms', 'p50, ms', 'p90, ms', 'before the marked end'],
    Object.entries(sets).map(([set, title]) => {
      const { p10, p50, p90, beforeEnd } = onsetLatencyMs[set] ?? {};
      return [title, figure(p10, 0), figure(p50, 0), figure(p90, 0), figure(beforeEnd)];
    }),
  );
}

function recordingTable(folder: MarkedFolder, all: readonly [string, DetectorScores][], set: string): string {
  const recordings = [...folder.recordings, ...folder.separately].map(({ name }) => name);
  return table(
    [`F1, ${folder.sets[set] ?? set}`, ...recordings],
    all.map(([name, { perExcerpt }]) => [
      name,
      ...recordings.map((recording) => figure(perExcerpt[recording]?.sets[set]?.compensated.f1)),
    ]),
  );
}

function stageTable(
  { sets }: MarkedFolder,
  { detectionsPerMinute, gatedPerMinute, falsePositivesPerMinute }: DetectorScores,
): string {
  const present = stages.filter((stage) => typeof detectionsPerMinute[stage] === 'number');
  return table(
    ['', 'all', ...present],
    [
      ['detections', ...(['all', ...present] as const).map((stage) => figure(detectionsPerMinute[stage], 2))],
      ...(gatedPerMinute
        ? [['with the sleep gate', ...(['all', ...present] as const).map((stage) => figure(gatedPerMinute[stage], 2))]]
        : []),
      ...Object.entries(sets).flatMap(([set, title]) => {
        const rates = falsePositivesPerMinute[set];
        return rates && present.length > 0
          ? [[`not marked by ${title}`, '', ...present.map((stage) => figure(rates[stage], 2))]]
          : [];
      }),
    ],
  );
}

function interval(of: SetScore['interval']): string {
  return of ? `${of[0].toFixed(2)} to ${of[1].toFixed(2)}` : '–';
}

function figure(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits);
}

function signed(value: number | null): string {
  return value === null ? '–' : `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}
