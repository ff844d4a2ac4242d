import { Command } from 'commander';
import { SignalFileError } from '../../drivers/file/signal-file.js';
import { runDetector } from '../evaluate/detector-run.js';
import { stages, type Stage } from '../evaluate/hypnogram.js';
import { readMarkedFolder } from '../evaluate/marked-folder.js';
import { MarksError, type FrameSource, type MarkedFolder, type MarkedRecording } from '../evaluate/marked-recording.js';
import { countGate, runGate, scoreGate, type GateCounts, type GateScore } from '../evaluate/sleep-gate.js';
import { chooseDetector, type DetectorChoice } from './detector-choice.js';
import { positive } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface GateOptions {
  detector?: string;
  model?: string;
  channel?: string;
  rate?: number;
  json?: true;
}

export function evalGateCommand(): Command {
  return new Command('gate')
    .description(
      'The sleep gate against hypnograms: when it is open, which spindles it loses, which detections it stops',
    )
    .argument('<DIR>', 'folder with signals, marks and stages, as for: axond eval spindles')
    .option('--detector <NAME>', 'detector of spindles whose detections are counted (default: band-power)')
    .option('--model <FILE>', 'network of this detector')
    .option('--channel <NAME>', 'channel or derivation, such as C3 - M2, to look in (default: the first channel)')
    .option('--rate <HZ>', 'sampling rate of signals that do not say theirs', positive)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond eval gate DatabaseSpindles')
    .action(async (path: string, options: GateOptions) => {
      const folder = readFolder(path, options.rate);
      const report = await evaluate(folder, options);
      if (options.json) printJson(report);
      else print(...describe(report));
    });
}

interface GateReport {
  readonly detector: string;
  readonly data: MarkedFolder['kind'];
  /** Whose marks are counted. */
  readonly marks: string;
  readonly total: GateScore;
  /** As far as the marks go. */
  readonly whereMarked: GateScore;
  readonly perRecording: Readonly<Record<string, GateScore>>;
}

async function evaluate(folder: MarkedFolder, options: GateOptions): Promise<GateReport> {
  const { channel } = options;
  const gate = chooseDetector({ detector: 'sleep-gate', ...(channel === undefined ? {} : { channel }) });
  const choice = chooseDetector(options);
  const [marks = ''] = Object.keys(folder.sets);
  try {
    const parts: { readonly name: string; readonly whole: GateCounts; readonly marked: GateCounts }[] = [];
    for (const recording of folder.recordings) {
      parts.push({ name: recording.name, ...(await countRecording(recording, marks, gate, choice)) });
    }
    return {
      detector: choice.name,
      data: folder.kind,
      marks,
      total: scoreGate(parts.map(({ whole }) => whole)),
      whereMarked: scoreGate(parts.map(({ marked }) => marked)),
      perRecording: Object.fromEntries(parts.map(({ name, whole }) => [name, scoreGate([whole])])),
    };
  } catch (error) {
    throw error instanceof SignalFileError || error instanceof RangeError ? new Failure(error.message) : error;
  }
}

async function countRecording(
  recording: MarkedRecording,
  marks: string,
  gate: DetectorChoice,
  choice: DetectorChoice,
): Promise<{ readonly whole: GateCounts; readonly marked: GateCounts }> {
  const { hypnogram, seconds, sets } = recording;
  const { events = [], seconds: markedSeconds = seconds } = sets[marks] ?? {};
  const judgements = await withSource(recording, async (source) => {
    const { loop, detector } = await gate.build(source.stream);
    return runGate(loop, detector, source, seconds);
  });
  const { events: detections } = await withSource(recording, async (source) => {
    const { loop, detector } = await choice.build(source.stream);
    return runDetector(loop, detector, source, seconds);
  });
  const marked = events.filter(({ onset }) => onset < markedSeconds);
  return {
    whole: countGate(judgements, hypnogram, marked, detections, seconds),
    marked: countGate(judgements, hypnogram, marked, detections, markedSeconds),
  };
}

async function withSource<Result>(
  recording: MarkedRecording,
  use: (source: FrameSource) => Promise<Result>,
): Promise<Result> {
  const source = recording.open();
  try {
    return await use(source);
  } finally {
    source.close();
  }
}

function readFolder(path: string, rate: number | undefined): MarkedFolder {
  try {
    return readMarkedFolder(path, rate);
  } catch (error) {
    throw error instanceof MarksError ? new UsageError(error.message) : error;
  }
}

function describe({ detector, marks, total, whereMarked, perRecording }: GateReport): string[] {
  const shown = stages.filter((stage) => total.minutes[stage] > 0);
  const cells = (values: Readonly<Record<Stage, number | null>>, write: (value: number) => string): string[] =>
    shown.map((stage) => {
      const value = values[stage];
      return value === null ? '-' : write(value);
    });
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const fixed = (value: number): string => value.toFixed(2);
  const scores: [string, GateScore][] = [
    ['all', total],
    ['as far as the marks go', whereMarked],
    ...Object.entries(perRecording),
  ];
  return [
    row('gate open', ...shown, 'lost', 'when sure', 'turns/min'),
    ...scores.map(([name, score]) =>
      row(
        name,
        ...cells(score.open, share),
        `${score.lost} of ${score.marks}`,
        `${score.lostWhenSure}`,
        score.turnsPerMinute === null ? '-' : fixed(score.turnsPerMinute),
      ),
    ),
    '',
    row('minutes', ...cells(total.minutes, fixed)),
    row(`${detector}, a minute`, ...cells(total.detectionsPerMinute, fixed)),
    row('of these let through', ...cells(total.gatedPerMinute, fixed)),
    '',
    `- lost: marks (${marks}) in S2 to S4, or without a hypnogram all, at whose onset the gate was shut; when sure: 0.6 s later.`,
    '- Nothing is counted before the first judgement.',
  ];
}

function row(title: string, ...cells: readonly string[]): string {
  return `${title.padEnd(26)}${cells.map((cell) => ` ${cell}`.padStart(11)).join('')}`.trimEnd();
}
