import { basename } from 'node:path';
import { Command } from 'commander';
import { buildPage } from './night-report.js';
import { AllocationError } from '../study/allocation.js';
import { RecordingError, openRecording, type Recording } from '../recording/read.js';
import { ExportError } from '../recording/export/edf-scale.js';
import { Failure, print, printJson } from './output.js';
import { recordingPath } from './recording-path.js';
import { writeReport } from './report-file.js';

interface ReportOptions {
  out: string;
  signal?: string;
  allocation?: string;
  json?: true;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('One page of a night: stages, spectrum, counts, timing, refusals, losses. Says nothing that unblinds')
    .argument('<recording>', 'a recording (*.db), or its name in the folder recordings')
    .requiredOption('--out <FILE>', 'where the page goes (HTML)')
    .option(
      '--signal <DERIVATION>',
      'electrode to look at, for example "C3 - M2" (default: that of the first detector)',
    )
    .option(
      '--allocation <FILE>',
      'the sealed file of a participant who has been unblinded: averages of real and sham stimuli are shown then',
    )
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond recording report bedside-1-2026-11-24T22-30-00 --out night.html')
    .action(report);
}

async function report(given: string, { out, signal, allocation, json }: ReportOptions): Promise<void> {
  const path = recordingPath(given);
  let recording: Recording | undefined;
  try {
    recording = openRecording(path);
    const { page, opened } = await buildPage(recording, basename(path, '.db'), { signal, allocation });
    writeReport(out, page);
    if (json) printJson({ recording: path, out, bytes: Buffer.byteLength(page), opened });
    else print(`${out}: ${(Buffer.byteLength(page) / 1e6).toFixed(1)} MB`);
  } catch (error) {
    if (error instanceof ExportError || error instanceof RecordingError || error instanceof AllocationError) {
      throw new Failure(error.message);
    }
    throw error;
  } finally {
    recording?.close();
  }
}
