import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openRecording } from '../recording/read.js';
import { AllocationError, type Row } from './allocation.js';
import { appendDurably, readSealed } from './sealed-files.js';

/** Opens the conditions of one participant, on record. */

export interface Unblinding {
  /** The sealed file. */
  readonly allocation: string;
  readonly participant: string;
  /** Who asks, and why. */
  readonly by: string;
  readonly reason: string;
  /** The user of this machine who asks. */
  readonly user: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What the file is compared with: recordings of the participant, or the SHA-256 that was printed when it was made. */
export type Evidence = { readonly recordings: string } | { readonly sha256: string };

export interface Unblinded {
  readonly study: string;
  readonly sha256: string;
  /** Recordings that were made by this very file. */
  readonly recordings: readonly string[];
  /** Files in the folder that could not be read as recordings. */
  readonly unreadable: readonly string[];
  readonly rows: readonly Row[];
}

/** One line a call. It cannot be told afterwards that nobody looked. */
export const unblindedPath = (allocation: string): string => `${allocation}.unblinded`;

/** The line is on disk before anything is returned. Refuses with an `AllocationError` where nothing fits. */
export async function unblind(who: Unblinding, evidence: Evidence): Promise<Unblinded> {
  const { allocation: path, participant } = who;
  const { allocation, sha256 } = await readSealed(path);
  if (!allocation.participants.includes(participant)) {
    throw new AllocationError(`${participant} is not in ${path}. Correct --participant.`);
  }
  const { study } = allocation;
  const { recordings, unreadable } =
    'sha256' in evidence
      ? compareSha256(path, sha256, evidence.sha256)
      : compareRecordings(path, sha256, study, participant, evidence.recordings);
  const { at, by, user, reason } = who;
  const line = JSON.stringify({ at, by, user, reason, study, participant, sha256, recordings });
  await appendDurably(unblindedPath(path), `${line}\n`);
  const rows = allocation.rows.filter((row) => row.participant === participant);
  return { study, sha256, recordings, unreadable, rows };
}

type Compared = Pick<Unblinded, 'recordings' | 'unreadable'>;

function compareSha256(path: string, sha256: string, expected: string): Compared {
  if (sha256 === expected.toLowerCase()) return { recordings: [], unreadable: [] };
  throw new AllocationError(`${path}: has another SHA-256 (${sha256}). It is not the file that was printed then.`);
}

/** Every recording of the participant in this study must have been made by this very file. */
function compareRecordings(path: string, sha256: string, study: string, participant: string, folder: string): Compared {
  const found = recordingsIn(folder);
  const recordings: string[] = [];
  const unreadable: string[] = [];
  for (const file of found) {
    let of: ReturnType<typeof studyOf>;
    try {
      of = studyOf(file);
    } catch {
      unreadable.push(file);
      continue;
    }
    if (of?.name !== study || of.participant !== participant) continue;
    if (of.sha256 !== sha256) {
      throw new AllocationError(
        `${file}: was recorded with another sealed file (SHA-256 ${of.sha256 ?? 'unknown'}) than ${path} (${sha256}). ` +
          'Find the file that it was recorded with.',
      );
    }
    recordings.push(file);
  }
  if (recordings.length > 0) return { recordings, unreadable };
  throw new AllocationError(
    `${folder}: holds no recording of ${participant} in ${study} to compare the sealed file with. ` +
      'Give --recordings FOLDER, or --sha256 as it was printed when the file was made.',
  );
}

function recordingsIn(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new AllocationError(`${path}: there is no such folder. Give --recordings FOLDER.`);
  if (!stats.isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith('.db'));
  return names.sort().map((name) => join(path, name));
}

function studyOf(file: string) {
  const recording = openRecording(file);
  try {
    return recording.run.study;
  } finally {
    recording.close();
  }
}
