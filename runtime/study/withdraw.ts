import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { unnameNights } from '../recorder/budget-file.js';
import { copiesPath, readCopies, type Copy } from '../recording/copies.js';
import { participantLabel } from '../recording/export/bids.js';
import { ExportError } from '../recording/export/edf-scale.js';
import { syncFolder, writeWhole } from '../recording/export/whole-file.js';
import { filesOf, manifestName, manifestText, sha256OfFile } from './export/manifest.js';
import { chosenStudy, logsIn, nightLogs, studyRecordings, type StudyRecording } from './export/study-nights.js';
import { appendDurably } from './sealed-files.js';
import { blot, filesNaming, findTraces, sealedFiles, statesOf } from './traces.js';
import { encodeWithdrawal, withdrawnPath, type Withdrawal } from './withdrawn.js';

/** What a withdrawal would delete. */
export interface Withdrawing {
  readonly study: string;
  readonly participant: string;
  readonly folder: string;
  readonly nights: readonly number[];
  /** Recordings with all that stands beside them, and logs of nights and of their runs. */
  readonly files: readonly string[];
  /** Files of others too, in which the code alone is blotted out. */
  readonly blotted: readonly string[];
  /** Folders of beds whose budget counts nights of theirs by the code. */
  readonly budgets: readonly string[];
  /** Folders in which the code is looked for when all is done. */
  readonly looked: readonly string[];
  /** What names the code and stays, because the study needs it. */
  readonly sealed: readonly string[];
  /** Exported copies on this machine: files, and folders of BIDS sessions. */
  readonly exports: readonly string[];
  /** Copies that are known and not in reach. */
  readonly elsewhere: readonly string[];
}

/**
 * Deletes nothing. Refuses with an `ExportError` where nothing is there, or a run has some of it. `states`: folders of
 * beds besides those that the recordings tell.
 */
export async function planWithdrawal(
  folder: string,
  study: string | undefined,
  participant: string,
  states: readonly string[],
): Promise<Withdrawing> {
  const { found } = studyRecordings(folder);
  const name = study ?? chosenStudy(folder, found, study);
  const own = found.filter((one) => one.study === name && one.participant === participant);
  const logs = nightLogs(folder, name).filter((log) => log.participant === participant);
  if (own.length === 0 && logs.length === 0 && study === undefined) {
    throw new ExportError(
      `${folder}: holds nothing of ${participant} in ${name}. Correct the code. To bar it all the same, give --study ${name}.`,
    );
  }
  for (const recording of own) {
    if (isInUse(recording)) {
      throw new ExportError(`${recording.path}: a run has it. End that first: Ctrl-C, or systemctl stop axond.`);
    }
  }
  const paths = [...own.map(({ path }) => path), ...logs.flatMap((log) => goneRecordings(folder, log.path))];
  const label = participantLabel(participant);
  const exports = new Set<string>();
  const others = new Map<string, string>();
  for (const copy of paths.flatMap((path) => readCopies(path).copies)) {
    const { kind, format, to } = copy;
    const isHere = kind === 'exported' && existsSync(to);
    if (isHere && (await isStill(copy, label))) exports.add(to);
    else
      others.set(`${format} (${isHere ? 'exported; what stands there now is not known to be it' : kind}): ${to}`, to);
  }
  const recordings = own.map(({ path }) => path);
  const beds = [...new Set([join(folder, 'state'), ...statesOf(recordings), ...states].map((path) => resolve(path)))];
  const traces = beds.map((bed) => ({ bed, ...findTraces(bed, name, participant) }));
  const nights = [...own.map(({ night }) => night), ...logs.map(({ night }) => night)];
  return {
    study: name,
    participant,
    folder,
    nights: [...new Set(nights)].sort((a, b) => a - b),
    files: [...paths.flatMap(besideOf), ...logs.map(({ path }) => path), ...traces.flatMap((found) => found.logs)],
    blotted: traces.flatMap((found) => found.blotted),
    budgets: traces.flatMap(({ bed, budget }) => (budget ? [bed] : [])),
    looked: [folder, ...beds],
    sealed: sealedFiles(recordings),
    exports: [...exports],
    elsewhere: [
      // Who exported to one path twice has noted there what was there before, too.
      ...[...others].flatMap(([text, to]) => (exports.has(to) ? [] : [text])),
      ...ofNobody(folder).map((path) => `recording (no log says whose): ${path}`),
    ],
  };
}

/** What is deleted is on record first: a call that was broken off is called again. */
export async function withdraw(
  planned: Withdrawing,
  who: Pick<Withdrawal, 'at' | 'by' | 'reason' | 'user'>,
): Promise<Withdrawn> {
  const { study, participant, folder, nights, files, exports, elsewhere, looked, sealed } = planned;
  const deleted: { name: string; bytes: number; sha256: string }[] = [];
  for (const path of files) {
    deleted.push({ name: basename(path), bytes: statSync(path).size, sha256: await sha256OfFile(path) });
  }
  const withdrawal = {
    ...{ study, participant, ...who, nights: [...nights], deleted, elsewhere: [...elsewhere] },
  };
  const tombstone = withdrawnPath(folder, study, participant);
  const isTorn = existsSync(tombstone) && !readFileSync(tombstone, 'utf8').endsWith('\n');
  await appendDurably(tombstone, `${isTorn ? '\n' : ''}${encodeWithdrawal(withdrawal)}`);
  for (const bed of planned.budgets) unnameNights(bed, study, participant);
  for (const path of planned.blotted) blot(path, participant);
  for (const path of exports) await deleteExport(path, participantLabel(participant));
  // What tells of copies goes last.
  for (const path of [...files].sort((a, b) => Number(a.endsWith('.copies')) - Number(b.endsWith('.copies')))) {
    rmSync(path, { force: true });
  }
  syncFolder(folder);
  const known = [...sealed, resolve(tombstone)];
  return { ...withdrawal, naming: filesNaming(participant, looked).filter((path) => !known.includes(path)) };
}

/** What was done, and what else names the code after it. */
export type Withdrawn = Withdrawal & { readonly naming: readonly string[] };

/** What was noted, and not what somebody has put there since. A session of several files is known by the size of its signal. */
async function isStill({ to, bytes, sha256 }: Copy, label: string): Promise<boolean> {
  try {
    if (!statSync(to).isDirectory()) {
      return statSync(to).size === bytes && (sha256 === null || (await sha256OfFile(to)) === sha256);
    }
    const isTheirs = sha256 === null && basename(dirname(to)) === label;
    return isTheirs && filesOf(to).some((name) => statSync(join(to, name)).size === bytes);
  } catch {
    return false; // nobody lets us look
  }
}

/** A run or a reader has its file open, or it was written to a moment ago by a process that this user may not look into. */
function isInUse({ path, closed }: StudyRecording): boolean {
  if (closed) return false;
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return (wal !== undefined && Date.now() - wal.mtimeMs < quietMs) || isOpen(resolve(path));
}
const quietMs = 10e3;

function isOpen(path: string): boolean {
  return readdirSync('/proc').some((process) => {
    if (!/^\d+$/.test(process)) return false;
    const descriptors = `/proc/${process}/fd`;
    try {
      return readdirSync(descriptors).some((one) => readlinkSync(join(descriptors, one)) === path);
    } catch {
      return false; // it has ended, or is another user's
    }
  });
}

/**
 * Recordings that a night's log names and that nobody can open here: they are encrypted, or were deleted when they had a
 * copy elsewhere, and what tells of the copy still stands there. A log that is damaged counts as far as it can be read.
 */
function goneRecordings(folder: string, log: string): string[] {
  return recordingsNamed(log).flatMap((name) => {
    const path = join(folder, `${name}.db`);
    return name !== basename(name) || existsSync(path) ? [] : [path];
  });
}

/** What nobody can open here either, and no log of anybody's night names: it may be of whoever withdraws. */
function ofNobody(folder: string): string[] {
  const named = new Set(logsIn(folder).flatMap(recordingsNamed));
  const names = readdirSync(folder);
  return names.sort().flatMap((name) => {
    const [, recording] = /^(.+)\.(?:db\.age|copies)$/.exec(name) ?? [];
    const isKnown = recording === undefined || named.has(recording) || names.includes(`${recording}.db`);
    // What is encrypted has its copies beside it.
    const isBeside = name.endsWith('.copies') && names.includes(`${recording}.db.age`);
    return isKnown || isBeside ? [] : [join(folder, name)];
  });
}

function recordingsNamed(log: string): string[] {
  const names = readFileSync(log, 'utf8').split('\n').map(recordingNamed);
  return [...new Set(names)].filter((name) => name !== undefined);
}

function recordingNamed(line: string): string | undefined {
  try {
    return runLine.safeParse(JSON.parse(line)).data?.entry.recording;
  } catch {
    return undefined;
  }
}
const runLine = z.object({ entry: z.object({ kind: z.literal('run'), recording: z.string().min(1) }) });

/** The recording, its WAL, its copies, its deliveries; encrypted, that too. */
function besideOf(path: string): string[] {
  const stem = `${basename(copiesPath(path), '.copies')}.`;
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(stem));
  return names.sort().map((name) => join(dirname(path), name));
}

/** Of a BIDS data set also what its tables say of the participant; its manifest is made anew. */
async function deleteExport(path: string, label: string): Promise<void> {
  rmSync(path, { recursive: true, force: true });
  const subject = dirname(path);
  if (basename(subject) !== label) return;
  if (existsSync(subject) && readdirSync(subject).length === 0) rmSync(subject, { recursive: true });
  const dataset = dirname(subject);
  for (const table of ['participants.tsv', 'stimuli.tsv', 'nights.tsv']) {
    const file = join(dataset, table);
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8').split('\n');
    const kept = lines.filter((line) => line !== label && !line.startsWith(`${label}\t`));
    if (kept.length < lines.length) writeWhole(file, [kept.join('\n')], true);
  }
  if (!existsSync(join(dataset, manifestName))) return;
  const hashes = new Map<string, string>();
  for (const name of filesOf(dataset)) {
    if (name !== manifestName) hashes.set(name, await sha256OfFile(join(dataset, name)));
  }
  writeWhole(join(dataset, manifestName), [manifestText(hashes)], true);
}
