import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { EventCode, MessageCode } from '../loop/records.js';
import { chainHash, rowContent } from './chain.js';
import { checkRecording } from './check.js';
import { Recorded, formatThree, temporaryPath } from './recording.test.fixture.js';
import { checksum } from './rows.js';

type Value = number | string | Buffer | null;
type Row = Record<string, Value>;

/** Three seals: after 0, 3 and 5 events. */
function threeSeals(path: string): Recorded {
  const recorded = new Recorded(path, 2);
  recorded.texts.set(1, 'lights off');
  recorded.stream(30);
  recorded.record(MessageCode.arm, Infinity, NaN, NaN, NaN, NaN, NaN);
  for (const onset of [1, 2]) recorded.record(EventCode.detection, 0, 0, onset, 20, NaN, 3.25);
  recorded.record(EventCode.marker, 1);
  recorded.lease(1, 3);
  recorded.commit();
  recorded.writer.anchor(2e6, 1.7e12 + 1000);
  recorded.stream(30);
  recorded.record(EventCode.refusal, 1, 5);
  recorded.commit();
  return recorded;
}

/** Somebody who knows the format: a value is changed, and the checksum of its row calculated anew. */
function edit(path: string, table: string, id: number, change: (row: Row) => void, linked: readonly string[]): void {
  const db = new Database(path);
  const row = db.prepare(`select * from ${table} where id = ?`).get(id) as Row;
  change(row);
  const values = linked.map((name) => row[name] ?? null);
  const numbers = values.filter((value) => typeof value === 'number');
  row['crc'] = checksum(numbers, ...values.filter((value) => typeof value !== 'number'));
  const names = Object.keys(row);
  db.prepare(`update ${table} set ${names.map((name) => `${name} = ?`).join()} where id = ${id}`).run(
    ...names.map((name) => row[name]),
  );
  db.close();
}

const flip = (name: string, at: number) => (row: Row) => {
  const bytes = Buffer.from(row[name] as Buffer);
  bytes[at]! ^= 1;
  row[name] = bytes;
};

test('R-42 an edit of any row is found though its checksum was calculated anew: events by their row, others by seal', (t) => {
  const origin = temporaryPath(t);
  threeSeals(origin).close({ detections: 2, refusals: 1 });
  assert.deepEqual(checkRecording(origin).faults, []);
  const event = ['kind', 'fields', 'record', 'text'];
  const cases: [string, number, (row: Row) => void, readonly string[], RegExp][] = [
    ['event', 2, flip('record', 60), event, /table event, row 2: does not continue the chain/],
    ['event', 3, (row) => (row['text'] = 'lights on'), event, /table event, row 3: does not continue the chain/],
    ['event', 3, (row) => (row['text'] = null), event, /table event, row 3: does not continue the chain/],
    ['event', 5, (row) => (row['fields'] = '{}'), event, /table event, row 5: does not continue the chain/],
    ['event', 4, flip('hash', 0), event, /table event, row 4: does not continue the chain/],
    [
      'message',
      1,
      (row) => (row['fields'] = '{}'),
      ['kind', 'fields', 'record'],
      /table message, row 1: not as .* 2 was/,
    ],
    [
      'block',
      2,
      (row) => (row['first_index'] = 31),
      ['first_index', 'frames', 'first_cycle', 'packed'],
      /table block, row 2: not as they were when seal 3 was made/,
    ],
    [
      'lease',
      1,
      (row) => (row['stimuli'] = 4),
      ['lease', 'stimuli', 'granted_us', 'until_us'],
      /table lease, row 1: not/,
    ],
    ['anchor', 2, (row) => (row['wall_ms'] = 1.8e12), ['us', 'wall_ms'], /table anchor, row 2: not as .* seal 2 was/],
    ['ending', 1, (row) => (row['wall_ms'] = 1.8e12), ['reason', 'wall_ms', 'summary'], /table ending, row 1: not/],
    [
      'run',
      1,
      (row) => (row['description'] = String(row['description']).replace('bed-1', 'bed-2')),
      ['description', 'migrated'],
      /table seal, row 1: does not continue the chain: it, or the run row, was changed/,
    ],
  ];
  for (const [place, [table, id, change, linked, expected]] of cases.entries()) {
    const path = `${origin}.${place}`;
    copyFileSync(origin, path);
    edit(path, table, id, change, linked);
    assert.match(checkRecording(path).faults[0] ?? '', expected, `${table} ${id}`);
  }
});

test('R-42 rows that are cut off the end are found by the seals, and seals that are cut off with them by a head from elsewhere', (t) => {
  const path = temporaryPath(t);
  const recorded = threeSeals(path);
  recorded.writer.anchor(3e6, 1.7e12 + 2000);
  recorded.commit();
  const { hash, seal } = recorded.writer.head!;
  assert.equal(seal, 3);
  recorded.stream(10);
  recorded.record(EventCode.refusal, 2, 5);
  recorded.close({ detections: 2, refusals: 2 });
  const cut = (name: string, ...statements: string[]): string => {
    const copy = `${path}.${name}`;
    copyFileSync(path, copy);
    const db = new Database(copy);
    for (const statement of statements) db.exec(statement);
    db.close();
    return copy;
  };
  assert.deepEqual(checkRecording(path, { seal, hash }).faults, [], 'it goes on after the head, as it may');
  const [found] = checkRecording(cut('events', 'delete from event where id > 4')).faults;
  assert.match(found ?? '', /table event, row 5: is missing: seal 4 stands over 6 rows/);
  const added = cut('added', 'delete from seal where id > 3');
  assert.match(checkRecording(added).faults.join(), /table event, row 6: was added after the last seal/);

  // As if it had been killed before: whoever has only the file cannot know.
  const all = ['event where id > 4', 'block where id > 1', 'input where id > 1', 'anchor where id > 2', 'ending'];
  const earlier = cut('earlier', ...[...all, 'seal where id > 2'].map((rows) => `delete from ${rows}`));
  assert.deepEqual(checkRecording(earlier).faults, []);
  const { faults, ok } = checkRecording(earlier, { seal, hash });
  assert.deepEqual([ok, faults.length], [false, 1]);
  assert.match(faults[0] ?? '', /^seal 3 is missing: since that head was given out it was changed/);
});

test('R-42 a recording that was written anew is whole, and has not the head that was given out', (t) => {
  const path = temporaryPath(t);
  const heads = ['lights off', 'lights on'].map((text, place) => {
    const recorded = new Recorded(`${path}.${place}`);
    recorded.texts.set(1, text);
    recorded.stream(10);
    recorded.record(EventCode.marker, 1);
    recorded.commit();
    recorded.writer.anchor(2e6, 1.7e12 + 1000);
    recorded.close();
    return checkRecording(`${path}.${place}`).head;
  });
  assert.notEqual(heads[0]?.hash, heads[1]?.hash);
  const { seal, hash } = heads[0]!;
  assert.match(
    checkRecording(`${path}.1`, { seal, hash }).faults.join(),
    /^seal 3 is [0-9a-f]{64}, not [0-9a-f]{64}: /,
  );
});

test('R-42 the links are those that anybody can calculate: from the run row, with number and columns of each row', (t) => {
  const path = temporaryPath(t);
  threeSeals(path).close({ detections: 2, refusals: 1 });
  const db = new Database(path);
  const run = db.prepare('select description, migrated from run').get() as { description: string; migrated: null };
  let link = chainHash('', rowContent([run.description, run.migrated]));
  const start = link;
  for (const row of db.prepare('select * from event order by id').all() as Row[]) {
    link = chainHash(link, rowContent(['id', 'kind', 'fields', 'record', 'text'].map((name) => row[name]!)));
    assert.equal((row['hash'] as Buffer).toString('hex'), link);
  }
  let seal = start;
  for (const row of db.prepare('select * from seal order by id').all() as Row[]) {
    seal = chainHash(seal, String(row['tables']));
    assert.equal((row['hash'] as Buffer).toString('hex'), seal);
  }
  const last = db.prepare<[], string>('select tables from seal order by id desc limit 1').pluck().get() ?? '';
  assert.deepEqual((JSON.parse(last) as Record<string, unknown>)['event'], { rows: 5, link });
  db.close();
});

test('R-42 rows of a running recording that no seal covers yet are in no fault', (t) => {
  const path = temporaryPath(t);
  const recorded = threeSeals(path);
  const { faults, head } = checkRecording(path);
  assert.deepEqual([faults, head?.seal, head?.events], [[], 2, 4]);
  assert.deepEqual(recorded.writer.head, head);
  recorded.close({ detections: 2, refusals: 1 });
  assert.deepEqual(checkRecording(path).head, recorded.writer.head);
});

test('a recording of format 3 is read as it is, and the check says what it lacks', (t) => {
  const path = formatThree(t);
  const { faults, warnings, head, frames, events, started } = checkRecording(path, undefined);
  assert.deepEqual([faults, head, frames, events, started], [[], null, 500, 9, [1]]);
  assert.deepEqual(warnings, [
    `its format links no rows, so a change by hand may go unseen. Link them from now on: axond recording migrate ${path}`,
  ]);
  assert.match(checkRecording(path, { seal: 1, hash: 'ab' }).faults.join(), /^seal 1 is missing/);
});
