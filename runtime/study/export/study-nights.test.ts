import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { nextNightLine } from '../night-log.js';
import { encodeWithdrawal, readWithdrawals, withdrawnPath } from '../withdrawn.js';
import { nightLogs } from './study-nights.js';

/** A folder that two studies share; the name of one begins with that of the other. */
function shared(t: TestContext): { folder: string; logOf: (study: string, participant: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-studies-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const logOf = (study: string, participant: string): string => {
    const begun = {
      kind: 'begun',
      study,
      participant,
      night: 2,
      device: 'bed',
      protocol: null,
      approval: null,
    } as const;
    const time = { us: 1e6, boot: 'boot', wallMs: 1.7e12, clock: 'set', zone: 'UTC' } as const;
    const path = join(folder, `${study}-${participant}-02.night`);
    writeFileSync(path, nextNightLine(undefined, { ...begun, by: 'AM' }, time).text);
    return path;
  };
  return { folder, logOf };
}

const ofStudy = (folder: string, study: string): string[] =>
  nightLogs(folder, study).map(({ participant, night }) => `${participant} ${night}`);

test('a study does not take the nights of another one whose name begins like its own', (t) => {
  const { folder, logOf } = shared(t);
  logOf('cue', 'P001');
  const path = logOf('cue-night', 'P001');
  assert.deepEqual(ofStudy(folder, 'cue'), ['P001 2']);
  assert.deepEqual(ofStudy(folder, 'cue-night'), ['P001 2']);
  // Damage further on takes nothing from what the first line says.
  appendFileSync(path, 'damaged\n');
  assert.deepEqual(ofStudy(folder, 'cue-night'), ['P001 2']);
  assert.deepEqual(ofStudy(folder, 'cue'), ['P001 2']);
  // Where it cannot be read, nobody forgets the night: its name says whose it may be.
  writeFileSync(path, 'damaged\n');
  assert.deepEqual(ofStudy(folder, 'cue-night'), ['P001 2']);
  assert.deepEqual(ofStudy(folder, 'cue'), ['P001 2', 'night-P001 2']);
});

test('a study does not take the withdrawals of another one whose name begins like its own', (t) => {
  const { folder } = shared(t);
  const who = { at: '2026-11-28T09:00:00.000Z', by: 'AM', reason: 'consent withdrawn', user: 'lab' };
  const withdrawal = { study: 'cue-night', participant: 'P001', ...who, nights: [2], deleted: [], elsewhere: [] };
  const path = withdrawnPath(folder, 'cue-night', 'P001');
  writeFileSync(path, encodeWithdrawal(withdrawal));
  assert.deepEqual(readWithdrawals(folder, 'cue'), []);
  assert.deepEqual(readWithdrawals(folder, 'cue-night'), [withdrawal]);
  writeFileSync(path, 'damaged\n');
  const [read, ...more] = readWithdrawals(folder, 'cue-night');
  assert.deepEqual([read?.participant, read?.at, more], ['P001', '', []]);
});
