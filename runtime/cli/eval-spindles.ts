import { Command } from 'commander';
import { bandPowerPoints } from '../detect/band-power.js';
import { createDetector, type DetectorPlan } from '../detect/detector-plan.js';
import type { SetScore } from '../evaluate/comparison.js';
import { DreamsError, readDreams, stages, type DreamsExcerpt } from '../evaluate/dreams.js';
import { evaluateSpindles, setNames, type SetName, type SpindleReport } from '../evaluate/spindles.js';
import { Failure, UsageError, print, printJson } from './output.js';

export function evalSpindlesCommand(): Command {
  return new Command('spindles')
    .description('Sleep spindles on the excerpts of the DREAMS database, whichever the folder holds')
    .argument('<DIR>', 'folder with excerptN.txt[.gz] and the files of marks')
    .option('--detector <NAME>', `one of ${Object.keys(detectors).join(', ')}`, 'band-power')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond eval spindles DatabaseSpindles --detector band-power')
    .action((folder: string, { detector, json }: { detector: string; json?: true }) => {
      const report = evaluate(folder, detector);
      if (json) printJson(report);
      else print(...describe(report));
    });
}

/** `band-power` is its point r2. */
const detectors: Readonly<Record<string, DetectorPlan>> = {
  'band-power': { use: 'band-power' },
  ...Object.fromEntries(
    Object.entries(bandPowerPoints).map(([name, options]) => [`band-power:${name}`, { use: 'band-power', ...options }]),
  ),
  'three-feature': { use: 'three-feature' },
};

function evaluate(folder: string, name: string): SpindleReport {
  const plan = detectors[name];
  if (!plan) {
    throw new UsageError(`--detector: ${name} is not known. Use one of ${Object.keys(detectors).join(', ')}.`);
  }
  let excerpts: DreamsExcerpt[];
  try {
    excerpts = readDreams(folder);
  } catch (error) {
    throw error instanceof DreamsError ? new UsageError(error.message) : error;
  }
  try {
    return evaluateSpindles(name, () => createDetector(plan), excerpts, progressOf(excerpts.length));
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}

/** Shows what is left to do once it has taken two seconds, to a person only. */
function progressOf(total: number): (done: number) => void {
  const start = performance.now();
  return (done) => {
    const seconds = (performance.now() - start) / 1000;
    if (seconds < 2 || !process.stderr.isTTY) return;
    const left = Math.ceil((seconds / done) * (total - done));
    process.stderr.write(done < total ? `\rexcerpt ${done} of ${total}, ${left} s left ` : '\r\x1b[K');
  };
}

const setTitles: Readonly<Record<SetName, string>> = {
  e1: 'expert 1, first 1000 s',
  e2: 'expert 2, 1800 s',
  union: 'either, first 1000 s',
};

function describe(report: SpindleReport): string[] {
  const { detector, bundled, sets, delayMs, withoutExcerpt4, onsetLatencyMs, falsePositivesPerMinute } = report;
  const scoresOf = (of: SpindleReport['sets'], suffix: string): string[] =>
    setNames.map((name) => scoreRow(`${setTitles[name]}${suffix}`, of[name]?.compensated));
  return [
    `Detector ${detector}; excerpts ${report.excerpts.join(', ')}; declared delay of ${figure(delayMs, 0)} ms taken off.`,
    '',
    row('', 'P', 'R', 'F1', '95 % of F1', 'by sample'),
    ...scoresOf(sets, ''),
    ...(withoutExcerpt4 ? scoresOf(withoutExcerpt4, ', no 4') : []),
    ...setNames.map((name) => scoreRow(`${setTitles[name]}, raw`, sets[name]?.raw)),
    '',
    'Detection that comes with the database (offline)',
    ...(bundled ? scoresOf(bundled.sets, '') : ['none in the folder']),
    '',
    row('F1 by excerpt', 'E1', 'E2', 'union', 'database E1', 'E2'),
    ...Object.entries(report.perExcerpt).map(([number, excerpt]) => {
      const beside = bundled?.perExcerpt[number]?.sets;
      const f1 = setNames.map((name) => figure(excerpt.sets[name]?.compensated.f1));
      return row(`${number} (${excerpt.rate} Hz)`, ...f1, figure(beside?.e1?.raw.f1), figure(beside?.e2?.raw.f1));
    }),
    '',
    row('confirmed after onset, ms', 'p10', 'p50', 'p90', 'before end'),
    ...setNames.map((name) => {
      const { p10, p50, p90, beforeEnd } = onsetLatencyMs[name] ?? {};
      return row(setTitles[name], figure(p10, 0), figure(p50, 0), figure(p90, 0), percent(beforeEnd));
    }),
    '',
    row('false positives a minute', ...stages),
    ...setNames.map((name) =>
      row(setTitles[name], ...stages.map((stage) => figure(falsePositivesPerMinute[name]?.[stage], 2))),
    ),
    '',
    ...report.caveats.map((caveat) => `- ${caveat}`),
  ];
}

function scoreRow(title: string, score: SetScore | undefined): string {
  const [low, high] = score?.interval ?? [];
  const interval = low === undefined || high === undefined ? '-' : `${low.toFixed(2)}–${high.toFixed(2)}`;
  return row(title, figure(score?.p), figure(score?.r), figure(score?.f1), interval, figure(score?.bySample));
}

function row(title: string, ...cells: readonly string[]): string {
  return `${title.padEnd(30)}${cells.map((cell) => cell.padStart(12)).join('')}`.trimEnd();
}

/** A dash where nothing was measured. */
function figure(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? '-' : value.toFixed(digits);
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '-' : `${(100 * share).toFixed(0)} %`;
}
