import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { decodeEvent } from '../loop/records.js';
import { Tally } from '../loop/tally.js';
import { openRecording } from '../recording/read.js';
import { UsageError, print, printJson } from './output.js';

interface Entry {
  readonly file: string;
  readonly name: string;
  readonly started: string;
  readonly device: string;
  readonly seconds: number;
  readonly samples: number;
  readonly gaps: number;
  readonly detections: number;
  readonly stimuli: number;
  readonly refusals: number;
  readonly bytes: number;
  readonly closed: boolean;
}

export function recordingCommand(): Command {
  const list = new Command('list')
    .description('The recordings in a folder')
    .argument('[folder]', 'folder', 'recordings')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond recording list /var/lib/axond')
    .action((folder: string, { json }: { json?: true }) => {
      if (!existsSync(folder))
        throw new UsageError(`${folder}: there is no such folder. Name the one of device.record.`);
      const files = readdirSync(folder).filter((name) => name.endsWith('.db'));
      const entries = files.sort().map((name) => describe(join(folder, name)));
      if (json) printJson({ recordings: entries });
      else if (entries.length === 0) print(`${folder}: no recordings.`);
      else printTable(entries);
    });
  const show = new Command('show')
    .description('What is in one recording')
    .argument('<file>', 'a recording (*.db)')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond recording show recordings/bedside-1-2026-11-24T22-30-00.db')
    .action((file: string, { json }: { json?: true }) => showOne(file, json === true));
  return new Command('recording').description('List and show recordings').addCommand(list).addCommand(show);
}

function describe(file: string): Entry & { fault?: string } {
  const bytes = statSync(file).size;
  try {
    const recording = openRecording(file);
    try {
      const { run, summary } = recording;
      const tally = new Tally();
      for (const record of recording.events()) tally.add(record, 0);
      const samples = recording.frameCount();
      return {
        file,
        name: run.name,
        started: new Date(run.startWallMs).toISOString(),
        device: run.stream.device,
        seconds: samples / run.stream.rate,
        samples,
        gaps: tally.gaps,
        detections: tally.detections,
        stimuli: tally.stimuli,
        refusals: tally.refusals,
        bytes,
        closed: summary !== undefined,
      };
    } finally {
      recording.close();
    }
  } catch (error) {
    const none = { seconds: 0, samples: 0, gaps: 0, detections: 0, stimuli: 0, refusals: 0 };
    const fault = error instanceof Error ? error.message : String(error);
    return { file, name: '', started: '', device: '', ...none, bytes, closed: false, fault };
  }
}

function printTable(entries: readonly (Entry & { fault?: string })[]): void {
  print(
    `${'started'.padEnd(20)}${'minutes'.padStart(8)}${'gaps'.padStart(6)}${'detected'.padStart(9)}${'stimuli'.padStart(8)}${'MB'.padStart(7)}  file`,
  );
  for (const { started, seconds, gaps, detections, stimuli, bytes, file, closed, fault } of entries) {
    if (fault !== undefined) print(`${'cannot be read'.padEnd(20)}${' '.repeat(38)}  ${fault}`);
    else {
      const numbers = [
        (seconds / 60).toFixed(1).padStart(8),
        String(gaps).padStart(6),
        String(detections).padStart(9),
        String(stimuli).padStart(8),
        (bytes / 1e6).toFixed(1).padStart(7),
      ];
      print(`${started.slice(0, 19).padEnd(20)}${numbers.join('')}  ${file}${closed ? '' : '  (not closed)'}`);
    }
  }
}

function showOne(file: string, json: boolean): void {
  const entry = describe(file);
  if (entry.fault !== undefined) throw new UsageError(entry.fault);
  const recording = openRecording(file);
  try {
    const { run } = recording;
    const events = [...recording.events()].map((record) => decodeEvent(record)).filter((event) => event !== undefined);
    if (json) {
      printJson({ ...entry, run, summary: recording.summary ?? null, events: events.length });
      return;
    }
    print(`${run.name}, ${run.verb} of axond ${run.axond} on Node ${run.node}, ${entry.started}`);
    print(`${run.stream.device}, ${run.stream.rate} Hz: ${run.stream.channels.map(({ name }) => name).join(' ')}`);
    print(
      `${entry.samples} samples, ${entry.gaps} gaps, ${entry.detections} detections, ${entry.stimuli} stimuli, ${entry.refusals} refusals${entry.closed ? '' : ', not closed'}`,
    );
    for (const event of events.filter(({ kind }) => kind !== 'inhibitor').slice(-lastEvents)) {
      const { kind, us, index } = event;
      const fields = Object.fromEntries(Object.entries(event).slice(4));
      print(
        `  ${((us - run.startUs) / 1e6).toFixed(3).padStart(10)} s  sample ${String(index).padStart(8)}  ${kind.padEnd(10)}${JSON.stringify(fields)}`,
      );
    }
  } finally {
    recording.close();
  }
}

const lastEvents = 20;
