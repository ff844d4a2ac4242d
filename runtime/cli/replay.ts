import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { SignalFileError, openSignalFile } from '../../drivers/file/signal-file.js';
import type { RunDescription } from '../contracts.js';
import type { LoopDescription } from '../loop/build.js';
import { openRecording } from '../recording/read.js';
import { isSqliteFile } from '../recording/file-kind.js';
import { replayRecording } from '../replay/recording.js';
import { replayFile } from '../replay/signal-file.js';
import { loadFilePlan, placePlanOfRecording, planOfRecording } from './configuration.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { progressLine } from './progress.js';
import { replayDrive } from './replay-drive.js';
import { describeSummary } from './run.js';
import { axondVersion } from './version.js';

interface ReplayOptions {
  config?: string[];
  preset?: string;
  set?: string[];
  rate?: number;
  speed: string;
  armVirtual?: true;
  json?: true;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('Run the loop again: over a recording, comparing every decision, or over a recorded signal')
    .argument(
      '<file>',
      'a recording of axond (*.db), or a signal: EDF, OpenBCI text, Portiloop CSV, a column of numbers',
    )
    .option('--config <FILE...>', 'configuration for a signal file')
    .option('--preset <NAME>', 'preset for a signal file (default: spindle)')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .option('--rate <HZ>', 'sampling rate of a file that does not say it', Number)
    .option('--speed <N>', 'max, or times real time', 'max')
    .option('--arm-virtual', 'arm against a simulated guardian; refused unless every actuator is virtual')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond replay night.edf --config protocol.yaml --arm-virtual --json')
    .action(async (path: string, options: ReplayOptions) => {
      if (isSqliteFile(path)) await again(path, options);
      else await play(path, options);
    });
}

async function again(path: string, { json }: ReplayOptions): Promise<void> {
  const recording = openRecording(path);
  try {
    const places = recording.run.pictures && placePlanOfRecording(recording.run);
    if (places) {
      replayDrive(recording, places, json === true);
      return;
    }
    const progress = progressLine(recording.run.name);
    const { summary, realtimeFactor, differences } = await replayRecording(
      recording,
      planOfRecording(recording.run),
      () => progress(NaN),
    );
    progress(1);
    if (json) printJson({ ...summary, realtimeFactor, differences });
    else {
      print(...describeSummary(summary), `speed       ${realtimeFactor.toFixed(0)} times real time`);
      print(
        differences.length === 0
          ? 'compared    every detection, decision, refusal and stimulus is identical'
          : `compared    FIRST DIFFERENCE ${JSON.stringify(differences[0])}`,
      );
    }
    if (differences.length > 0) process.exitCode = 1;
  } finally {
    recording.close();
  }
}

async function play(path: string, options: ReplayOptions): Promise<void> {
  const speed = options.speed === 'max' ? Infinity : Number(options.speed);
  if (!(speed > 0)) throw new UsageError(`--speed: ${options.speed} is neither max nor a number above 0.`);
  const file = openFile(path, options.rate);
  const { plan, effectiveYaml, record, name } = loadFilePlan({
    files: options.config ?? [],
    ...(options.preset === undefined ? (options.config ? {} : { preset: 'spindle' }) : { preset: options.preset }),
    sets: options.set ?? [],
    armVirtual: options.armVirtual === true,
    stream: file.stream,
  });
  mkdirSync(record, { recursive: true });
  const progress = progressLine(basename(path));
  const describe = (loop: LoopDescription): RunDescription => ({
    name,
    axond: axondVersion,
    node: process.version,
    verb: 'replay',
    configuration: effectiveYaml,
    stream: file.stream,
    detectors: plan.detectors.map((detector) => detector.name),
    ...loop,
    bootId: 'replay',
    startUs: 0,
    startWallMs: Date.now(),
  });
  const summary = await replayFile({
    file,
    plan,
    recording: join(record, `${name}-${basename(path).replace(/\..*$/, '')}-${Date.now()}.db`),
    describe,
    arm: options.armVirtual === true,
    speed,
    onProgress: progress,
  });
  progress(1);
  if (options.json) printJson({ ...summary, differences: [] });
  else print(...describeSummary(summary), `speed       ${summary.realtimeFactor.toFixed(0)} times real time`);
}

function openFile(path: string, rate: number | undefined): ReturnType<typeof openSignalFile> {
  try {
    return openSignalFile(path, rate === undefined ? {} : { rate });
  } catch (error) {
    if (error instanceof SignalFileError) throw new Failure(error.message);
    throw error;
  }
}
