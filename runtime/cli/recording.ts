import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import {
  ReceiptState,
  disarmCauses,
  guardianCauses,
  inhibitorStates,
  refusalReasons,
  ringNames,
  sessionStates,
  type LoopEvent,
  type RunDescription,
  type RunSummary,
} from '../contracts.js';
import { Tally } from '../loop/tally.js';
import { readCopies, type Copy } from '../recording/copies.js';
import { openRecording, type Recording } from '../recording/read.js';
import type { Sounded } from '../timing/sounded-at.js';
import { soundedStimuli } from '../timing/sounded-stimuli.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { decryptCommand } from './recording-decrypt.js';
import { exportCommand } from './recording-export.js';
import { migrateCommand } from './recording-migrate.js';
import { reportCommand } from './recording-report.js';

interface Entry {
  readonly file: string;
  readonly name: string;
  readonly started: string;
  readonly device: string;
  /** From start to the last cycle on disk. */
  readonly seconds: number;
  readonly samples: number;
  readonly gaps: number;
  readonly detections: number;
  readonly stimuli: number;
  readonly refusals: number;
  readonly bytes: number;
  /** Of samples and pictures as they are stored, and as 24-bit counts and bytes. */
  readonly packedBytes: number;
  readonly rawBytes: number;
  /** Where else it stands. */
  readonly copies: readonly Copy[];
  /** How the run ended; null while it goes on, and if it was killed. */
  readonly ending: 'closed' | 'disk full' | null;
  readonly closed: boolean;
}

interface Unreadable {
  readonly file: string;
  readonly bytes: number;
  readonly fault: string;
}

interface Details {
  readonly entry: Entry;
  readonly run: RunDescription;
  readonly summary: RunSummary | undefined;
  readonly events: readonly { readonly event: LoopEvent; readonly text: string | null }[];
  /** By command, where its delay was measured. */
  readonly sounded: ReadonlyMap<number, Sounded>;
}

export function recordingCommand(): Command {
  const list = new Command('list')
    .description('The recordings in a folder')
    .argument('[folder]', 'folder', 'recordings')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond recording list /var/lib/axond')
    .action((folder: string, { json }: { json?: true }) => {
      const recordings = listFolder(folder);
      if (json) printJson({ recordings });
      else if (recordings.length === 0) print(`${folder}: no recordings.`);
      else print(...table(recordings));
    });
  const show = new Command('show')
    .description('What is in one recording')
    .argument('<file>', 'a recording (*.db)')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond recording show recordings/bedside-1-2026-11-24T22-30-00.db')
    .action((file: string, { json }: { json?: true }) => {
      if (!existsSync(file)) throw new UsageError(`${file}: there is no such file.`);
      const shown = details(file, true);
      const { entry, run, summary, events } = shown;
      const sounded = [...shown.sounded].map(([command, place]) => ({ command, ...place }));
      if (json) printJson({ ...entry, run, summary: summary ?? null, events: events.length, sounded });
      else print(...sheet(shown));
    });
  return new Command('recording')
    .description('List, show, export, migrate, report and decrypt recordings')
    .addCommand(list)
    .addCommand(show)
    .addCommand(exportCommand())
    .addCommand(migrateCommand())
    .addCommand(reportCommand())
    .addCommand(decryptCommand());
}

function listFolder(folder: string): (Entry | Unreadable)[] {
  if (!existsSync(folder)) throw new UsageError(`${folder}: there is no such folder. Name the one of device.record.`);
  const files = readdirSync(folder).filter((name) => /\.db(\.age)?$/.test(name));
  return files.sort().map((name) => {
    const file = join(folder, name);
    if (name.endsWith('.age')) return { file, bytes: bytesOf(file), fault: `${file}: is encrypted. ${decryptHint}` };
    try {
      return details(file).entry;
    } catch (error) {
      return { file, bytes: bytesOf(file), fault: error instanceof Error ? error.message : String(error) };
    }
  });
}

/** Places of stimuli take a pass over the whole recording. */
function details(file: string, withPlaces = false): Details {
  let recording: Recording;
  try {
    recording = openRecording(file);
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
  try {
    const { run, ending, summary } = recording;
    const tally = new Tally();
    const events: { event: LoopEvent; text: string | null }[] = [];
    for (const { record, event, text } of recording.readableEvents()) {
      tally.add(record, 0);
      if (event) events.push({ event, text });
    }
    const { gaps, detections, stimuli, refusals } = tally;
    const entry: Entry = {
      file,
      name: run.name,
      started: new Date(startedMs(recording)).toISOString(),
      device: run.stream.device,
      seconds: Math.max(0, recording.lastUs() - run.startUs) / 1e6,
      samples: recording.frameCount(),
      ...{ gaps, detections, stimuli, refusals },
      bytes: bytesOf(file),
      ...recording.packing(),
      copies: readCopies(file).copies,
      ending: ending?.reason ?? null,
      closed: ending?.reason === 'closed',
    };
    const sounded = withPlaces && run.timing ? soundedStimuli(recording, run.timing) : new Map<number, Sounded>();
    return { entry, run, summary, events, sounded };
  } finally {
    recording.close();
  }
}

/** Where the clock was unset at the start, by the newest pair of the two clocks. */
function startedMs(recording: Recording): number {
  const { wallClock, startUs, startWallMs } = recording.run;
  if (wallClock !== 'unset') return startWallMs;
  const { us, wallMs } = recording.newestAnchor();
  return wallMs - (us - startUs) / 1000;
}

function packing({ packedBytes, rawBytes }: Entry): string {
  if (rawBytes === 0) return 'no samples';
  return `samples take ${((100 * packedBytes) / rawBytes).toFixed(0)} % of ${megabytes(rawBytes)} MB as 24-bit counts or pixels`;
}

/** With the WAL that stands beside it while it is written, and after a kill. */
const decryptHint = 'Read it with axond recording decrypt.';

function bytesOf(file: string): number {
  return statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
}

function table(recordings: readonly (Entry | Unreadable)[]): string[] {
  const heads = [
    'started (UTC)',
    'age',
    'duration',
    'name',
    'device',
    'samples',
    'gaps',
    'detected',
    'stimuli',
    'MB',
    'copies',
    'file',
  ];
  const rows = recordings.map((one) => {
    if ('fault' in one) return ['cannot be read', '', '', '', '', '', '', '', '', megabytes(one.bytes), '', one.fault];
    const { started, seconds, name, device, samples, gaps, detections, stimuli, bytes, copies, file } = one;
    const counts = [samples, gaps, detections, stimuli].map(String);
    const ending = one.closed ? '' : one.ending === null ? '  (not closed)' : `  (${one.ending})`;
    const time = started.slice(0, 19).replace('T', ' ');
    const days = `${Math.max(0, Math.floor((Date.now() - Date.parse(started)) / 86400e3))} d`;
    const where = [...new Set(copies.map(({ kind }) => kind))].join(' + ') || 'none';
    const size = megabytes(bytes);
    return [time, days, duration(seconds), name, device, ...counts, size, where, basename(file) + ending];
  });
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = column === cells.length - 1 ? 0 : (widths[column] ?? 0);
        return numeric.has(heads[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ');
  return [line(heads), ...rows.map(line)];
}

function sheet({ entry, run, events, sounded }: Details): string[] {
  const { started, seconds, samples, gaps, detections, stimuli, refusals, bytes, copies, ending } = entry;
  const { device, rate, channels } = run.stream;
  const told = events.filter(({ event }) => event.kind !== 'inhibitor' && event.kind !== 'estimate').slice(-lastEvents);
  return [
    entry.file,
    `run         ${run.name}, axond ${run.verb}, version ${run.axond} on Node ${run.node}`,
    `started     ${started}${run.wallClock === 'unset' ? ' by a clock that was set later, if at all' : ''}, ${duration(seconds)} recorded`,
    `size        ${megabytes(bytes)} MB; ${packing(entry)}`,
    `copies      ${copies.map(({ kind, format, to }) => `${kind} (${format}) to ${to}`).join(', ') || 'none'}`,
    `ended       ${ending ?? 'not closed: it still runs, or was killed'}`,
    `signal      ${device}, ${rate} Hz: ${channels.map(({ name }) => name).join(' ')}`,
    `samples     ${samples}, ${gaps} gaps`,
    `decisions   ${detections} detections, ${stimuli} stimuli, ${refusals} refusals`,
    ...(run.timing
      ? [
          `timing      ${(run.timing.delayUs / 1000).toFixed(2)} ms from receipt to signal, measured ${run.timing.measured}`,
        ]
      : []),
    ...(told.length > 0 ? ['', `last events`] : []),
    ...told.map(({ event, text }) => {
      const { kind, us, index } = event;
      const at = ((us - run.startUs) / 1e6).toFixed(3).padStart(10);
      const fields = Object.entries(event)
        .slice(4)
        .filter(([field, value]) => !(kind === 'marker' && value === 0 && isOwnTime(field)))
        .map(([field, value]) => `${field} ${wordFor(event, field, Number(value), run)}`);
      const place = event.kind === 'receipt' && event.state === ReceiptState.started && sounded.get(event.command);
      if (place) fields.push(`sounded at sample ${place.sample.toFixed(2)} ± ${place.uncertainty.toFixed(2)}`);
      const words = [...fields, ...(text === null ? [] : [JSON.stringify(text)])].join(', ');
      return `${at} s  sample ${String(index).padStart(8)}  ${kind.padEnd(10)}${idOf(event)}${words}`;
    }),
  ];
}

/** Of a marker; 0 where it came without. */
const isOwnTime = (field: string): boolean => field === 'at' || field === 'atUs';

/** As `axond explain` takes it. */
function idOf(event: LoopEvent): string {
  if (event.kind === 'permit') return `S${event.command}: `;
  return event.kind === 'refusal' ? `R${event.request}: ` : '';
}

/** Numbers that stand for names, as names. */
function wordFor(event: LoopEvent, field: string, value: number, { detectors, estimates }: RunDescription): string {
  const { kind } = event;
  const named: Partial<Record<string, readonly string[]>> = {
    'detection detector': detectors,
    'request detector': detectors,
    'estimate detector': detectors,
    'estimate state': inhibitorStates,
    'receipt state': Object.keys(ReceiptState),
    'disarmed cause': disarmCauses,
    'guardian cause': guardianCauses,
    'loss ring': ringNames,
    'source state': sessionStates,
  };
  if (kind === 'refusal' && field === 'reasons') {
    return refusalReasons.filter((_, place) => (value & (1 << place)) !== 0).join(' + ');
  }
  if (kind === 'estimate' && field === 'estimate') {
    return estimates[detectors[event.detector] ?? '']?.[value] ?? String(value);
  }
  return named[`${kind} ${field}`]?.[value] ?? String(value);
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

const numeric: ReadonlySet<string> = new Set(['age', 'duration', 'samples', 'gaps', 'detected', 'stimuli', 'MB']);
const lastEvents = 20;
