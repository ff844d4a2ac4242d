import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { emptySummary, describeRun } from '../recording/recording.test.fixture.js';
import { RecordingWriter } from '../recording/writer.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { studyCommand } from './study.js';

interface Rows {
  rows: { participant: string; night: number; block: number; condition: string }[];
}

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-study-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function allocate(
  t: TestContext,
  folder: string,
  name: string,
  participants = '4',
): Promise<{ out: string; sha256: string }> {
  const out = join(folder, name);
  const words = ['--study', 'cue', '--participants', participants, '--nights', '2', '--out', out];
  const { sha256 } = await runJson(t, studyCommand(), 'allocate', ...words);
  return { out, sha256: String(sha256) };
}

function record(folder: string, name: string, participant: string, sha256: string | null): void {
  const study = { name: 'cue', participant, night: 1, continued: false, sha256 };
  const writer = new RecordingWriter(join(folder, `${name}.db`), { ...describeRun(1), study });
  writer.close(emptySummary);
}

/** What is in the file, without the code under test. */
function conditionsIn(file: string, participant: string): string[] {
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: [string, number, number, string][] };
  return rows.flatMap(([of, , , condition]) => (of === participant ? [condition] : []));
}

const asked = (out: string, participant: string, ...more: string[]): string[] => [
  'unblind',
  ...['--participant', participant, '--by', 'A. Meyer', '--reason', 'adverse event', '--allocation', out],
  ...more,
];

test('R-27 allocate tells nothing of what was drawn, and draws another one each time', async (t) => {
  const folder = place(t);
  const words = ['--study', 'cue', '--participants', '24', '--nights', '2', '--out'];
  const said = await runCommand(t, studyCommand(), 'allocate', ...words, join(folder, 'a'));
  assert.match(said, /24 participants \(P001 to P024\), 2 nights\.[^]*SHA-256 [0-9a-f]{64}\n/);
  assert.doesNotMatch(said, /real|sham/);
  await runCommand(t, studyCommand(), 'allocate', ...words, join(folder, 'b'));
  const drawn = ['a', 'b'].map((name) =>
    JSON.stringify((JSON.parse(readFileSync(join(folder, name), 'utf8')) as Rows).rows),
  );
  assert.notEqual(drawn[0], drawn[1]);
});

test('R-28 allocate refuses another draw over a file, blocks without a length, and names that are none', async (t) => {
  const folder = place(t);
  const { out } = await allocate(t, folder, 'cue.sealed');
  await assert.rejects(
    allocate(t, folder, 'cue.sealed'),
    /cue\.sealed: is there already\. An allocation is drawn once/,
  );
  const refused = (...words: string[]) =>
    runCommand(t, studyCommand(), 'allocate', '--participants', '2', '--nights', '1', '--out', `${out}2`, ...words);
  await assert.rejects(refused('--study', 'cue', '--blocks', '2'), /--block: is missing/);
  await assert.rejects(refused('--study', 'cue', '--block', '20m'), /--block: is for --blocks of 2 or more/);
  await assert.rejects(refused('--study', 'a b'), /--study a b: is no study name/);
  assert.equal(existsSync(`${out}2`), false);
});

test('R-28 unblind opens one person’s rows, with the file that the recordings were made by, and is on record first', async (t) => {
  const folder = place(t);
  const { out, sha256 } = await allocate(t, folder, 'cue.sealed');
  const recordings = place(t);
  record(recordings, 'one', 'P002', sha256);
  record(recordings, 'other-person', 'P003', 'f'.repeat(64));
  const said = await runCommand(t, studyCommand(), ...asked(out, 'P002', '--recordings', recordings));
  assert.deepEqual(said.match(/\b(real|sham)\b/g), conditionsIn(out, 'P002'));
  assert.doesNotMatch(said, /P00[134]/);
  const lines = readFileSync(`${out}.unblinded`, 'utf8').split('\n').slice(0, -1);
  const [line] = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.equal(lines.length, 1);
  assert.deepEqual(
    [line?.['by'], line?.['reason'], line?.['participant'], line?.['sha256']],
    ['A. Meyer', 'adverse event', 'P002', sha256],
  );
  assert.ok(Math.abs(Date.parse(String(line?.['at'])) - Date.now()) < 60_000);
  assert.doesNotMatch(lines.join(), /real|sham/);
  const again = await runJson(t, studyCommand(), ...asked(out, 'P002', '--sha256', sha256.toUpperCase()));
  assert.deepEqual(
    (again as unknown as Rows).rows.map(({ condition }) => condition),
    conditionsIn(out, 'P002'),
  );
  assert.equal(readFileSync(`${out}.unblinded`, 'utf8').split('\n').length, 3);
});

test('R-28 unblind shows and logs nothing where the file does not fit', async (t) => {
  const folder = place(t);
  const { out, sha256 } = await allocate(t, folder, 'cue.sealed');
  const { sha256: other } = await allocate(t, folder, 'other.sealed');
  const recordings = place(t);
  record(recordings, 'one', 'P001', sha256);
  record(recordings, 'two', 'P001', other);
  record(recordings, 'three', 'P003', null);
  const refused = (...words: string[]) => runCommand(t, studyCommand(), ...words);
  await assert.rejects(
    refused(...asked(out, 'P001', '--recordings', recordings)),
    /two\.db: was recorded with another sealed/,
  );
  await assert.rejects(refused(...asked(out, 'P003', '--recordings', recordings)), /three\.db: .* \(SHA-256 unknown\)/);
  await assert.rejects(refused(...asked(out, 'P002', '--recordings', recordings)), /holds no recording of P002 in cue/);
  await assert.rejects(refused(...asked(out, 'P009', '--recordings', recordings)), /P009 is not in/);
  await assert.rejects(refused(...asked(out, 'P001', '--sha256', other)), /has another SHA-256/);
  await assert.rejects(refused(...asked(out, 'P001', '--recordings', join(folder, 'none'))), /there is no such folder/);
  await assert.rejects(refused(...asked(out, 'P001', '--reason', ' ', '--sha256', sha256)), /--reason: is empty/);
  chmodSync(out, 0o444);
  await assert.rejects(refused(...asked(out, 'P001', '--sha256', sha256)), /is open to others/);
  assert.equal(existsSync(`${out}.unblinded`), false);
});

test('R-28 where the log cannot be written nothing is shown', async (t) => {
  const folder = place(t);
  const { out, sha256 } = await allocate(t, folder, 'cue.sealed');
  mkdirSync(`${out}.unblinded`);
  await assert.rejects(runCommand(t, studyCommand(), ...asked(out, 'P001', '--sha256', sha256)), { code: 'EISDIR' });
});
