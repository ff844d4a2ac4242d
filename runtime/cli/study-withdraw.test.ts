import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { noteCopy, noteDeletion } from '../recording/copies.js';
import { BudgetFile, readBudget } from '../recorder/budget-file.js';
import { Recorded } from '../recording/recording.test.fixture.js';
import { checkManifest } from '../study/export/manifest.js';
import { nextNightLine, type NightEntry, type NightLine } from '../study/night-log.js';
import { barred } from '../study/withdrawn.js';
import { runJson } from './command.test.fixture.js';
import { Failure } from './output.js';
import { runCommand as runVerb } from './run.js';
import { studyCommand } from './study.js';

const configuration = `
source: { use: cyton, port: /dev/ttyUSB0 }
device: { name: bed-1, timeZone: UTC }
signals: { c3: { from: c0 } }
detectors: { spindle: { use: threshold, signal: c3, level: 90uV } }
actuators: { sound: { use: virtual } }
`;

/** A night each of P001 and P010, two of P002. */
function studied(t: TestContext): { folder: string; recordings: string } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-withdraw-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const recordings = join(folder, 'recordings');
  mkdirSync(recordings);
  for (const [participant, night] of [
    ['P001', 1],
    ['P002', 1],
    ['P002', 2],
    ['P010', 1],
  ] as const) {
    const study = { name: 'cue', participant, night, continued: false, sha256: null };
    const recorded = new Recorded(join(recordings, `${participant}-${night}.db`), 1, { study, configuration });
    recorded.stream(50);
    recorded.close();
    writeFileSync(join(recordings, `cue-${participant}-0${night}.night`), logOf(participant, night));
  }
  writeFileSync(join(recordings, 'P002-1.deliveries'), '');
  return { folder, recordings };
}

function logOf(participant: string, night: number, more: readonly NightEntry[] = []): string {
  const about = { study: 'cue', participant, night, device: 'bed-1', protocol: null, approval: null, by: 'AM' };
  const time = { us: 1e6, boot: 'boot', wallMs: 1.7e12, clock: 'set', zone: 'UTC' } as const;
  let last: NightLine | undefined;
  return [{ kind: 'begun', ...about } as const, ...more]
    .map((entry) => {
      const next = nextNightLine(last, entry, time);
      last = next.line;
      return next.text;
    })
    .join('');
}

const withdrawn = (t: TestContext, recordings: string, code: string, ...more: string[]) => {
  const words = ['--by', 'A. Meyer', '--reason', 'consent withdrawn', '--recordings', recordings, '--yes', ...more];
  return runJson(t, studyCommand(), 'withdraw', code, ...words);
};

const holding = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes(text))
    .sort();

test('who withdraws is deleted with all exports that are known, and the others are left as they were', async (t) => {
  const { folder, recordings } = studied(t);
  const dataset = join(folder, 'cue');
  await runJson(t, studyCommand(), 'export', dataset, '--recordings', recordings);
  const single = join(folder, 'night.edf');
  writeFileSync(single, 'EDF');
  const copy = { kind: 'exported', format: 'edf', bytes: 3, sha256: null, wallMs: 0 } as const;
  noteCopy(join(recordings, 'P002-1.db'), { ...copy, to: single });
  const away = join(folder, 'unplugged', 'night.edf');
  noteCopy(join(recordings, 'P002-2.db'), { ...copy, to: away });
  const sha256 = createHash('sha256')
    .update(readFileSync(join(recordings, 'P002-2.db')))
    .digest('hex');
  const bytesOfOthers = (): string[] =>
    [...holding(recordings, 'P001'), ...holding(recordings, 'P010')].map(
      (name) => `${name} ${readFileSync(join(recordings, name)).toString('base64')}`,
    );
  const before = bytesOfOthers();

  const { nights, elsewhere } = await withdrawn(t, recordings, 'P002');
  assert.deepEqual(nights, [1, 2]);
  assert.deepEqual(elsewhere, [`edf (exported): ${away}`]);
  assert.deepEqual(holding(folder, 'P002'), [join('recordings', 'cue-P002.withdrawn')]);
  assert.equal(existsSync(single), false);
  assert.deepEqual(bytesOfOthers(), before);
  for (const table of ['participants.tsv', 'nights.tsv']) {
    const text = readFileSync(join(dataset, table), 'utf8');
    assert.doesNotMatch(text, /P002/);
    assert.match(text, /^sub-P010/m);
  }
  assert.deepEqual((await checkManifest(dataset)).faults, []);
  const note = readFileSync(join(recordings, 'cue-P002.withdrawn'), 'utf8');
  assert.match(note, new RegExp(`"by":"A. Meyer","reason":"consent withdrawn".*"nights":\\[1,2\\].*${sha256}`));

  // The next export says so, and nothing is recorded under the code again.
  await runJson(t, studyCommand(), 'export', `${dataset}2`, '--recordings', recordings);
  const rows = readFileSync(join(`${dataset}2`, 'nights.tsv'), 'utf8').match(/^sub-P002\t.*/gm);
  assert.deepEqual(
    rows?.map((row) => row.split('\t').slice(0, 4)),
    [1, 2].map((night) => ['sub-P002', String(night), 'withdrawn', 'consent withdrawn']),
  );
  const sets = [`device.record=${recordings}`, 'study.name=cue', 'study.allocation=/none', 'source.port=/none'];
  const run = runJson(
    t,
    runVerb(),
    '--preset',
    'cyton-spindle',
    '--participant',
    'P002',
    '--night',
    '3',
    '--set',
    ...sets,
  );
  await assert.rejects(run, /P002 has withdrawn from cue on .*Nothing is recorded under that code any more/);
  assert.match(barred(recordings, 'cue', 'P002') ?? '', /cue-P002\.withdrawn/);
  assert.equal(barred(recordings, 'cue', 'P001'), undefined);
});

/** A budget of so many stimuli in each of these nights. */
function countedIn(state: string, nights: Readonly<Record<string, number>>): void {
  const { file, budget } = BudgetFile.open(state, () => false);
  budget.continueIn('boot', 0);
  let command = 0;
  for (const [night, stimuli] of Object.entries(nights)) {
    budget.begin('a.db', night);
    for (let n = 0; n < stimuli; n++) budget.give(++command, command * 1e6);
    budget.finish(command * 1e6);
  }
  file.save(budget.toText());
  file.close();
}

test('R-20 what the bed itself keeps names nobody who has withdrawn: their logs go, others lose the code, the budget counts on', async (t) => {
  const { folder, recordings } = studied(t);
  const state = join(recordings, 'state');
  mkdirSync(join(state, 'crashes'), { recursive: true });
  writeFileSync(join(state, 'cue-P002-01.log'), 'as runs were logged once');
  writeFileSync(join(state, 'cue-P0021-01.log'), 'night 1 of P0021');
  const log = 'night 2 of P002 was begun; cue-P002-02.night: P0021 and AP002 are others\n';
  for (const name of ['bed-1-run.log', 'crashes/crash-1.json']) writeFileSync(join(state, name), log);
  countedIn(state, { 'cue/P002/1': 3, 'cue/P002/2': 4, 'cue/P001/1': 5 });
  // Of a bed that keeps its state elsewhere, as its recording says, and of one that is only named.
  const [told, named] = ['told', 'named'].map((name) => join(folder, name)) as [string, string];
  for (const place of [told, named]) countedIn(place, { 'cue/P002/9': 2 });
  const sealed = join(folder, 'cue.sealed');
  for (const path of [sealed, `${sealed}.uses`]) writeFileSync(path, 'P002');
  const study = { name: 'cue', participant: 'P002', night: 9, continued: false, sha256: null };
  const further = `${configuration}study: { name: cue, allocation: ${sealed} }\n`;
  const elsewhere = further.replace('timeZone: UTC', `timeZone: UTC, state: ${told}`);
  new Recorded(join(recordings, 'P002-9.db'), 1, { study, configuration: elsewhere }).close();
  writeFileSync(join(recordings, 'notes.txt'), 'P010 slept in the bed of P002\n');
  writeFileSync(join(state, 'cue-P010-01.log'), 'night 1 of P010\n');

  // A run counts there: nothing is touched.
  const { file } = BudgetFile.open(state, () => false);
  await assert.rejects(withdrawn(t, recordings, 'P002', '--state', named), /budget\.db: a run counts in it.*P002/);
  assert.ok(existsSync(join(state, 'cue-P002-01.log')) && existsSync(join(recordings, 'P002-1.db')));
  assert.equal(readFileSync(join(state, 'bed-1-run.log'), 'utf8'), log);
  file.close();

  const result = await withdrawn(t, recordings, 'P002', '--state', named);
  const blotted = 'night 2 of ---- was begun; cue------02.night: P0021 and AP002 are others\n';
  for (const name of ['bed-1-run.log', 'crashes/crash-1.json'])
    assert.equal(readFileSync(join(state, name), 'utf8'), blotted);
  assert.ok((result['deleted'] as { name: string }[]).some(({ name }) => name === 'cue-P002-01.log'));
  assert.deepEqual(readdirSync(state).sort(), [
    ...['bed-1-run.log', 'budget.db', 'budget.db-journal', 'budget.exists', 'crashes'],
    ...['cue-P0021-01.log', 'cue-P010-01.log'],
  ]);
  assert.deepEqual(readBudget(state)?.counts().nights, { 'withdrawn/1': 3, 'withdrawn/2': 4, 'cue/P001/1': 5 });
  assert.equal(readBudget(state)?.counts().day, 12);
  for (const place of [told, named]) assert.deepEqual(readBudget(place)?.counts().nights, { 'withdrawn/1': 2 });
  assert.deepEqual(result['sealed'], [sealed, `${sealed}.uses`]);
  assert.deepEqual(result['naming'], [join(recordings, 'notes.txt')]);
});

test('a budget that is damaged is told as a file that names the code', async (t) => {
  const { recordings } = studied(t);
  const state = join(recordings, 'state');
  mkdirSync(state);
  writeFileSync(join(state, 'budget.db'), 'cut off: "night":"cue/P002/1"');
  assert.deepEqual((await withdrawn(t, recordings, 'P002'))['naming'], [join(state, 'budget.db')]);
});

test('a withdrawal that was broken off is called again; a damaged note still bars the code', async (t) => {
  const { recordings } = studied(t);
  const note = join(recordings, 'cue-P002.withdrawn');
  writeFileSync(note, '{"study":"cue","parti'); // a power cut in the middle of the line
  assert.match(barred(recordings, 'cue', 'P002') ?? '', /has withdrawn/);
  await withdrawn(t, recordings, 'P002');
  assert.deepEqual(holding(recordings, 'P002'), ['cue-P002.withdrawn']);
  assert.match(readFileSync(note, 'utf8'), /\n\{.*"nights":\[1,2\].*\}\n$/);
  appendFileSync(note, 'x');
  assert.match(barred(recordings, 'cue', 'P002') ?? '', /has withdrawn/);
});

test('what a run has is not deleted, nor anything under a code that was mistyped', async (t) => {
  const { recordings } = studied(t);
  const study = { name: 'cue', participant: 'P001', night: 2, continued: false, sha256: null };
  const running = new Recorded(join(recordings, 'P001-2.db'), 1, { study, configuration });
  running.stream(10);
  running.commit();
  await assert.rejects(withdrawn(t, recordings, 'P001'), /P001-2\.db: a run has it\. End that first/);
  running.close();
  await assert.rejects(withdrawn(t, recordings, 'P003'), /holds nothing of P003 in cue\. Correct the code/);
  await assert.rejects(withdrawn(t, recordings, 'P01'), Failure);
  assert.equal(holding(recordings, 'P001').length, 3);
  assert.deepEqual((await withdrawn(t, recordings, 'P003', '--study', 'cue'))['nights'], []);
  assert.match(barred(recordings, 'cue', 'P003') ?? '', /P003 has withdrawn/);
});

test('what a policy has deleted or encrypted is followed by the log of its night: copies here go, those elsewhere are told', async (t) => {
  const { folder, recordings } = studied(t);
  const runs = ['uploaded', 'encrypted', 'P001-1', '../P010-1'].map((recording): NightEntry => {
    return { kind: 'run', recording, state: 'began', detail: '' };
  });
  const damaged = 'this line is damaged\n';
  writeFileSync(join(recordings, 'cue-P002-01.night'), logOf('P002', 1, runs) + damaged);
  const copy = { bytes: 3, sha256: null, wallMs: 0 };
  const bucket = 'https://bucket.example/nights/uploaded.db';
  const edf = join(folder, 'uploaded.edf');
  writeFileSync(edf, 'EDF');
  const uploaded = join(recordings, 'uploaded.db');
  noteCopy(uploaded, { ...copy, kind: 'uploaded', format: 'recording', to: bucket });
  noteCopy(uploaded, { ...copy, kind: 'exported', format: 'edf', to: edf });
  noteDeletion(uploaded, 1);
  for (const name of ['encrypted.db.age', 'encrypted.deliveries']) writeFileSync(join(recordings, name), name);

  const above = join(folder, 'P010-1.txt');
  writeFileSync(above, 'not of this folder');

  const { elsewhere, exports, deleted } = await withdrawn(t, recordings, 'P002');
  assert.deepEqual(elsewhere, [`recording (uploaded): ${bucket}`]);
  assert.deepEqual(exports, [edf]);
  assert.equal(existsSync(edf), false);
  const names = (deleted as { name: string }[]).map(({ name }) => name);
  for (const name of ['uploaded.copies', 'encrypted.db.age', 'encrypted.deliveries']) assert.ok(names.includes(name));
  // A log that names a recording of somebody else, or of another folder, takes nothing from them.
  assert.ok(existsSync(above));
  assert.deepEqual(readdirSync(recordings).sort(), [
    ...['P001-1.db', 'P010-1.db', 'cue-P001-01.night', 'cue-P002.withdrawn', 'cue-P010-01.night'],
  ]);
});

test('a folder in which logs alone are left is still one of its study', async (t) => {
  const { recordings } = studied(t);
  for (const name of readdirSync(recordings)) if (name.endsWith('.db')) rmSync(join(recordings, name));
  assert.deepEqual((await withdrawn(t, recordings, 'P010'))['nights'], [1]);
});

test('an export is deleted only if it is what was noted; what stands in its place now may be of somebody else, and is told', async (t) => {
  const { folder, recordings } = studied(t);
  const [kept, changed, longer, again] = ['kept', 'changed', 'longer', 'again'].map((name) =>
    join(folder, `${name}.edf`),
  ) as [string, string, string, string];
  const note = (to: string, text: string): void => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const copy = { kind: 'exported', format: 'edf', bytes: text.length, sha256, wallMs: 0 } as const;
    noteCopy(join(recordings, 'P002-1.db'), { ...copy, to });
  };
  for (const path of [kept, changed, longer, again]) note(path, 'night of P002');
  // Another one was exported there since, and noted too.
  note(again, 'night of P002, with marks');
  writeFileSync(kept, 'night of P002');
  writeFileSync(changed, 'night of P010');
  writeFileSync(longer, 'night of P010, and more');
  writeFileSync(again, 'night of P002, with marks');
  // A session of the same name in a data set of another study.
  const session = join(folder, 'bids', 'sub-P002', 'ses-01');
  mkdirSync(session, { recursive: true });
  writeFileSync(join(session, 'other.bdf'), 'of another study');
  const bids = { kind: 'exported', format: 'bids', bytes: 12345, sha256: null, wallMs: 0 } as const;
  noteCopy(join(recordings, 'P002-2.db'), { ...bids, to: session });

  const { elsewhere, exports } = await withdrawn(t, recordings, 'P002');
  assert.deepEqual((exports as string[]).sort(), [again, kept]);
  const unlike = 'exported; what stands there now is not known to be it';
  assert.deepEqual(elsewhere, [
    `edf (${unlike}): ${changed}`,
    `edf (${unlike}): ${longer}`,
    `bids (${unlike}): ${session}`,
  ]);
  assert.deepEqual([kept, changed, longer, again].map(existsSync), [false, true, true, false]);
  assert.deepEqual(readdirSync(session), ['other.bdf']);
});

test('what is encrypted or deleted and named by no log may be of whoever withdraws: it is told, and left', async (t) => {
  const { recordings } = studied(t);
  const runOf = (recording: string): NightEntry => ({ kind: 'run', recording, state: 'began', detail: '' });
  writeFileSync(join(recordings, 'cue-P010-01.night'), logOf('P010', 1, [runOf('known')]));
  const copy = {
    bytes: 3,
    sha256: null,
    wallMs: 0,
    kind: 'uploaded',
    format: 'recording',
    to: 'https://a.example/b',
  } as const;
  for (const name of ['known', 'unknown', 'gone', 'P001-1']) noteCopy(join(recordings, `${name}.db`), copy);
  for (const name of ['known', 'unknown']) writeFileSync(join(recordings, `${name}.db.age`), name);
  const { elsewhere } = await withdrawn(t, recordings, 'P002');
  const whose = (name: string): string => `recording (no log says whose): ${join(recordings, name)}`;
  assert.deepEqual(elsewhere, [whose('gone.copies'), whose('unknown.db.age')]);
  for (const name of ['known.db.age', 'unknown.db.age', 'gone.copies']) assert.ok(existsSync(join(recordings, name)));
  assert.match(readFileSync(join(recordings, 'cue-P002.withdrawn'), 'utf8'), /"elsewhere":\["recording \(no log says/);
});
