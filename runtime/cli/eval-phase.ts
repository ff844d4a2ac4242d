import { Command } from 'commander';
import { SignalFileError } from '../../drivers/file/signal-file.js';
import { parseQuantity, type Dimension } from '../config/units.js';
import type { CircularScore } from '../evaluate/circular.js';
import { stages } from '../evaluate/hypnogram.js';
import { readMarkedFolder } from '../evaluate/marked-folder.js';
import { MarksError, type MarkedFolder } from '../evaluate/marked-recording.js';
import {
  estimatorNames,
  evaluatePhase,
  type CouplingScore,
  type PhaseCandidate,
  type PhaseReport,
  type TargetingScore,
} from '../evaluate/phase.js';
import { chooseDetector, withDetectorOptions, type DetectorFlags } from './detector-choice.js';
import { positive } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface PhaseOptions extends DetectorFlags {
  target?: string;
  delay?: string;
  rate?: number;
  json?: true;
}

export function evalPhaseCommand(): Command {
  const command = new Command('phase')
    .description('Phase of slow oscillations, and stimuli at a phase of choice, in deep sleep')
    .argument('<DIR>', 'folder with signals and stages: that of DREAMS, or one of your own');
  return withDetectorOptions(command)
    .option(
      '--target <ANGLE>',
      '0deg is the positive peak, 180deg the trough, -90deg the rise (default: that of phase-target)',
    )
    .option('--delay <TIME>', 'from a confirmation to its stimulus (default: what phase-target is ahead)')
    .option('--rate <HZ>', 'sampling rate of signals that do not say theirs', positive)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond eval phase DatabaseSpindles --detector phase-target --target 0deg')
    .action(async (path: string, options: PhaseOptions) => {
      const report = await evaluate(readFolder(path, options.rate), options);
      if (options.json) printJson(report);
      else print(...describe(report));
    });
}

async function evaluate(folder: MarkedFolder, options: PhaseOptions): Promise<PhaseReport> {
  const candidate = candidateOf(folder, options);
  try {
    return await evaluatePhase(folder, candidate);
  } catch (error) {
    throw error instanceof SignalFileError || error instanceof RangeError ? new Failure(error.message) : error;
  }
}

/** A detector that aims at a phase says at which, and how far ahead it confirms; any other aims where it is told to. */
function candidateOf(folder: MarkedFolder, { target, delay, ...flags }: PhaseOptions): PhaseCandidate {
  const asked = chooseDetector({ detector: 'phase-target', ...flags });
  const stream = streamOf(folder);
  const planOf = (choice: typeof asked) => {
    const { loop, detector } = choice.plan(stream);
    const { plan } = loop.detectors[detector] ?? {};
    return plan && 'use' in plan && plan.use === 'phase-target' ? plan : undefined;
  };
  const targetDegrees = target === undefined ? undefined : quantity('target', target, 'angle');
  const aims = planOf(asked) !== undefined;
  const choice = aims && target !== undefined ? asked.with(`target=${target}`) : asked;
  const plan = planOf(choice);
  return {
    name: choice.name,
    targetDegrees: targetDegrees ?? plan?.targetDegrees ?? 0,
    delaySeconds: delay === undefined ? (plan?.aheadSeconds ?? 0) : quantity('delay', delay, 'time'),
    async build(of) {
      const { loop, detector } = await choice.build(of);
      return { loop, detector, signal: choice.plan(of).loop.detectors[detector]?.signal ?? 0 };
    },
  };
}

function streamOf({ recordings }: MarkedFolder) {
  const source = recordings[0]?.open();
  if (!source) throw new UsageError('The folder holds no recording. Give one with signals.');
  source.close();
  return source.stream;
}

function readFolder(path: string, rate: number | undefined): MarkedFolder {
  try {
    return readMarkedFolder(path, rate);
  } catch (error) {
    throw error instanceof MarksError ? new UsageError(error.message) : error;
  }
}

function quantity(option: string, text: string, dimension: Dimension): number {
  const value = parseQuantity(text, dimension);
  if (typeof value !== 'number') throw new UsageError(`--${option}: ${text} ${value.rule}. ${value.fix}`);
  return value;
}

const estimatorTitles = {
  slowWave: 'slow wave (of phase-target)',
  endpointCorrected: 'endpoint-corrected Hilbert',
  twoLine: 'one-pole filter and slope',
} as const;

function describe(report: PhaseReport): string[] {
  const { estimation, targeting, afterRisingCrossing } = report;
  return [
    `Detector ${report.detector}, target ${report.targetDegrees} degrees; excerpts ${report.excerpts.join(', ')}.`,
    '',
    row(`Phase where above ${estimation.aboveUv} uV, degrees`, 'points', 'mean error', 'SD'),
    ...estimatorNames.map((name) => {
      const { n, mean, sd } = estimation[name];
      return row(estimatorTitles[name], String(n), figure(mean), figure(sd));
    }),
    '',
    row('Stimuli in S3 and S4', 'cycles', 'hit', 'share', 'repeated', 'outside', 'a minute', 'error', 'SD', 'in 60'),
    targetingRow('all', targeting),
    ...Object.entries(targeting.perExcerpt).map(([label, score]) => targetingRow(`excerpt ${label}`, score)),
    ...Object.entries(afterRisingCrossing).map(([wait, score]) => targetingRow(`rise below -40 uV + ${wait} s`, score)),
    '',
    row('Stimuli a minute', ...stages),
    row('', ...stages.map((stage) => figure(report.perMinuteByStage[stage]))),
    '',
    ...describeCoupling(report.coupling),
    ...report.caveats.map((caveat) => `- ${caveat}`),
  ];
}

function describeCoupling(coupling: CouplingScore | null): string[] {
  if (!coupling) return [];
  const phaseRow = (title: string, { n, mean, r, sd }: CircularScore) =>
    row(title, String(n), figure(mean), figure(r, 2), figure(sd));
  return [
    row('Phase at marked spindles', 'spindles', 'mean', 'R', 'SD'),
    phaseRow('zero-phase', coupling.zeroPhase),
    phaseRow('slow wave', coupling.online),
    phaseRow('the one minus the other', coupling.error),
    '',
  ];
}

function targetingRow(title: string, score: TargetingScore): string {
  const { cycles, hit, share, repeated, outside, perMinute, meanError, phase, within60 } = score;
  return row(
    title,
    ...[cycles, hit].map(String),
    figure(share, 3),
    ...[repeated, outside].map(String),
    ...[perMinute, meanError, phase.sd].map((value) => figure(value)),
    figure(within60, 2),
  );
}

function row(title: string, ...cells: readonly string[]): string {
  return `${title.padEnd(34)}${cells.map((cell) => cell.padStart(11)).join('')}`.trimEnd();
}

/** A dash where nothing was measured. */
function figure(value: number | null, digits = 1): string {
  return value === null ? '-' : value.toFixed(digits);
}
