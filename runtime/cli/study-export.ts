import { Command } from 'commander';
import { noteCopy } from '../recording/copies.js';
import { ExportError } from '../recording/export/edf-scale.js';
import { RecordingError } from '../recording/read.js';
import { AllocationError } from '../study/allocation.js';
import { exportStudy, type ExportedStudy } from '../study/export/dataset.js';
import { findStudy } from '../study/export/study-nights.js';
import { openedConditions, wasOpened } from '../study/opened.js';
import { Failure, print, printJson } from './output.js';
import { guessedStages } from './recorded-signal.js';
import { timeZoneOf } from './recording-path.js';
import { axondVersion } from './version.js';

interface ExportOptions {
  recordings: string;
  study?: string;
  allocation?: string;
  json?: true;
}

export function studyExportCommand(): Command {
  return new Command('export')
    .description('Write all nights of a study as one data set: BIDS, stimuli.tsv, nights.tsv, SHA-256 of every file')
    .argument('<folder>', 'where; never over another one')
    .option('--recordings <FOLDER>', 'recordings and logs of the nights', 'recordings')
    .option('--study <NAME>', 'which one, where the folder holds several')
    .option(
      '--allocation <FILE>',
      'the sealed file: the conditions of participants who were unblinded with it are written then',
    )
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond study export cue-night --recordings /var/lib/axond')
    .action(exportTo);
}

/** Who withdraws finds it so; and a finished recording has a copy, for every count is in it. */
function noteExport({ recording, session: to, bytes }: ExportedStudy['copies'][number]): void {
  const kind = { kind: 'exported', format: 'bids' } as const;
  try {
    noteCopy(recording, { ...kind, to, bytes, sha256: null, wallMs: Date.now() });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${recording}: that it was exported could not be noted beside it (${reason}).\n`);
  }
}

async function exportTo(out: string, { recordings, study: asked, allocation, json }: ExportOptions): Promise<void> {
  try {
    const { study, nights, others, withdrawals } = findStudy(recordings, asked);
    const written = await exportStudy({
      out,
      study,
      version: axondVersion,
      nights,
      withdrawals,
      conditionsOf: async (run, id) => {
        if (allocation === undefined || !run.study || !(await wasOpened(allocation, run.study))) return undefined;
        return openedConditions(allocation, run, id);
      },
      stagesOf: guessedStages,
      zoneOf: timeZoneOf,
      onPart: (path) => process.stderr.write(`${path}\n`),
    });
    for (const copy of written.copies) noteExport(copy);
    const stimuli = written.nights.flatMap(({ parts }) => parts.flatMap((part) => part.stimuli));
    const opened = stimuli.filter(({ condition }) => condition !== undefined).length;
    const participants = new Set(nights.map(({ participant }) => participant)).size;
    const { files, bytes } = written;
    const counts = { participants, nights: nights.length, stimuli: stimuli.length, opened };
    if (json) {
      printJson({ out, study, ...counts, files, bytes, others: others.length });
      return;
    }
    print(
      `${out}: ${study}, ${participants} participants, ${nights.length} nights, ${stimuli.length} stimuli; ${files} files, ${(bytes / 1e6).toFixed(1)} MB`,
      opened > 0 ? `conditions  of ${opened} stimuli` : 'conditions  none: nobody was unblinded',
      ...(others.length > 0 ? [`left out    ${others.length} recordings that are of no study, or of another one`] : []),
      `to verify   axond check ${out}, or sha256sum --check manifest.sha256 in it`,
    );
  } catch (error) {
    const known = error instanceof ExportError || error instanceof RecordingError || error instanceof AllocationError;
    throw known ? new Failure(error.message) : error;
  }
}
