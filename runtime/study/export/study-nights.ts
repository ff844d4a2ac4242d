import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ExportError } from '../../recording/export/edf-scale.js';
import { openRecording } from '../../recording/read.js';
import { begunIn, readNightLog } from '../night-log.js';
import { readWithdrawals, type Withdrawal } from '../withdrawn.js';
import type { StudyNight } from './dataset.js';
import { accountOf, type NightAccount } from './night-account.js';
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
  const nights = new Map<string, { participant: string; night: number; parts: StudyRecording[]; log: string }>();
  const nightOf = (participant: string, night: number) => {
    const key = `${participant} ${String(night).padStart(6, '0')}`;
    const known = nights.get(key) ?? { participant, night, parts: [], log: '' };
    nights.set(key, known);
    return known;
  };
  for (const one of found) {
    if (one.study === study) nightOf(one.participant, one.night).parts.push(one);
    else others.push(one.path);
  }
  for (const { path, participant, night } of nightLogs(folder, study)) nightOf(participant, night).log = path;
  return {
    study,
    others,
    withdrawals: readWithdrawals(folder, study),
    nights: [...nights]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { participant, night, parts, log }]) => {
        const account = log === '' ? undefined : readAccount(log);
        const recordings = inOrder(parts, account?.recordings ?? []).map(({ path }) => path);
        return { participant, night, recordings, account };
      }),
  };
}

export interface NightLogFile {
  readonly path: string;
  readonly participant: string;
  readonly night: number;
}

/** Of a study: as their first line says, for its name may begin like another's; by their names where it cannot be read. */
export function nightLogs(folder: string, study: string): NightLogFile[] {
  return logsIn(folder).flatMap((path) => {
    const begun = begunIn(readFileSync(path, 'utf8'));
    if (begun) {
      const { participant, night } = begun;
      return begun.study === study ? [{ path, participant, night }] : [];
    }
    const name = basename(path);
    const [, participant, night] = (name.startsWith(`${study}-`) && logName.exec(name.slice(study.length + 1))) || [];
    return participant === undefined ? [] : [{ path, participant, night: Number(night) }];
  });
}
const logName = /^(.+)-(\d+)\.night$/;

/** Paths of the logs of all studies. */
export function logsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.night'));
  return names.sort().map((name) => join(folder, name));
}

function readAccount(path: string): NightAccount | undefined {
  try {
    const lines = readNightLog(readFileSync(path, 'utf8'));
    return lines.length > 0 ? accountOf(lines) : undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExportError(`${path}: ${error.message}. Restore it from a copy, or move it out of the folder.`);
  }
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
  const studies = [...new Set([...found.map(({ study }) => study), ...loggedStudies(folder)])].sort();
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

/** Of whose nights there are logs: a recording may have been deleted when it had a copy elsewhere. */
function loggedStudies(folder: string): string[] {
  return logsIn(folder).flatMap((path) => begunIn(readFileSync(path, 'utf8'))?.study ?? []);
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
