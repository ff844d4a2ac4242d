import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Row } from '../study/allocation.js';
import { unblind } from '../study/unblind.js';
import { encodeUse, usesPath, type BlockPosition, type UseEntry } from '../study/uses.js';
import { runJson } from './command.test.fixture.js';
import { Failure } from './output.js';
import {
  begunEntry,
  columnsOf,
  emptyStudy,
  exported,
  nightLog,
  tableOf,
  writeRecording,
} from './study-export.test.fixture.js';
import { studyCommand } from './study.js';

const oneBlock = { blocks: 1, blockSeconds: null };
const sham = (participant: string, night: number): Row => ({ participant, night, block: 1, condition: 'sham' });
const at = '2026-10-24T22:00:00.000Z';
const time = { us: 1e6, wallMs: Date.parse(at), clock: 'set' } as const;

test('R-57 with the allocation every night of it has a row, also one that left nothing, with what is known of it', async (t) => {
  const nights = [1, 2, 3];
  const rows = ['P001', 'P002', 'P003'].flatMap((participant) => nights.map((night) => sham(participant, night)));
  const study = await emptyStudy(t, { participants: ['P001', 'P002', 'P003'], nights: 3, ...oneBlock, rows });
  const { recordings, allocation, sha256, folder } = study;
  writeRecording(study, { name: 'a', participant: 'P001', startUs: 0, stimuli: [20] });
  writeFileSync(
    join(recordings, 'cue-P001-01.night'),
    nightLog([
      [begunEntry('P001', 1), time],
      [{ kind: 'run', recording: 'encrypted', state: 'began', detail: '' }, time],
      [{ kind: 'run', recording: 'encrypted', state: 'gone', detail: '' }, time],
      [{ kind: 'run', recording: 'a', state: 'began', detail: '' }, time],
    ]),
  );
  // Of this night the log alone is left; its recording is somewhere else.
  writeFileSync(
    join(recordings, 'cue-P001-02.night'),
    nightLog([
      [begunEntry('P001', 2), time],
      [{ kind: 'run', recording: 'gone', state: 'began', detail: '' }, time],
      [{ kind: 'run', recording: 'gone', state: 'ended', detail: '' }, time],
      [{ kind: 'closed', outcome: 'complete', reason: '' }, time],
    ]),
  );
  const position: BlockPosition = { block: 1, blockUs: 0, boot: 'boot' };
  const taken: UseEntry = {
    ...{
      use: 'taken',
      participant: 'P001',
      night: 3,
      run: 'burnt',
      allocation: sha256,
      at,
      continued: false,
      position,
    },
  };
  writeFileSync(usesPath(allocation), encodeUse(taken));
  writeRecording(study, { name: 'b', participant: 'P003', startUs: 0, stimuli: [] });
  const who = ['--by', 'A. Meyer', '--reason', 'consent withdrawn', '--recordings', recordings, '--yes'];
  await runJson(t, studyCommand(), 'withdraw', 'P003', ...who);

  const out = join(folder, 'cue');
  const { absent, missing } = await exported(t, study, out, '--allocation', allocation);
  assert.deepEqual({ absent, missing }, { absent: 6, missing: 2 });
  const columns = ['participant_id', 'night', 'outcome', 'reason', 'recordings', 'missing_recordings', 'recorded'];
  const begun = `begun by burnt (${at}), whose recording is not here`;
  const unknown = 'it has not begun, as far as the allocation tells';
  assert.deepEqual(columnsOf(tableOf(join(out, 'nights.tsv')), ...columns), [
    ['sub-P001', '1', 'open', 'n/a', 'a', 'encrypted', '1.000'],
    ['sub-P001', '2', 'complete', 'n/a', 'n/a', 'gone', 'n/a'],
    ['sub-P001', '3', 'absent', begun, 'n/a', 'n/a', 'n/a'],
    ...['1', '2', '3'].map((night) => ['sub-P002', night, 'absent', unknown, 'n/a', 'n/a', 'n/a']),
    ...['1', '2', '3'].map((night) => ['sub-P003', night, 'withdrawn', 'consent withdrawn', 'n/a', 'n/a', 'n/a']),
  ]);

  const refusal = async (...words: string[]): Promise<string> => {
    const error: unknown = await exported(t, study, `${out}2`, ...words).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Failure, String(error));
    return error.message;
  };
  appendFileSync(usesPath(allocation), 'x\n');
  assert.match(await refusal('--allocation', allocation), /cue\.sealed\.uses: is damaged in line 2\. Copy it again/);
  assert.match(await refusal('--allocation', join(folder, 'other.sealed')), /other\.sealed: there is no such file/);
  const rest = { participants: ['P001'], nights: 1, ...oneBlock, rows: [sham('P001', 1)] };
  const other = await emptyStudy(t, rest, 'nap');
  assert.match(
    await refusal('--allocation', other.allocation),
    /belongs to the study nap, not to cue\. Give its own\./,
  );
});

test('R-28 a night of blocks that a crash has cut is one night of two recordings, each with the conditions of its blocks', async (t) => {
  const conditions = ['sham', 'real', 'sham', 'real'] as const;
  const study = await emptyStudy(t, {
    ...{ participants: ['P001'], nights: 1, blocks: 4, blockSeconds: 40 },
    rows: conditions.map((condition, place): Row => ({ participant: 'P001', night: 1, block: place + 1, condition })),
  });
  const { recordings, allocation, sha256, folder } = study;
  // Blocks of 40 s from the tenth second of the first boot on, cut in the second block. The machine comes back after a
  // power cut, on another clock: there the second block begins anew. And it is cut once more, within that boot; whoever
  // goes on with it then begins the fourth block.
  writeRecording(study, { name: 'a', participant: 'P001', startUs: 0, stimuli: [20, 40, 55] });
  const boot = { bootId: 'boot-b' };
  const again = { participant: 'P001', continued: true, run: boot } as const;
  writeRecording(study, { ...again, name: 'b', startUs: 500e6, stimuli: [20, 45, 50.4] });
  writeRecording(study, { ...again, name: 'c', startUs: 570e6, stimuli: [12, 20, 30] });
  const line = (run: string, use: 'taken' | 'block', block: number, blockUs: number, boot: string): string => {
    const whose = { participant: 'P001', night: 1, run, position: { block, blockUs, boot } };
    return encodeUse(
      use === 'block' ? { use, ...whose } : { use, ...whose, allocation: sha256, at, continued: run !== 'a' },
    );
  };
  writeFileSync(
    usesPath(allocation),
    [
      line('a', 'taken', 1, 10e6, 'boot'),
      line('a', 'block', 2, 50e6, 'boot'),
      line('b', 'taken', 2, 510e6, 'boot-b'),
      line('b', 'block', 3, 550e6, 'boot-b'),
      line('c', 'taken', 4, 575e6, 'boot-b'),
    ].join(''),
  );
  const asked = { by: 'A. Meyer', reason: 'analysis', user: 'a', at };
  await unblind({ ...asked, allocation, participant: 'P001' }, { recordings });
  const out = join(folder, 'cue');
  assert.equal((await exported(t, study, out, '--allocation', allocation))['opened'], 9);
  assert.deepEqual(columnsOf(tableOf(join(out, 'stimuli.tsv')), 'run', 'id', 'condition'), [
    ['1', 'S1', 'sham'],
    ['1', 'S2', 'sham'],
    ['1', 'S3', 'real'],
    ['2', 'S1', 'real'],
    ['2', 'S2', 'real'],
    ['2', 'S3', 'sham'],
    ['3', 'S1', 'real'],
    ['3', 'S2', 'real'],
    ['3', 'S3', 'real'],
  ]);
  assert.deepEqual(columnsOf(tableOf(join(out, 'nights.tsv')), 'recordings', 'stimuli'), [['a; b; c', '9']]);
});
