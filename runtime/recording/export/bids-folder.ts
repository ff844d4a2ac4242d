import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SampleBlock } from '../../contracts.js';
import { bidsNames, datasetFiles, participantsWith, sessionFiles, type BidsNames } from './bids.js';
import { edfBytes, planEdf } from './edf.js';
import { ExportError } from './edf-scale.js';
import type { Exported } from './exported.js';
import { refuseExisting, syncFolder, writeWhole } from './whole-file.js';

/**
 * Writes a dataset of one session, or adds the session to the dataset that stands there. A folder gets its name when all
 * of it is on disk. Returns the bytes of the signal, and the session's folder. Throws an `ExportError`.
 */
export function writeBids(
  root: string,
  exported: Exported,
  blocks: Iterable<SampleBlock>,
): { bytes: number; session: string } {
  const names = bidsNames(exported);
  const session = join(root, names.participant, names.session);
  refuseExisting(session);
  const isNew = !existsSync(root);
  if (!isNew && !existsSync(join(root, 'dataset_description.json'))) {
    throw new ExportError(`${root}: is there, and is no BIDS dataset. Choose another --out.`);
  }
  const aside = isNew ? `${root}.${process.pid}.part` : join(root, `.${names.prefix}.${process.pid}.part`);
  try {
    const within = isNew ? join(aside, names.participant, names.session) : aside;
    make(join(within, 'eeg'));
    if (isNew)
      writeAll(aside, {
        ...datasetFiles(exported.run.study?.name, exported.run.axond),
        ...participants(undefined, names),
      });
    writeAll(within, sessionFiles(exported, names));
    const { bytes } = writeWhole(
      join(within, 'eeg', `${names.stem}_eeg.bdf`),
      edfBytes(planEdf(exported, 'bdf', true), blocks),
    );
    syncFolder(within);
    if (!isNew) {
      const table = join(root, 'participants.tsv');
      writeAll(root, participants(existsSync(table) ? readFileSync(table, 'utf8') : undefined, names), true);
      make(dirname(session));
    }
    renameSync(aside, isNew ? root : session);
    syncFolder(dirname(isNew ? root : session));
    return { bytes, session };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function participants(table: string | undefined, { participant }: BidsNames): Record<string, string> {
  return { 'participants.tsv': participantsWith(table, participant) };
}

function writeAll(folder: string, files: Readonly<Record<string, string>>, over = false): void {
  for (const [name, text] of Object.entries(files)) writeWhole(join(folder, name), [text], over);
}

function make(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new ExportError(`${folder}: cannot be made (${(error as Error).message}). Choose another --out.`);
  }
}
