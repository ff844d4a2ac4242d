import { Command } from 'commander';
import { noteCopy } from '../recording/copies.js';
import { ExportError } from '../recording/export/edf-scale.js';
import { RecordingError } from '../recording/read.js';
import { AllocationError } from '../study/allocation.js';
import { absentNights, type AbsentNight } from '../study/export/absent-nights.js';
import { exportStudy, type ExportedStudy } from '../study/export/dataset.js';
import { missingRecordings } from '../study/export/nights.js';
import { findStudy, type FoundStudy } from '../study/export/study-nights.js';
import { openedConditions, wasOpened } from '../study/opened.js';
import { readBeside, readSealed } from '../study/sealed-files.js';
import { readUses, usesPath } from '../study/uses.js';
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
      'the sealed file: nights that it has and the folder has not are listed then, and the conditions of participants who were unblinded with it',
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

/** Of the sealed file nothing is looked at but how many nights each participant has. */
async function findAbsent({ study, nights, withdrawals }: FoundStudy, sealed: string): Promise<AbsentNight[]> {
  const { allocation } = await readSealed(sealed);
  if (allocation.study !== study) {
    throw new AllocationError(`${sealed}: belongs to the study ${allocation.study}, not to ${study}. Give its own.`);
  }
  const uses = usesPath(sealed);
  try {
    return absentNights(allocation, nights, withdrawals, readUses(await readBeside(uses)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AllocationError(`${uses}: ${error.message}. Copy it again from the box that recorded the nights.`);
  }
}

async function exportTo(out: string, { recordings, study: asked, allocation, json }: ExportOptions): Promise<void> {
  try {
    const found = findStudy(recordings, asked);
    const { study, nights, others, withdrawals } = found;
    const absent = allocation === undefined ? [] : await findAbsent(found, allocation);
    const written = await exportStudy({
      out,
      study,
      version: axondVersion,
      nights,
      withdrawals,
      absent,
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
    const missing = written.nights.flatMap(missingRecordings).length;
    const counts = { participants, nights: nights.length, absent: absent.length, stimuli: stimuli.length, opened };
    if (json) {
      printJson({ out, study, ...counts, files, bytes, others: others.length, missing });
      return;
    }
    print(
      `${out}: ${study}, ${participants} participants, ${nights.length} nights, ${stimuli.length} stimuli; ${files} files, ${(bytes / 1e6).toFixed(1)} MB`,
      opened > 0 ? `conditions  of ${opened} stimuli` : 'conditions  none: nobody was unblinded',
      ...(absent.length > 0 ? [`absent      ${absent.length} nights that were allocated: see nights.tsv`] : []),
      ...(missing > 0 ? [`missing     ${missing} recordings that logs of nights name: see nights.tsv`] : []),
      ...(others.length > 0 ? [`left out    ${others.length} recordings that are of no study, or of another one`] : []),
      `to verify   axond check ${out}, or sha256sum --check manifest.sha256 in it`,
    );
  } catch (error) {
    const known = error instanceof ExportError || error instanceof RecordingError || error instanceof AllocationError;
    throw known ? new Failure(error.message) : error;
  }
}
