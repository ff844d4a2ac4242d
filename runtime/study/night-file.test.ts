import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { NightFile, nightPath, nightsOf } from './night-file.js';
import type { NightEntry } from './night-log.js';

let us = 0;
const open = (folder: string): NightFile =>
  new NightFile(nightPath(folder, 'cue', 'P017', 3), () => {
    return { us: us++, boot: 'b1', wallMs: 1e12, clock: 'set', zone: 'Europe/Berlin' };
  });
const folderOf = (): string => mkdtempSync(join(tmpdir(), 'axond-night-'));
const begun: NightEntry & { kind: 'begun' } = {
  kind: 'begun',
  study: 'cue',
  participant: 'P017',
  night: 3,
  device: 'bedside-1',
  protocol: null,
  approval: null,
  by: 'AM',
};
const note = (text: string): NightEntry => ({ kind: 'mark', mark: 'note', text, by: '' });
const texts = (file: NightFile): string[] => file.lines.map(({ entry }) => (entry.kind === 'mark' ? entry.text : ''));

test('what is appended at once stands in the order given, and only the owner may read it', async () => {
  const folder = folderOf();
  const file = open(folder);
  assert.deepEqual(await file.read(), []);
  await Promise.all([file.append(begun), file.append(note('a')), file.append(note('b'))]);
  const again = open(folder);
  await again.read();
  assert.deepEqual(texts(again), ['', 'a', 'b']);
  assert.equal(statSync(file.path).mode & 0o777, 0o600);
});

test('a second process that goes on with the night continues the chain, and the first one after it', async () => {
  const folder = folderOf();
  const [walk, run] = [open(folder), open(folder)];
  await walk.append(begun);
  await run.append(note('run'));
  const news = await walk.append(note('walk'));
  assert.deepEqual(texts(walk), ['', 'run', 'walk']);
  assert.deepEqual(
    news.map(({ n }) => n),
    [2, 3],
    'those of the other one too',
  );
});

test('a line that a power failure cut off is ended and marked; what is damaged is named and not written to', async () => {
  const folder = folderOf();
  const file = open(folder);
  await file.append(begun);
  appendFileSync(file.path, '{"n":2,"wallMs":1');
  await file.append(note('after'));
  assert.match(readFileSync(file.path, 'utf8'), /^\{"n":2,"wallMs":1 \(cut off\)$/m);
  const damaged = readFileSync(file.path, 'utf8').replace('bedside-1', 'bedside-2');
  writeFileSync(file.path, damaged);
  await assert.rejects(file.append(note('more')), /cue-P017-03\.night: is damaged in line 1\. Keep it/);
  assert.equal(readFileSync(file.path, 'utf8'), damaged);
});

test('all nights of a participant are found, and nobody else’s; one that is damaged is as if it were not there', async () => {
  const folder = folderOf();
  const whose: [study: string, participant: string, night: number][] = [
    ['cue', 'P017', 1],
    ['cue', 'P017', 123],
    ['cue', 'P017', 2],
    ['cue', 'P018', 3],
    ['cue', 'P017-01', 4],
    ['cue-P017', '01', 5],
    ['other', 'P017', 6],
  ];
  for (const [study, participant, night] of whose) {
    const path = nightPath(folder, study, participant, night);
    const time = { us: 0, boot: 'b1', wallMs: 1e12, clock: 'set', zone: 'UTC' } as const;
    await new NightFile(path, () => time).append({ ...begun, study, participant, night });
  }
  appendFileSync(nightPath(folder, 'cue', 'P017', 2), 'nothing of ours\n');
  const found = await nightsOf(folder, 'cue', 'P017');
  const nights = found.map(([line]) => (line?.entry.kind === 'begun' ? line.entry.night : 0));
  assert.deepEqual(new Set(nights), new Set([0, 1, 123]));
});
