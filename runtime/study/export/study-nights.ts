import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ExportError } from '../../recording/export/edf-scale.js';
import { openRecording } from '../../recording/read.js';
import { readWithdrawals, type Withdrawal } from '../withdrawn.js';
import type { StudyNight } from './dataset.js';
import { inOrder, type PartTime } from './nights.js';

/** What a folder of recordings holds of one study. */
export interface FoundStudy {
  readonly study: string;
  readonly nights: readonly StudyNight[];
  /** Recordings that belong to no study. */
  readonly others: readonly string[];
  readonly withdrawals: readonly Withdrawal[];
}

/** `name` where the folder holds several. Refuses with an `ExportError`. */
export function findStudy(folder: string, name: string | undefined): FoundStudy {
  const { found, others } = studyRecordings(folder);
  const study = chosenStudy(folder, found, name);
  const byNight = new Map<string, StudyRecording[]>();
  for (const one of found) {
    if (one.study !== study) {
      others.push(one.path);
      continue;
    }
    const key = `${one.participant} ${String(one.night).padStart(6, '0')}`;
    byNight.set(key, [...(byNight.get(key) ?? []), one]);
  }
  const nights = [...byNight].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    study,
    others,
    withdrawals: readWithdrawals(folder, study),
    nights: nights.flatMap(([, parts]) => {
      const [first] = parts;
      if (!first) return [];
      const recordings = inOrder(parts, []).map(({ path }) => path);
      return [{ participant: first.participant, night: first.night, recordings }];
    }),
  };
}

/** By name; `others` are of no study. Throws where a file is no recording, or damaged at its head. */
export function studyRecordings(folder: string): { found: StudyRecording[]; others: string[] } {
  const others: string[] = [];
  const found = recordingsIn(folder).flatMap((path) => {
    const recording = lookInto(path);
    if (!recording) others.push(path);
    return recording ?? [];
  });
  return { found, others };
}

/** The one that is asked for, or the only one. */
export function chosenStudy(folder: string, found: readonly StudyRecording[], name: string | undefined): string {
  const studies = [...new Set(found.map(({ study }) => study))].sort();
  const [only, ...more] = studies;
  if (only === undefined) throw new ExportError(`${folder}: holds nothing of a study. Give --recordings FOLDER.`);
  if (name === undefined && more.length > 0) {
    throw new ExportError(`${folder}: holds several studies: ${studies.join(', ')}. Say which with --study.`);
  }
  if (name !== undefined && !studies.includes(name)) {
    throw new ExportError(`--study ${name}: ${folder} holds nothing of it, but of ${studies.join(', ')}.`);
  }
  return name ?? only;
}

/** A recording of a study, by its first table alone. */
export interface StudyRecording extends PartTime {
  readonly path: string;
  readonly study: string;
  readonly participant: string;
  readonly night: number;
  /** It was ended in order, or for want of space. */
  readonly closed: boolean;
}

function lookInto(path: string): StudyRecording | undefined {
  const recording = openRecording(path);
  try {
    const { study, bootId: boot, startUs, startWallMs } = recording.run;
    if (!study) return undefined;
    const { name, participant, night } = study;
    const time = { id: basename(path, '.db'), boot, startUs, startWallMs };
    return { ...time, path, study: name, participant, night, closed: recording.ending !== undefined };
  } finally {
    recording.close();
  }
}

function recordingsIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new ExportError(`${folder}: there is no such folder. Give --recordings FOLDER.`);
  }
  const names = readdirSync(folder).filter((name) => name.endsWith('.db'));
  return names.sort().map((name) => join(folder, name));
}
