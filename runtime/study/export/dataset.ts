import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Condition, RunDescription } from '../../contracts.js';
import {
  bidsNames,
  datasetFiles,
  eegFiles,
  participantLabel,
  participantsWith,
  scansTable,
  sessionLabel,
} from '../../recording/export/bids.js';
import { edfBytes, planEdf } from '../../recording/export/edf.js';
import { ExportError } from '../../recording/export/edf-scale.js';
import type { Anchor } from '../../recording/export/civil-time.js';
import { blocksOf, prepareExport, type Exported } from '../../recording/export/exported.js';
import { framesSpanned } from '../../recording/export/survey.js';
import { refuseExisting, syncFolder, writeSynced } from '../../recording/export/whole-file.js';
import { openRecording, type Recording } from '../../recording/read.js';
import { soundedStimuli } from '../../timing/sounded-stimuli.js';
import type { AbsentNight } from './absent-nights.js';
import { armedTime } from './armed-time.js';
import type { NightAccount } from './night-account.js';
import { manifestName, manifestText } from './manifest.js';
import type { Night, NightPart } from './nights.js';
import { stimulusRows } from './stimulus-rows.js';
import type { Withdrawal } from '../withdrawn.js';
import { nightTable, stimulusTable } from './tables.js';

export interface StudyNight {
  readonly participant: string;
  readonly night: number;
  /** In their order. */
  readonly recordings: readonly string[];
  /** Of its log; undefined where it has none. */
  readonly account: NightAccount | undefined;
}

export interface StudyExport {
  readonly out: string;
  readonly study: string;
  /** Of axond, which writes it. */
  readonly version: string;
  /** By participant and number. */
  readonly nights: readonly StudyNight[];
  /** Of participants whose recordings were deleted. */
  readonly withdrawals: readonly Withdrawal[];
  /** Allocated, and nowhere; none where the allocation is not at hand. */
  readonly absent: readonly AbsentNight[];
  /** Of a recording's stimuli, by the time of its clock; undefined while its participant is blinded. */
  readonly conditionsOf: (run: RunDescription, id: string) => Promise<((atUs: number) => Condition) | undefined>;
  /** The stage at a sample of a recording's signal, in words. */
  readonly stagesOf: (recording: Recording, exported: Exported) => (sample: number) => string;
  /** In which time zone it was recorded. */
  readonly zoneOf: (configuration: string) => string;
  readonly onPart?: (recording: string) => void;
}

export interface ExportedStudy {
  readonly files: number;
  readonly bytes: number;
  readonly nights: readonly Night[];
  /** Where each recording stands in it, and how many bytes its signal takes there. */
  readonly copies: readonly { readonly recording: string; readonly session: string; readonly bytes: number }[];
}

/**
 * A BIDS dataset of a study, a session a night, with tables of all stimuli and nights and the SHA-256 of every file. The
 * folder has its name when all of it is on disk. The same recordings give the same bytes. Throws an `ExportError`.
 */
export async function exportStudy(asked: StudyExport): Promise<ExportedStudy> {
  const { study, version } = asked;
  const out = resolve(asked.out);
  refuseExisting(out);
  const aside = `${out}.${process.pid}.part`;
  const folder = new HashedFolder(aside);
  try {
    folder.make('.');
    const nights: Night[] = [];
    for (const night of asked.nights) nights.push(await writeNight(folder, night, asked));
    nights.push(...withdrawnNights(asked.withdrawals, asked.absent));
    nights.push(...asked.absent.map((night): Night => ({ ...night, parts: [], account: undefined })));
    nights.sort((a, b) => compare(a.participant, b.participant) || a.night - b.night);
    const recorded = [...new Set(nights.flatMap(({ participant, parts }) => (parts.length > 0 ? [participant] : [])))];
    folder.writeAll({
      ...datasetFiles(study, version, about),
      'participants.tsv':
        recorded.map(participantLabel).reduce<string | undefined>(participantsWith, undefined) ?? 'participant_id\n',
      ...stimulusTable(nights),
      ...nightTable(nights),
      '.bidsignore': 'stimuli.*\nnights.*\nmanifest.sha256\n',
    });
    const { size: files } = folder.hashes;
    folder.write(manifestName, [manifestText(folder.hashes)]);
    folder.sync();
    renameSync(aside, out);
    syncFolder(dirname(out));
    const copies = folder.signals.map(({ recording, session, bytes }) => ({
      ...{ recording, bytes },
      session: join(out, session),
    }));
    return { files, bytes: folder.bytes, nights, copies };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

const about =
  'A session is a night of a participant;\n' +
  'where it holds several recordings, they are its runs. Beside the sessions:\n\n' +
  '- stimuli.tsv: every stimulus, real or sham, with what was known when it was permitted\n' +
  '- nights.tsv: every night, also those that were lost\n' +
  '- manifest.sha256: of every file; `sha256sum --check manifest.sha256`\n\n' +
  'Times are UTC, with the time zone of the bed beside them. Which stimuli were real is in stimuli.tsv where a\n' +
  'participant was unblinded, and nowhere else.\n';

/** All that is left of them; of who had none, and is not told otherwise, one without a number. */
function withdrawnNights(withdrawals: readonly Withdrawal[], absent: readonly AbsentNight[]): Night[] {
  const nights = new Map<string, Night>();
  for (const { participant, reason, nights: numbers } of withdrawals) {
    const isTold = numbers.length > 0 || absent.some((night) => night.participant === participant);
    for (const night of isTold ? numbers : [NaN]) {
      nights.set(`${participant} ${night}`, {
        participant,
        night,
        parts: [],
        outcome: 'withdrawn',
        account: undefined,
        reason,
      });
    }
  }
  return [...nights.values()];
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

async function writeNight(folder: HashedFolder, night: StudyNight, asked: StudyExport): Promise<Night> {
  const parts: NightPart[] = [];
  const scans: { stem: string; start: Exported['start'] }[] = [];
  const session = `${participantLabel(night.participant)}/${sessionLabel(night.night)}`;
  const isSplit = night.recordings.length > 1;
  const newest = newestByBoot(night);
  for (const [place, path] of night.recordings.entries()) {
    asked.onPart?.(path);
    const recording = openRecording(path);
    try {
      const id = basename(path, '.db');
      const { configuration, bootId } = recording.run;
      const exported = prepareExport(recording, id, asked.zoneOf(configuration), newest.get(bootId));
      const names = bidsNames(exported, isSplit ? place + 1 : undefined);
      folder.make(`${session}/eeg`);
      folder.writeAll(eegFiles(exported, names), session);
      const bytes = folder.write(
        `${session}/eeg/${names.stem}_eeg.bdf`,
        edfBytes(planEdf(exported, 'bdf', true), blocksOf(recording)),
      );
      folder.signals.push({ recording: path, session, bytes });
      scans.push({ stem: names.stem, start: exported.start });
      parts.push(await readPart(recording, exported, asked));
    } finally {
      recording.close();
    }
  }
  if (scans.length > 0) {
    const prefix = session.replace('/', '_');
    folder.write(`${session}/${prefix}_scans.tsv`, [scansTable(scans)]);
  }
  const { participant, account } = night;
  const told = { outcome: account?.outcome ?? ('recorded' as const), reason: account?.reason ?? '', account };
  return { participant, night: night.night, parts, ...told };
}

/**
 * Where a clock was set in a later recording of its boot, the earlier ones are told by it too; where the log of the night
 * was written after that, by the log.
 */
function newestByBoot({ recordings, account }: StudyNight): ReadonlyMap<string, Anchor> {
  const newest = new Map<string, Anchor>(account?.clocks);
  for (const path of recordings) {
    const recording = openRecording(path);
    const { bootId } = recording.run;
    const anchor = recording.newestAnchor();
    if (anchor.us > (newest.get(bootId)?.us ?? -Infinity)) newest.set(bootId, anchor);
    recording.close();
  }
  return newest;
}

async function readPart(
  recording: Recording,
  exported: Exported,
  { conditionsOf, stagesOf }: Pick<StudyExport, 'conditionsOf' | 'stagesOf'>,
): Promise<NightPart> {
  const { run } = recording;
  const { id, survey, start } = exported;
  const { rate, delayUs } = run.stream;
  const endUs = recording.lastUs();
  const events = Array.from(recording.readableEvents(), ({ event }) => event);
  const timing = run.timing ?? { measured: '', delayUs, within95Us: NaN };
  const sounded = soundedStimuli(recording, timing);
  const stimuli = stimulusRows(run, events, sounded, await conditionsOf(run, id));
  const stageAt = stagesOf(recording, exported);
  return {
    id,
    boot: run.bootId,
    startUs: run.startUs,
    endUs,
    wallOffsetMs: start.wallMs - (survey.firstUs - delayUs) / 1000,
    timeZone: start.timeZone,
    lock: run.study?.lock,
    firstSample: survey.stretches[0]?.first ?? 0,
    recordedSeconds: framesSpanned(survey) / rate,
    armed: armedTime(events, endUs),
    stimuli,
    stages: new Map(stimuli.map((stimulus) => [stimulus.id, stageAt(stimulus.sample)])),
  };
}

/** Files below a folder that has not its name yet, with their hashes. */
class HashedFolder {
  readonly hashes = new Map<string, string>();
  readonly signals: { recording: string; session: string; bytes: number }[] = [];
  bytes = 0;
  readonly #root: string;
  readonly #folders = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Names are on disk when their folders are. */
  sync(): void {
    for (const path of this.#folders) syncFolder(path);
  }

  make(path: string): void {
    const folder = join(this.#root, path);
    for (let above = folder; above !== dirname(this.#root); above = dirname(above)) this.#folders.add(above);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new ExportError(`${folder}: cannot be made (${(error as Error).message}). Choose another folder.`);
    }
  }

  write(path: string, parts: Iterable<Uint8Array | string>): number {
    const { bytes, sha256 } = writeSynced(join(this.#root, path), parts);
    this.bytes += bytes;
    this.hashes.set(path, sha256);
    return bytes;
  }

  writeAll(files: Readonly<Record<string, string>>, within = ''): void {
    for (const [name, text] of Object.entries(files)) this.write(within === '' ? name : `${within}/${name}`, [text]);
  }
}
