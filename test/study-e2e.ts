import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { SleepStage } from '../drivers/sleeper/generator.js';
import { closeNight } from '../runtime/cli/night-morning.js';
import { checkRecording } from '../runtime/recording/check.js';
import { NightFile, nightPath } from '../runtime/study/night-file.js';
import { readNightLog } from '../runtime/study/night-log.js';
import { temporaryFolder } from './axond-process.js';
import { boardTime, recordingName, type NightTask } from './study-night-task.js';

/**
 * `npm run study:e2e`: a study of four synthetic sleepers and four nights each, from its lock to its hand-over: a crash,
 * an adverse event, a lost night, a withdrawal, the autumn clock change, a board without a clock. Real stimuli evoke a
 * wave, sham ones do not; a Python script that knows nothing of axond finds that in the export, and only once the
 * participants are unblinded, and holds every time in the tables against the samples. Wants MNE (Debian: python3-mne);
 * for BIDS the folder of npm's bids-validator 1.15 in BIDS_VALIDATOR.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const axond = join(root, 'runtime', 'cli', 'axond.js');
const study = 'cue';
const participants = ['P001', 'P002', 'P003', 'P004'];
/** 02:50 summer time in Zurich; in the third night clocks go back ten minutes later. */
const firstNightMs = Date.UTC(2026, 9, 23, 0, 50);
const dayMs = 24 * 3600e3;

const folder = temporaryFolder();
const record = join(folder, 'recordings');
mkdirSync(record);
const sealed = join(folder, 'cue.sealed');
const files = { device: join(folder, 'device.yaml'), protocol: join(folder, 'protocol.yaml') };
writeFileSync(
  files.device,
  `device: { name: bed-1, timeZone: Europe/Zurich, record: ${record} }\nsource: { use: cyton, port: /dev/null }\n`,
);
writeFileSync(
  files.protocol,
  `preset: cyton-spindle\nstudy: { name: ${study}, allocation: ${sealed}, codes: 'P\\d{3}' }\n`,
);
const started = performance.now();
const said = (line: string): void =>
  void process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);

function cli(...words: string[]): Record<string, unknown> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [axond, ...words, '--json'], { encoding: 'utf8' });
  assert.equal(status, 0, `axond ${words.join(' ')}: ${stderr}${stdout}`);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
}

async function conductStudy(): Promise<void> {
  cli('study', 'allocate', '--study', study, '--participants', '4', '--nights', '4', '--out', sealed);
  const signed = ['--approval', '2026-014', '--by', 'A. Meyer', '--config', files.device];
  cli('study', 'lock', files.protocol, ...signed);
  said('allocated and locked');

  await inPairs(
    participants.flatMap((participant, person) => [1, 2].map((night) => () => sleep(participant, person, night))),
  );
  const { deleted } = withdraw('P004');
  said(`P004 has withdrawn: ${deleted.length} files deleted`);
  refuseToRecord('P004');
  await inPairs(
    participants
      .slice(0, 3)
      .flatMap((participant, person) => [3, 4].map((night) => () => sleep(participant, person, night))),
  );
  checkNights();

  const blinded = join(folder, 'blinded');
  const opened = join(folder, 'opened');
  exportTo(blinded, '--allocation', sealed);
  const before = analysed(blinded);
  checkTimes(before.times);
  assert.deepEqual(
    before.columns.filter((name) => /condition|hindsight/.test(name)),
    [],
  );
  assert.equal(before.effect, null);
  said('blinded: no column tells a condition');
  for (const participant of ['P001', 'P002', 'P003']) {
    const who = ['--by', 'A. Meyer', '--reason', 'analysis', '--allocation', sealed, '--recordings', record];
    cli('study', 'unblind', '--participant', participant, ...who);
  }
  exportTo(opened, '--allocation', sealed);
  const after = analysed(opened);
  assert.ok(after.effect);
  const { difference, before: earlier, p, arrangements, shuffled } = after.effect;
  said(
    `opened: ${after.stimuli} stimuli in ${after.nights} nights; real − sham ${difference.toFixed(1)} µV behind the stimulus, ${earlier.toFixed(1)} before it; p = ${p.toFixed(4)} of ${arrangements} arrangements; ` +
      `half of all other labels show no more than ${(100 * shuffled).toFixed(0)} % of it`,
  );
  assert.ok(difference < -10 && p < 0.05, 'the planted effect is found');
  assert.ok(Math.abs(earlier) < Math.abs(difference) / 3, 'before the stimulus there is nothing');
  assert.ok(shuffled < 0.6, 'shuffled labels show little of it');
  // P004 had two nights, and two were to come.
  assert.deepEqual(after.outcomes, { complete: 11, lost: 1, withdrawn: 4 });
  assert.equal(after.split, 1, 'the night that a crash has cut is one night of two recordings');
  said(`done; node ${process.version}`);
}

/** A night, as `axond night` and the run after it would do it. */
async function sleep(participant: string, person: number, night: number): Promise<void> {
  const startWallMs = firstNightMs + (night - 1) * dayMs;
  const startUs = 60e6 + 1e6 * person;
  const boot = `boot-${person}-${night}`;
  const task: NightTask = {
    ...{ configuration: [files.device, files.protocol], bed: `bed-${person + 1}`, record, participant, night, boot },
    ...{ startUs, startWallMs, person, seed: 100 * person + night, stages, fromSeconds: 0 },
    ...(participant === 'P002' && night === 1 ? { adverse: { at: 400, clearedAt: 520 } } : {}),
    ...(participant === 'P002' && night === 2 ? { clockSetAt: 300 } : {}),
  };
  let nowUs = startUs - 30e6;
  const log = new NightFile(nightPath(record, study, participant, night), () => ({
    ...{ us: nowUs, boot, ...boardTime(task, nowUs), zone: 'Europe/Zurich' },
  }));
  const begun = {
    study,
    participant,
    night,
    device: task.bed,
    protocol: null,
    approval: '2026-014',
    by: 'AM',
  };
  await log.append({ kind: 'begun', ...begun });
  const isLost = participant === 'P003' && night === 3;
  const impedance = { kind: 'step', step: 'impedance', measures: { C3: isLost ? 900 : 8 } } as const;
  await log.append({ ...impedance, result: isLost ? 'failed' : 'ok', detail: isLost ? 'C3: 900 kohm' : '' });
  if (isLost) {
    const which = { folder: record, study, participant, night, timeZone: 'Europe/Zurich' };
    const { reason } = await closeNight(which, { by: 'AM', lost: 'the electrode broke' });
    assert.equal(reason, 'the electrode broke; nothing was recorded.');
    return;
  }
  nowUs = startUs;
  const { wallMs } = boardTime(task, startUs);
  await log.append({ kind: 'lightsOff', by: 'AM', untilUs: startUs + 36e9, untilWallMs: wallMs + 36e6 });
  if (participant === 'P001' && night === 2) {
    await inProcess({ ...task, crashAt: 420 }, 'SIGKILL');
    nowUs = startUs + 450e6;
    await log.append({ kind: 'run', recording: recordingName(task), state: 'gone', detail: 'killed' });
    await inProcess({ ...task, fromSeconds: 450 });
  } else await inProcess(task);
  said(`${participant} night ${night}`);
}

const stages: SleepStage[] = [
  ...Array.from({ length: 2 }, () => 'W' as const),
  ...Array.from({ length: 2 }, () => 'N1' as const),
  ...Array.from({ length: 16 }, () => 'N2' as const),
  ...Array.from({ length: 3 }, () => 'N3' as const),
  ...Array.from({ length: 4 }, () => 'N2' as const),
];

async function inProcess(task: NightTask, killedBy?: string): Promise<void> {
  const script = fileURLToPath(new URL('study-night.js', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [script, JSON.stringify(task)]);
    assert.equal(killedBy, undefined, 'it should have been killed');
  } catch (error) {
    const { signal, stderr } = error as { signal?: string; stderr?: string };
    if (killedBy === undefined || signal !== killedBy) throw new Error(stderr ?? String(error), { cause: error });
  }
}

/** Two at a time. */
async function inPairs(works: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...works];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) await next();
  };
  await Promise.all([work(), work()]);
}

function withdraw(participant: string) {
  const who = ['--by', 'A. Meyer', '--reason', 'consent withdrawn', '--recordings', record, '--yes'];
  return z.object({ deleted: z.array(z.unknown()) }).parse(cli('study', 'withdraw', participant, ...who));
}

function refuseToRecord(participant: string): void {
  const words = ['run', '--config', files.device, files.protocol, '--participant', participant, '--night', '3'];
  const { status, stderr } = spawnSync(process.execPath, [axond, ...words], { encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /P004 has withdrawn from cue/);
}

/** Every recording and every log is whole, chains and all. */
function checkNights(): void {
  const names = readdirSync(record);
  const recordings = names.filter((name) => name.endsWith('.db'));
  for (const name of recordings) assert.deepEqual(checkRecording(join(record, name)).faults, [], name);
  const logs = names.filter((name) => name.endsWith('.night'));
  for (const name of logs) readNightLog(readFileSync(join(record, name), 'utf8'));
  assert.deepEqual([recordings.length, logs.length], [12, 12]);
  said(`${recordings.length} recordings and ${logs.length} logs are whole`);
}

function exportTo(out: string, ...more: string[]): void {
  cli('study', 'export', out, '--recordings', record, ...more);
  cli('check', out);
  execFileSync('sha256sum', ['--check', '--quiet', 'manifest.sha256'], { cwd: out });
  const validator = process.env['BIDS_VALIDATOR'];
  if (validator === undefined) {
    said('BIDS_VALIDATOR names no bids-validator: BIDS was not validated');
    return;
  }
  const command = [join(validator, 'bin', 'bids-validator'), out, '--json'];
  const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const { issues, summary } = z
    .object({
      issues: z.object({ errors: z.array(z.unknown()), warnings: z.array(z.object({ key: z.string() })) }),
      summary: z.object({ totalFiles: z.number(), subjects: z.array(z.string()), sessions: z.array(z.string()) }),
    })
    .parse(JSON.parse(stdout));
  assert.deepEqual(issues.errors, []);
  assert.ok(summary.totalFiles > 0);
  const warned = issues.warnings.map(({ key }) => key).join(', ') || 'none';
  said(
    `the BIDS validator finds no error in ${summary.totalFiles} files of ${summary.subjects.length} participants, ${summary.sessions.length} sessions; warnings: ${warned}`,
  );
}

const nightTimes = z.object({
  participant: z.string(),
  night: z.number(),
  start: z.string(),
  seconds: z.number(),
  /** Between the time on the wall at the end and that at the start, less what has passed. */
  shiftHours: z.number(),
  faults: z.array(z.string()),
});

/** The script holds the tables against the samples; when each night began, and how long it was, is known here alone. */
function checkTimes(times: readonly z.infer<typeof nightTimes>[]): void {
  const seconds = 30 * stages.length;
  for (const { participant, night, start, faults, ...of } of times) {
    assert.deepEqual(faults, [], `${participant} night ${night}`);
    const lateMs = Date.parse(start) - (firstNightMs + (night - 1) * dayMs);
    assert.ok(Math.abs(lateMs) < 100, `${participant} night ${night} began ${lateMs} ms late`);
    assert.ok(Math.abs(of.seconds - seconds) < 0.1, `${participant} night ${night} lasted ${of.seconds} s`);
  }
  const shifted = times.filter(({ shiftHours }) => shiftHours !== 0);
  assert.deepEqual(
    shifted.map(({ participant, night, shiftHours }) => [participant, night, shiftHours]),
    [
      ['sub-P001', 3, -1],
      ['sub-P002', 3, -1],
    ],
  );
  said(`${times.length} nights keep order and durations, ${shifted.length} across the clock change`);
}

function analysed(out: string) {
  const script = join(root, 'test', 'study-e2e.py');
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [script, out], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const effect = z.object({
    difference: z.number(),
    before: z.number(),
    p: z.number(),
    arrangements: z.number(),
    shuffled: z.number(),
  });
  return z
    .object({
      columns: z.array(z.string()),
      stimuli: z.number(),
      nights: z.number(),
      split: z.number(),
      outcomes: z.record(z.string(), z.number()),
      times: z.array(nightTimes),
      effect: effect.nullable(),
    })
    .parse(JSON.parse(stdout));
}

try {
  await conductStudy();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
