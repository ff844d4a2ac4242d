import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ExportError } from '../../recording/export/edf-scale.js';
import { openRecording } from '../../recording/read.js';
import type { StudyNight } from './dataset.js';
import { inOrder, type PartTime } from './nights.js';

/** What a folder of recordings holds of one study. */
export interface FoundStudy {
  readonly study: string;
  readonly nights: readonly StudyNight[];
  /** Recordings that belong to no study. */
  readonly others: readonly string[];
}

/** `name` where the folder holds several. Refuses with an `ExportError`. */
export function findStudy(folder: string, name: string | undefined): FoundStudy {
  const others: string[] = [];
  const studies = new Map<string, Map<string, Found[]>>();
  for (const path of recordingsIn(folder)) {
    const found = lookInto(path);
    if (!found) {
      others.push(path);
      continue;
    }
    const nights = studies.get(found.study) ?? new Map<string, Found[]>();
    studies.set(found.study, nights);
    const key = `${found.participant} ${String(found.night).padStart(6, '0')}`;
    nights.set(key, [...(nights.get(key) ?? []), found]);
  }
  const study = chosen(folder, [...studies.keys()].sort(), name);
  const nights = [...(studies.get(study) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    study,
    others,
    nights: nights.flatMap(([, parts]) => {
      const [first] = parts;
      if (!first) return [];
      const recordings = inOrder(parts, []).map(({ path }) => path);
      return [{ participant: first.participant, night: first.night, recordings }];
    }),
  };
}

function chosen(folder: string, studies: readonly string[], name: string | undefined): string {
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

interface Found extends PartTime {
  readonly path: string;
  readonly study: string;
  readonly participant: string;
  readonly night: number;
}

function lookInto(path: string): Found | undefined {
  const recording = openRecording(path);
  try {
    const { study, bootId, startUs, startWallMs } = recording.run;
    if (!study) return undefined;
    const { name, participant, night } = study;
    return { path, id: basename(path, '.db'), study: name, participant, night, boot: bootId, startUs, startWallMs };
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
