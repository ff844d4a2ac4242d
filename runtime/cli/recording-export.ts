import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { SampleBlock } from '../contracts.js';
import { writeBids } from '../recording/export/bids-folder.js';
import { edfBytes, planEdf } from '../recording/export/edf.js';
import type { EdfFormat } from '../recording/export/edf-header.js';
import { ExportError } from '../recording/export/edf-scale.js';
import { blocksOf, prepareExport, type Exported } from '../recording/export/exported.js';
import { parquetBytes } from '../recording/export/parquet.js';
import { portiloopCsv, signalCsv } from '../recording/export/signal-text.js';
import { framesSpanned } from '../recording/export/survey.js';
import { refuseExisting, writeWhole } from '../recording/export/whole-file.js';
import { noteCopy } from '../recording/copies.js';
import { RecordingError, openRecording, type Recording } from '../recording/read.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { progressLine } from './progress.js';
import { recordingPath, timeZoneOf } from './recording-path.js';

const formats = ['edf', 'bdf', 'bids', 'csv', 'parquet', 'portiloop'] as const;
type Format = (typeof formats)[number];

interface ExportOptions {
  format: Format;
  out: string;
  continuous?: true;
  json?: true;
}

export function exportCommand(): Command {
  return new Command('export')
    .description("Write a recording in another program's format. The recording itself stays as it is")
    .argument('<recording>', 'a recording (*.db), or its name in the folder recordings')
    .addOption(new Option('--format <FORMAT>', 'what to write').choices(formats).makeOptionMandatory())
    .requiredOption(
      '--out <PATH>',
      'where; never over another file. Of bids the dataset: a session is added to one that is there',
    )
    .option(
      '--continuous',
      'edf, bdf: hold the last values through holes, for programs that do not heed EDF+D, such as MNE',
    )
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond recording export recordings/bedside-1-2026-11-24T22-30-00.db --format edf --out night.edf',
    )
    .action(exportRecording);
}

function exportRecording(given: string, options: ExportOptions): void {
  const path = recordingPath(given);
  if (options.continuous && options.format !== 'edf' && options.format !== 'bdf') {
    throw new UsageError('--continuous: is for edf and bdf. Take it out.');
  }
  let recording: Recording | undefined;
  try {
    if (options.format !== 'bids') refuseExisting(options.out);
    recording = openRecording(path);
    const exported = prepareExport(recording, basename(path, '.db'), timeZoneOf(recording.run.configuration));
    const frames = framesSpanned(exported.survey);
    const report = write(exported, withProgress(recording, exported, frames), options);
    if (report.lossless && exported.closed) noteExport(path, options, report);
    const { marks, survey } = exported;
    const gaps = survey.gaps.length;
    const said = { recording: path, ...options, frames, gaps, marks: marks.length, ...report };
    if (options.json) printJson(said);
    else print(...describe(said));
  } catch (error) {
    if (error instanceof ExportError || error instanceof RecordingError) throw new Failure(error.message);
    throw error;
  } finally {
    recording?.close();
  }
}

/** What keeps every count of a finished recording counts as a copy of it: `device.storage` may go by that. */
function noteExport(path: string, { format, out }: ExportOptions, { bytes, sha256, session = out }: Report): void {
  const to = resolve(session);
  try {
    noteCopy(path, { kind: 'exported', format, to, bytes, sha256: sha256 ?? null, wallMs: Date.now() });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${path}: that it was exported could not be noted beside it (${reason}).\n`);
  }
}

interface Report {
  readonly bytes: number;
  /** Of the file. */
  readonly sha256?: string;
  /** Of EDF: of each channel, by how much neighbouring values differ in the file. */
  readonly resolution?: Readonly<Record<string, string>>;
  /** Every count is in the file. */
  readonly lossless: boolean;
  readonly discontinuous?: boolean;
  /** Of BIDS: its folder. */
  readonly session?: string;
}

function write(exported: Exported, blocks: Iterable<SampleBlock>, { format, out, continuous }: ExportOptions): Report {
  if (format === 'csv') return { ...writeWhole(out, signalCsv(exported, blocks)), lossless: true };
  if (format === 'bids') return { ...writeBids(out, exported, blocks), lossless: true };
  if (format === 'parquet') return { ...writeWhole(out, parquetBytes(exported, blocks)), lossless: true };
  if (format === 'portiloop') return { ...writeWhole(out, portiloopCsv(exported, blocks)), lossless: false };
  return writeEdf(exported, blocks, out, format, continuous === true);
}

function writeEdf(
  exported: Exported,
  blocks: Iterable<SampleBlock>,
  out: string,
  format: EdfFormat,
  continuous: boolean,
): Report {
  const plan = planEdf(exported, format, continuous);
  const written = writeWhole(out, edfBytes(plan, blocks));
  const { channels } = exported.run.stream;
  const resolution = Object.fromEntries(
    channels.map(({ name, unit, scale }, place) => {
      const step = scale * (plan.scales[place]?.countsPerStep ?? NaN);
      return [name, `${Number(step.toPrecision(6))} ${unit}`];
    }),
  );
  const lossless = plan.scales.every(({ countsPerStep }) => countsPerStep === 1);
  return { ...written, resolution, lossless, discontinuous: plan.discontinuous };
}

function* withProgress(recording: Recording, { survey, id }: Exported, frames: number): Generator<SampleBlock> {
  const first = survey.stretches[0]?.first ?? 0;
  const progress = progressLine(id);
  let next = 0;
  for (const block of blocksOf(recording)) {
    if (block.firstIndex - first >= next) {
      progress((block.firstIndex - first) / frames);
      next += frames / 200;
    }
    yield block;
  }
  progress(1);
}

function describe(said: Report & { out: string; frames: number; gaps: number; marks: number }): string[] {
  const { out, bytes, frames, gaps, marks, lossless, resolution = {}, discontinuous, session = out } = said;
  const steps = [...new Set(Object.values(resolution))].join(', ');
  return [
    `${session}: ${(bytes / 1e6).toFixed(1)} MB, ${frames} frames, ${gaps} gaps, ${marks} marks`,
    ...(lossless ? ['resolution  every count of the converter is kept'] : []),
    ...(!lossless && steps !== '' ? [`resolution  ${steps}: not every count fits. With --format bdf it does`] : []),
    ...(discontinuous
      ? [
          'holes       the file is discontinuous (EDF+D). Some programs, MNE among them, close the holes: for these --continuous',
        ]
      : []),
  ];
}
