import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmulatedBucket } from '../runtime/link/upload/bucket.test.fixture.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { budgetPath, readBudget } from '../runtime/recorder/budget-file.js';
import { provenStimuli } from '../runtime/recorder/proven.js';
import { checkRecording } from '../runtime/recording/check.js';
import { readCopies } from '../runtime/recording/copies.js';
import { backupPath } from '../runtime/recording/migrate.js';
import { openRecording } from '../runtime/recording/read.js';
import { launcher, temporaryFolder } from './axond-process.js';
import type { FarByte } from './far-end.js';
import { Random } from './fuzz/random.js';
import { CutDisk, diskLogged, readDiskLog } from './power-cut/disk-log.js';
import { uploadOnce } from './power-cut/one-upload.js';
import { kill, restCode, StimulatingLab } from './stimulating-lab.js';

/**
 * `npm run power-cuts [CUTS] [SEED]`: all that a lab's processes do to the disk is written down: a run that is killed while
 * it stimulates, one that follows it and ends well, exports of both, the upload of one, and the migration of two of format 3.
 * From that log the disk is made as power cuts at chosen moments may leave it: what was synced is there; of all else any
 * names, and any sectors of 512 bytes, or none. Every recording must open and be whole, its chain too, and have lost no more
 * than the commit interval; every stimulus that the far end got must be in recording, guardian's log or lease, and in the
 * budget; an export is whole or has not its name; a copy that is noted is there, and an upload goes on; what was migrated, or
 * not yet, has all that it had, and stands beside itself as it was (SAFETY.md ). What it cannot show: a disk
 * that says that it has written what it has not, and folders that are gone.
 */
const wanted = Number(process.argv[2] ?? 200);
const random = new Random(Number(process.argv[3] ?? 1));
const folder = temporaryFolder();
const log = join(folder, 'disk.log');
const exported = join(folder, 'exported');
const old = join(folder, 'old');
for (const made of [exported, old]) mkdirSync(made);

interface Life {
  readonly fromUs: number;
  /** Of the kill, or of the request to end. */
  endUs: number;
}
/** Phases end with this many calls in the log. */
interface Phase {
  readonly name: string;
  readonly calls: number;
  /** Of all cuts. */
  readonly share: number;
}

const lives: Life[] = [];
const phases: Phase[] = [];
const phase = (name: string, share: number): void => {
  phases.push({ name, calls: readDiskLog(log).length, share });
  process.stderr.write(`${name}: ${phases.at(-1)?.calls ?? 0} calls\n`);
};

const lab = new StimulatingLab({
  durationMs: 100,
  everyMs: 700,
  gate: 'interval: 700ms, perMinute: 60, perHour: 900, perNight: 900',
});
const { records } = lab;
let stimuli: FarByte[] = [];
/** When an object was whole in the bucket. */
const uploaded = new Map<string, number>();
let closeBucket = (): unknown => undefined;
const bucket = await EmulatedBucket.start({ after: (close) => (closeBucket = close as () => unknown) });
const put = bucket.objects.set.bind(bucket.objects);
bucket.objects.set = (key, bytes) => {
  if (!uploaded.has(key)) uploaded.set(key, monotonicUs());
  return put(key, bytes);
};
try {
  Object.assign(lab.environment, diskLogged(folder, log, [records, exported, old]));
  await live('first run begins', 'first run stimulates', 12);
  const status = await lab.status();
  lives[0]!.endUs = monotonicUs();
  for (const pid of [status?.processes.guardian, lab.core?.pid]) if (pid) kill(pid, 'SIGKILL');
  if (lab.core) await once(lab.core, 'exit');
  await live('second run begins', 'second run stimulates', 25);
  lives[1]!.endUs = monotonicUs();
  lab.core?.kill('SIGINT');
  if (lab.core) await once(lab.core, 'exit');
  phase('second run ends', 0.16);
  for (const [place, format] of ['edf', 'csv', 'parquet', 'bids'].entries()) {
    const out = join(exported, `night.${format}`);
    axond('recording', 'export', files(records)[1 - (place % 2)] ?? '', '--format', format, '--out', out);
  }
  phase('exports', 0.13);
  const [, night = ''] = files(records);
  const script = (name: string): string => fileURLToPath(new URL(`./power-cut/${name}.js`, import.meta.url));
  const upload = spawn(process.execPath, [script('one-upload'), night, basename(night), bucket.url], {
    env: lab.environment,
    stdio: 'inherit',
  });
  const [uploadCode] = (await once(upload, 'exit')) as [number | null];
  if (uploadCode !== 0) throw new Error('the upload failed');
  phase('upload', 0.09);
  spawnSync(process.execPath, [script('old-recordings'), old], { env: lab.environment, stdio: 'inherit' });
  phase('recordings of format 3', 0);
  axond('recording', 'migrate', ...files(old));
  phase('migration', 0.12);
  stimuli = lab.farEnd.bytes().filter(({ byte }) => byte !== restCode);
} finally {
  await lab.close();
}

async function live(begins: string, stimulates: string, count: number): Promise<void> {
  lives.push({ fromUs: monotonicUs(), endUs: Infinity });
  lab.start();
  await lab.arm();
  await lab.untilStimulus(120_000);
  phase(begins, 0.12);
  const before = lab.farEnd.length;
  while (lab.farEnd.length < before + 2 * count) await lab.untilStimulus(120_000);
  phase(stimulates, 0.13);
}

function axond(...args: string[]): void {
  const { status: code, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    env: lab.environment,
    encoding: 'utf8',
  });
  if (code !== 0) throw new Error(stderr);
}

function files(of: string): string[] {
  return readdirSync(of)
    .filter((name) => name.endsWith('.db'))
    .sort()
    .map((name) => join(of, name));
}

// ── The cuts ────────────────────────────────────────────────────────────────────────────────────────────────────────

const calls = readDiskLog(log);
const disk = new CutDisk();
const cuts = phases.flatMap(({ calls: end, share }, place) => {
  const begin = phases[place - 1]?.calls ?? 0;
  return Array.from({ length: Math.round(share * wanted) }, () => begin + 1 + random.below(end - begin));
});
const complete = new CutDisk();
for (const call of calls) complete.take(call);
const whole = complete.whole();

const faults: string[] = [];
const losses: number[] = [];
const counts = {
  cuts: 0,
  recordings: 0,
  delivered: 0,
  onlyPossibly: 0,
  exportsWhole: 0,
  exportsAbsent: 0,
  uploads: 0,
  migrated: 0,
  notMigrated: 0,
};
let taken = 0;
for (const cut of cuts.sort((a, b) => a - b)) {
  while (taken < cut) disk.take(calls[taken++]!);
  const left = join(folder, 'left');
  const atUs = calls[cut - 1]!.endUs;
  for (const [path, bytes] of disk.afterPowerCut(random)) {
    // The index of a WAL is made anew by whoever opens it first.
    if (path.endsWith('-shm')) continue;
    const at = path.replace(folderOf(path), join(left, basename(folderOf(path))));
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, bytes);
  }
  counts.cuts++;
  const found = (await judge(left, atUs, phaseOf(cut))).map((fault) => `cut ${cut} (${phaseOf(cut)}): ${fault}`);
  faults.push(...found);
  for (const fault of found) process.stderr.write(`${fault}\n`);
  if (found.length === 0 || process.env['KEEP'] === undefined) rmSync(left, { recursive: true, force: true });
  else break;
}

function folderOf(path: string): string {
  return [records, exported, old].find((one) => path.startsWith(one)) ?? folder;
}

function phaseOf(cut: number): string {
  return phases.find(({ calls: end }) => cut <= end)?.name ?? '';
}

async function judge(left: string, atUs: number, during: string): Promise<string[]> {
  const found: string[] = [];
  const recorded = join(left, 'records');
  const there = existsSync(recorded) ? files(recorded) : [];
  const names = namesIn(whole, records);
  for (const [place, life] of lives.entries()) {
    const given = stimuli.filter(
      (one) => one.atUs >= life.fromUs && one.atUs < Math.min(atUs, lives[place + 1]?.fromUs ?? Infinity),
    );
    counts.delivered += given.length;
    const file = there.find((path) => basename(path) === names[place]);
    if (file === undefined) {
      if (given.length > 0) found.push(`${names[place] ?? ''} is gone, and with it ${given.length} stimuli`);
      continue;
    }
    counts.recordings++;
    try {
      const { faults: damage, started, delivered, possiblyDelivered } = checkRecording(file);
      found.push(...damage);
      const shown = new Set([...started, ...delivered, ...permits(file)]);
      const missing = given.filter(({ byte }) => !shown.has(byte)).length;
      const possibly = possiblyDelivered.reduce((sum, one) => sum + one.stimuli, 0);
      counts.onlyPossibly += missing;
      if (missing > possibly) found.push(`${missing} stimuli are on no list, and leases left room for ${possibly}`);
      const recording = openRecording(file);
      const lossMs = (Math.min(atUs, life.endUs) - recording.lastUs()) / 1000;
      if (recording.lastUs() > recording.run.startUs && atUs > life.fromUs) losses.push(lossMs);
      recording.close();
    } catch (error) {
      found.push(String(error));
    }
  }
  found.push(...judgeBudget(recorded, atUs), ...judgeExports(left, atUs));
  if (during === 'upload') found.push(...(await judgeUpload(recorded)));
  if (during === 'migration') found.push(...judgeMigration(join(left, 'old')));
  return found;
}

function permits(file: string): number[] {
  const recording = openRecording(file);
  try {
    return [...recording.readableEvents()].flatMap(({ event }) => (event?.kind === 'permit' ? [event.command] : []));
  } finally {
    recording.close();
  }
}

function namesIn(contents: ReadonlyMap<string, Uint8Array>, of: string): string[] {
  return [...contents.keys()]
    .filter((path) => dirname(path) === of && path.endsWith('.db'))
    .map((path) => basename(path))
    .sort();
}

/** What the next run would find. */
function judgeBudget(recordings: string, atUs: number): string[] {
  const given = stimuli.filter((one) => one.atUs < atUs).length;
  const state = join(recordings, 'state');
  if (!existsSync(budgetPath(state))) return given > 0 ? [`budget.db is gone, and with it ${given} stimuli`] : [];
  try {
    const budget = readBudget(state);
    budget?.continueIn('after the power cut', 1e6);
    const { unfinished } = budget ?? {};
    if (unfinished !== undefined) budget?.recover(provenStimuli(join(recordings, basename(unfinished))), 1e6);
    const counted = budget?.counts().day ?? 0;
    return counted < given ? [`the budget counts ${counted} of ${given} stimuli`] : [];
  } catch (error) {
    return [String(error)];
  }
}

function judgeExports(left: string, atUs: number): string[] {
  const found: string[] = [];
  for (const [path, bytes] of whole) {
    if (folderOf(path) !== exported) continue;
    const here = path.replace(exported, join(left, 'exported'));
    if (!existsSync(here)) counts.exportsAbsent++;
    else if (readFileSync(here).equals(bytes)) counts.exportsWhole++;
    else found.push(`${basename(path)} has its name and not its contents`);
  }
  const ofFolder = [...whole.keys()].filter((path) => path.startsWith(join(exported, 'night.bids')));
  const whichAre = ofFolder.filter((path) => existsSync(path.replace(exported, join(left, 'exported'))));
  if (whichAre.length > 0 && whichAre.length < ofFolder.length)
    found.push(`night.bids has its name and ${whichAre.length} of ${ofFolder.length} files`);
  const recordings = existsSync(join(left, 'records')) ? files(join(left, 'records')) : [];
  for (const { to, kind } of recordings.flatMap((file) => readCopies(file).copies)) {
    const whenThere = uploaded.get(basename(to)) ?? Infinity;
    if (kind === 'uploaded' && whenThere > atUs) found.push(`${to} is noted as a copy and was not there`);
    else if (kind === 'exported' && !existsSync(join(left, 'exported', basename(to))))
      found.push(`${to} is noted as a copy and is not there`);
  }
  return found;
}

/** Whoever comes after the power cut brings it there. */
async function judgeUpload(recordings: string): Promise<string[]> {
  const [, night = ''] = files(recordings);
  if (readCopies(night).copies.some(({ kind }) => kind === 'uploaded')) return [];
  const before = bucket.objects.get(basename(night));
  await uploadOnce(night, basename(night), bucket.url);
  counts.uploads++;
  const same = bucket.objects.get(basename(night))?.equals(readFileSync(night)) === true;
  if (before) put(basename(night), before);
  return same ? [] : [`${basename(night)} is in the bucket, and not as it is here`];
}

function judgeMigration(there: string): string[] {
  const found: string[] = [];
  for (const name of ['closed.db', 'killed.db']) {
    const file = join(there, name);
    try {
      const { migrated, head } = checkRecording(file);
      if (migrated) counts.migrated++;
      else counts.notMigrated++;
      const backup = backupPath(file);
      if (migrated && !(head && existsSync(backup))) found.push(`${name} was migrated, and has no seal or no backup`);
      for (const one of [file, ...(existsSync(backup) ? [backup] : [])]) {
        const { faults: damage, closed, frames, events, messages, started } = checkRecording(one);
        found.push(...damage);
        const holds = JSON.stringify([closed, frames, events, messages, started]);
        if (holds !== JSON.stringify([name === 'closed.db', 500, 9, 1, [1]])) found.push(`${one} holds ${holds}`);
      }
    } catch (error) {
      found.push(String(error));
    }
  }
  return found;
}

closeBucket();
const sorted = losses.sort((a, b) => a - b);
const at = (share: number): number => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN);
const syncMs = calls.filter(({ kind }) => kind === 'synced').map(({ startUs, endUs }) => (endUs - startUs) / 1000);
const slowestSyncMs = Math.max(...syncMs);
/** Commits are due every 200 ms and looked for every 40; a lease takes one more, and each may meet the slowest sync. */
const mostMs = 250 + 2 * slowestSyncMs;
for (const lossMs of losses.filter((ms) => ms > mostMs)) faults.push(`${lossMs} ms are lost`);
const report = {
  ...counts,
  calls: calls.length,
  stimuli: stimuli.length,
  lossMs: { p50: at(0.5), p95: at(0.95), max: at(1) },
  slowestSyncMs: Math.round(slowestSyncMs),
  faults: faults.length,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(faults.length === 0 ? 0 : 1);
