import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Condition } from '../contracts.js';
import { Recorded } from '../recording/recording.test.fixture.js';
import { unblind } from '../study/unblind.js';
import { checkCommand } from './check.js';
import { runJson } from './command.test.fixture.js';
import { Failure } from './output.js';
import { emptyStudy, exported, tableOf, writeRecording, type Studied } from './study-export.test.fixture.js';

/** Two participants of one night each. That of P001 was broken off, and another recording goes on with it. */
async function studied(t: TestContext, condition: Condition): Promise<Studied> {
  const study = await emptyStudy(t, {
    ...{ participants: ['P001', 'P002'], nights: 1, blocks: 1, blockSeconds: null },
    rows: [
      { participant: 'P001', night: 1, block: 1, condition },
      { participant: 'P002', night: 1, block: 1, condition: condition === 'real' ? 'sham' : 'real' },
    ],
  });
  writeRecording(study, { name: 'a', participant: 'P001', startUs: 0, stimuli: [20, 41.6] });
  writeRecording(study, { name: 'b', participant: 'P001', continued: true, startUs: 180e6, stimuli: [30] });
  writeRecording(study, { name: 'c', participant: 'P002', startUs: 0, stimuli: [25] });
  new Recorded(join(study.recordings, 'demo.db')).close();
  return study;
}

test('a study is exported with a row a stimulus and a night; a night that holds two recordings is one', async (t) => {
  const study = await studied(t, 'real');
  const out = join(study.folder, 'cue');
  const { nights, stimuli, opened, others } = await exported(t, study, out);
  assert.deepEqual({ nights, stimuli, opened, others }, { nights: 2, stimuli: 4, opened: 0, others: 1 });
  const rows = tableOf(join(out, 'stimuli.tsv'));
  const picked = rows.map((row) =>
    ['participant_id', 'night', 'run', 'id', 'sample', 'sound_sample', 'interval', 'score', 'gain', 'time'].map(
      (name) => row[name],
    ),
  );
  // The newest sample at the permit ends a read of ten; the sound came 2 ms behind it, half a sample, on a clock whose
  // first sample is 0. The clock is of summer time then: 01:00 in Zurich.
  assert.deepEqual(picked, [
    ['sub-P001', '1', '1', 'S1', '5009', '5009.5', 'n/a', '2.5', '-3', '2026-10-24T23:00:20.042Z'],
    ['sub-P001', '1', '1', 'S2', '10409', '10409.5', '21.6', '2.5', '-3', '2026-10-24T23:00:41.642Z'],
    ['sub-P001', '1', '2', 'S1', '7509', '7509.5', '168.4', '2.5', '-3', '2026-10-24T23:03:30.042Z'],
    ['sub-P002', '1', '1', 'S1', '6259', '6259.5', 'n/a', '2.5', '-3', '2026-10-24T23:00:25.042Z'],
  ]);
  assert.ok(rows.every(({ time_zone, phase }) => time_zone === 'Europe/Zurich' && phase === '-30'));
  const [first, second] = tableOf(join(out, 'nights.tsv'));
  assert.equal(first!['recordings'], 'a; b');
  assert.deepEqual(
    ['recorded', 'between', 'armed', 'inhibited_sleep', 'stimuli'].map((name) => first![name]),
    ['2.000', '2.000', ((2 * (60 - 10.04)) / 60).toFixed(3), ((2 * 5) / 60).toFixed(3), '3'],
  );
  assert.equal(second!['recordings'], 'c');
  const eeg = readdirSync(join(out, 'sub-P001', 'ses-01', 'eeg'));
  assert.ok(eeg.includes('sub-P001_ses-01_task-cue_run-01_eeg.bdf'));
  assert.ok(eeg.includes('sub-P001_ses-01_task-cue_run-02_events.tsv'));
  assert.equal(tableOf(join(out, 'sub-P001', 'ses-01', 'sub-P001_ses-01_scans.tsv')).length, 2);
});

test('R-27 before unblinding nothing exported differs with the condition, and nothing has a column for it', async (t) => {
  const [real, sham] = [await studied(t, 'real'), await studied(t, 'sham')];
  const out = (study: Studied): string => join(study.folder, 'cue');
  for (const study of [real, sham]) await exported(t, study, out(study), '--allocation', study.allocation);
  const manifest = readFileSync(join(out(real), 'manifest.sha256'), 'utf8');
  assert.equal(readFileSync(join(out(sham), 'manifest.sha256'), 'utf8'), manifest);
  assert.match(manifest, /^[0-9a-f]{64} {2}stimuli\.tsv$/m);
  const [first] = tableOf(join(out(real), 'stimuli.tsv'));
  assert.ok(!('condition' in first!) && !('phase_in_hindsight' in first!));
});

test('R-27 conditions are those of who was unblinded on record, and of nobody else', async (t) => {
  const study = await studied(t, 'real');
  const { allocation, recordings } = study;
  const asked = { by: 'A. Meyer', reason: 'analysis', user: 'a', at: '2026-11-29T09:00:00.000Z' };
  await unblind({ ...asked, allocation, participant: 'P001' }, { recordings });
  const out = join(study.folder, 'cue');
  assert.equal((await exported(t, study, out, '--allocation', allocation))['opened'], 3);
  assert.deepEqual(
    tableOf(join(out, 'stimuli.tsv')).map((row) => [
      row['participant_id'],
      row['condition'],
      row['phase_in_hindsight'],
    ]),
    [
      ['sub-P001', 'real', '120'],
      ['sub-P001', 'real', '120'],
      ['sub-P001', 'real', '120'],
      ['sub-P002', 'n/a', 'n/a'],
    ],
  );
});

test('R-56 an exported study is whole or not there, and says what was changed since', async (t) => {
  const study = await studied(t, 'real');
  const out = join(study.folder, 'cue');
  await exported(t, study, out);
  await assert.rejects(exported(t, study, out), /cue: is there already/);
  assert.match(execFileSync('sha256sum', ['--check', 'manifest.sha256'], { cwd: out, encoding: 'utf8' }), /OK\n$/);
  const check = (folder: string) => runJson(t, checkCommand(), folder);
  assert.deepEqual(await check(out), { ok: true, files: (await check(out))['files'], faults: [] });
  const copy = join(study.folder, 'copy');
  cpSync(out, copy, { recursive: true });
  writeFileSync(join(copy, 'stimuli.tsv'), 'x');
  rmSync(join(copy, 'participants.tsv'));
  writeFileSync(join(copy, 'extra'), '');
  const { ok, faults } = await check(copy);
  process.exitCode = 0;
  assert.equal(ok, false);
  assert.deepEqual(faults, [
    'participants.tsv: is missing. Export the study again.',
    'stimuli.tsv: was changed since. Export the study again.',
    'extra: is not in manifest.sha256. Take it away.',
  ]);
  // A recording that cannot be read: nothing is left of the export that it stopped.
  writeFileSync(join(study.recordings, 'd.db'), readFileSync(join(study.recordings, 'c.db')).subarray(0, 20_000));
  await assert.rejects(exported(t, study, `${out}2`), Failure);
  assert.deepEqual(
    readdirSync(study.folder).filter((name) => name.includes('cue2')),
    [],
  );
  assert.equal(existsSync(`${out}2`), false);
});
