import type { SetScore } from '../evaluate/comparison.js';
import type { DetectorScores, Lead, Sets, TimedScores } from '../evaluate/detector-scores.js';
import { stages } from '../evaluate/hypnogram.js';
import type { MarkedFolder } from '../evaluate/marked-recording.js';
import type { SpindleReport } from '../evaluate/spindles.js';

/** A report as tables for a terminal. */
export function describeSpindles(report: SpindleReport, { sets: titles }: MarkedFolder): string[] {
  const names = Object.keys(titles);
  const main = names.find((name) => report.sets[name]) ?? '';
  const rows = (sets: Sets<TimedScores>, timing: keyof TimedScores, suffix = ''): string[] =>
    names.map((name) => scoreRow(`${titles[name] ?? name}${suffix}`, sets[name]?.[timing]));
  const beside: [string, DetectorScores][] = [
    ...(report.bundled ? [['bundled, offline', report.bundled] as [string, DetectorScores]] : []),
    ...Object.entries(report.baselines),
  ];
  const staged = stages.filter((stage) => typeof report.detectionsPerMinute[stage] === 'number');
  return [
    `Detector ${report.detector}; ${report.data === 'dreams' ? 'excerpts' : 'recordings'} ${report.excerpts.join(', ')}; declared delay of ${figure(report.delayMs, 0)} ms taken off.`,
    ...(report.runs > 1 ? [`Means of ${report.runs} runs.`] : []),
    '',
    row('', 'P', 'R', 'F1', '95 % of F1', 'by sample'),
    ...rows(report.sets, 'compensated'),
    ...(report.withoutExcerpt4 ? rows(report.withoutExcerpt4, 'compensated', ', no 4') : []),
    ...rows(report.sets, 'raw', ', raw'),
    '',
    row(`beside it: ${titles[main] ?? ''}`, 'P', 'R', 'F1', 'F1 lead', '95 % of lead'),
    ...beside.map(([name, { sets }]) => {
      const lead = report.leads[name === 'bundled, offline' ? 'bundled' : name]?.sets[main];
      const { p, r, f1 } = sets[main]?.compensated ?? {};
      return row(name, figure(p), figure(r), figure(f1), signed(lead?.f1), intervalOf(lead));
    }),
    '',
    row('F1 by recording', ...names, ...beside.slice(0, 3).map(([name]) => name)),
    ...Object.entries(report.perExcerpt).map(([name, { rate, sets }]) =>
      row(
        `${name} (${rate} Hz)`,
        ...names.map((set) => figure(sets[set]?.compensated.f1)),
        ...beside.slice(0, 3).map(([, scores]) => figure(scores.perExcerpt[name]?.sets[main]?.compensated.f1)),
      ),
    ),
    '',
    row('confirmed after onset, ms', 'p10', 'p50', 'p90', 'before end'),
    ...names.map((name) => {
      const { p10, p50, p90, beforeEnd } = report.onsetLatencyMs[name] ?? {};
      return row(titles[name] ?? name, figure(p10, 0), figure(p50, 0), figure(p90, 0), percent(beforeEnd));
    }),
    '',
    row('a minute', 'all', ...staged),
    row('detections', ...(['all', ...staged] as const).map((stage) => figure(report.detectionsPerMinute[stage], 2))),
    ...(report.gatedPerMinute
      ? [
          row(
            'with the sleep gate',
            ...(['all', ...staged] as const).map((stage) => figure(report.gatedPerMinute?.[stage], 2)),
          ),
        ]
      : []),
    ...names.flatMap((name) => {
      const rates = report.falsePositivesPerMinute[name];
      if (staged.length === 0 || !rates) return [];
      return [row(`false, ${titles[name] ?? name}`, '', ...staged.map((stage) => figure(rates[stage], 2)))];
    }),
    '',
    ...report.caveats.map((caveat) => `- ${caveat}`),
  ];
}

function scoreRow(title: string, score: SetScore | undefined): string {
  return row(title, figure(score?.p), figure(score?.r), figure(score?.f1), intervalOf(score), figure(score?.bySample));
}

function intervalOf(of: Pick<Lead, 'interval'> | null | undefined): string {
  const [low, high] = of?.interval ?? [];
  return low === undefined || high === undefined ? '-' : `${low.toFixed(2)}…${high.toFixed(2)}`;
}

function row(title: string, ...cells: readonly string[]): string {
  return `${title.padEnd(30)}${cells.map((cell) => ` ${cell}`.padStart(14)).join('')}`.trimEnd();
}

/** A dash where nothing was measured. */
function figure(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? '-' : value.toFixed(digits);
}

function signed(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '-' : `${(100 * share).toFixed(0)} %`;
}
