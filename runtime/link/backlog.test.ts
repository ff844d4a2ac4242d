import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { EventCode } from '../loop/records.js';
import { Recorded, temporaryPath } from '../recording/recording.test.fixture.js';
import { Backlog, UnreadableRecording } from './backlog.js';

const kinds = { refusal: EventCode.refusal, estimate: EventCode.estimate, gap: EventCode.gap, armed: EventCode.armed };

/** A folder and what stands in it. */
function folder(t: TestContext): (name: string) => string {
  const place = dirname(temporaryPath(t));
  return (name) => join(place, name);
}

/** All that is given until nothing is left, in windows of `window`. */
function read(backlog: Backlog, window = 16): string[] {
  const told: string[] = [];
  for (let some = backlog.next(window); some.length > 0; some = backlog.next(window)) {
    for (const one of some) {
      if (one.report) told.push(`${one.eventId} ${one.report.topic}`);
      backlog.arrived(one, Infinity);
    }
  }
  return told;
}

function cursorOf(path: string): string {
  return path.replace('.db', '.published');
}

test('a run that no broker was there for is remembered, and reported before the next one', (t) => {
  const at = folder(t);
  const first = new Recorded(at('bed-1-a.db'));
  new Backlog(at('bed-1-a.db'), 'bed-1').remember();
  first.stream(1);
  first.record(kinds.refusal, 1, 1);
  first.close();
  const second = new Recorded(at('bed-1-b.db'));
  second.stream(1);
  second.record(kinds.refusal, 1, 1);
  second.commit();
  const backlog = new Backlog(at('bed-1-b.db'), 'bed-1');
  backlog.remember();
  assert.deepEqual(read(backlog), ['bed-1-a/1 event/refusal', 'bed-1-b/1 event/refusal']);
  assert.ok(!existsSync(cursorOf(at('bed-1-a.db'))), 'nothing of the first is left to be remembered');
  assert.ok(existsSync(cursorOf(at('bed-1-b.db'))), 'the second still grows');
});

test('a run that goes on in another recording is reported in order: the rest of the first, then the second', (t) => {
  const at = folder(t);
  const first = new Recorded(at('bed-1-a.db'));
  const backlog = new Backlog(at('bed-1-a.db'), 'bed-1');
  first.stream(1);
  for (let request = 1; request <= 2; request++) first.record(kinds.refusal, request, 1);
  first.commit();
  const [one] = backlog.next(1);
  assert.ok(one);
  backlog.arrived(one, Infinity);
  first.close({ continuedIn: 'bed-1-b' });
  const second = new Recorded(at('bed-1-b.db'));
  second.stream(1);
  second.record(kinds.refusal, 3, 1);
  second.commit();
  backlog.follow(at('bed-1-b.db'));
  backlog.remember();
  assert.deepEqual(read(backlog), ['bed-1-a/2 event/refusal', 'bed-1-b/1 event/refusal']);
  assert.ok(!existsSync(cursorOf(at('bed-1-a.db'))) && existsSync(cursorOf(at('bed-1-b.db'))));
});

test('what has not arrived is given again with the same ids, also by the next process; what has is not', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(1);
  for (let request = 1; request <= 5; request++) recorded.record(kinds.refusal, request, 1);
  recorded.commit();
  const backlog = new Backlog(path, 'bed-1');
  const ids = (given: Backlog): string[] => given.next(3).map(({ eventId }) => eventId);
  assert.deepEqual(ids(backlog), ['night/1', 'night/2', 'night/3']);
  assert.deepEqual(ids(backlog), ['night/1', 'night/2', 'night/3']);
  backlog.arrived(backlog.next(3)[1]!, 0);
  assert.deepEqual(ids(backlog), ['night/3', 'night/4', 'night/5']);
  backlog.finish();
  assert.deepEqual(ids(new Backlog(path, 'bed-1')), ['night/3', 'night/4', 'night/5']);
  // A cursor that a power cut has left empty: twice is better than not at all.
  writeFileSync(cursorOf(path), '');
  assert.deepEqual(ids(new Backlog(path, 'bed-1')), ['night/1', 'night/2', 'night/3']);
});

test('a recording is done with when it has ended and everything of it has arrived, and not before', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(1);
  recorded.record(kinds.refusal, 1, 1);
  recorded.commit();
  const killed = new Backlog(path, 'bed-1');
  killed.remember();
  read(killed);
  killed.finish();
  assert.match(readFileSync(cursorOf(path), 'utf8'), /"event":1/, 'a recording without an ending may still grow');
  recorded.record(kinds.refusal, 2, 1);
  recorded.close();
  const behind = new Backlog(path, 'bed-1');
  behind.next(1);
  behind.finish();
  assert.ok(existsSync(cursorOf(path)), 'one report has not arrived');
  const ended = new Backlog(path, 'bed-1');
  assert.deepEqual(read(ended), ['night/2 event/refusal']);
  ended.finish();
  assert.ok(!existsSync(cursorOf(path)));
});

test('of a killed run, stimuli that only the guardian wrote down are reported after its last event', (t) => {
  const at = folder(t);
  const killed = new Recorded(at('a.db'));
  killed.stream(1);
  killed.record(EventCode.receipt, 1, 1, 2e6, 1.9e6);
  killed.commit();
  new Backlog(at('a.db'), 'bed-1').remember();
  // Begun and ended; begun; ended, and its beginning was torn; about to be fired, and nothing more is known.
  writeFileSync(
    at('a.deliveries'),
    '\n1 2000000 -\n\n2 3000000 -\n\n2 3000000 3050000\n\n3 4000000 5000000\n\n4 6000000 ?\n',
  );
  new Recorded(at('b.db')).commit();
  const told = ['a/1', 'a/guardian-2', 'a/guardian-3'].map((id) => `${id} event/stimulus`);
  const cutOff = new Backlog(at('b.db'), 'bed-1');
  for (const one of cutOff.next(16)) cutOff.arrived(one, Infinity);
  const [second] = cutOff.next(1);
  assert.deepEqual([second?.eventId, second?.us], ['a/guardian-2', 3e6]);
  assert.deepEqual(read(new Backlog(at('b.db'), 'bed-1'), 1), told.slice(1));
  assert.ok(!existsSync(cursorOf(at('a.db'))));
});

test('a recording of another device in the same folder is left alone', (t) => {
  const at = folder(t);
  for (const name of ['other', 'own']) {
    const recorded = new Recorded(at(`${name}.db`));
    recorded.stream(1);
    recorded.record(kinds.refusal, 1, 1);
    recorded.commit();
  }
  new Backlog(at('other.db'), 'bed-1').remember();
  // The fixture records as bed-1.
  assert.deepEqual(read(new Backlog(at('own.db'), 'bed-2')), ['own/1 event/refusal']);
  assert.ok(existsSync(cursorOf(at('other.db'))));
});

test('a damaged recording is named, and does not keep the next one from being reported', (t) => {
  const at = folder(t);
  for (const name of ['a', 'b']) {
    const recorded = new Recorded(at(`${name}.db`));
    recorded.stream(1);
    recorded.record(kinds.refusal, 1, 1);
    recorded.close();
  }
  new Backlog(at('a.db'), 'bed-1').remember();
  const damaged = new Database(at('a.db'));
  damaged.exec('update event set crc = crc + 1');
  damaged.close();
  const backlog = new Backlog(at('b.db'), 'bed-1');
  assert.throws(
    () => backlog.next(9),
    (error) =>
      error instanceof UnreadableRecording &&
      error.another &&
      /a\.db: table event, row 1.*axond check/.test(error.message),
  );
  assert.deepEqual(read(backlog), ['b/1 event/refusal']);
  assert.ok(existsSync(cursorOf(at('a.db'))), 'a later run tries again');
});

test('health is told of every ten minutes in its place among the events, and again the same', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  const minute = 60e6;
  const cycleAt = (us: number): void => recorded.push([{ counts: [0], counter: 0, flags: 0 }], 1e6 + us);
  cycleAt(minute);
  recorded.record(kinds.armed, Infinity, 6, 60, 600, 1e6, 0);
  recorded.record(kinds.refusal, 1, 1);
  cycleAt(11 * minute);
  recorded.record(kinds.gap, 5, 40);
  // Nothing for an hour, then two in one cycle.
  cycleAt(75 * minute);
  recorded.record(kinds.refusal, 2, 1);
  recorded.record(kinds.refusal, 3, 1);
  recorded.commit();
  const order = [
    'night/2 event/refusal',
    'night/health-1 event/health',
    'night/3 event/fault',
    'night/health-7 event/health',
    'night/4 event/refusal',
    'night/5 event/refusal',
  ];
  const backlog = new Backlog(path, 'bed-1');
  const points = backlog.next(16).filter(({ report }) => report?.topic === 'event/health');
  assert.deepEqual(
    points.map(({ us, report }) => [us, report?.payload['refusals'], report?.payload['lost_frames']]),
    [
      [1e6 + 10 * minute, 1, 0],
      [1e6 + 70 * minute, 1, 40],
    ],
  );
  assert.equal(points[0]?.report?.payload['armed'], true);
  assert.deepEqual(read(backlog, 1), order);
  rmSync(cursorOf(path));
  assert.deepEqual(read(new Backlog(path, 'bed-1')), order, 'without a cursor: everything, the same');
});

test('the wall time of an event is told by the clock as it was set later', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(1);
  const [, , , us] = recorded.record(kinds.refusal, 1, 1);
  recorded.writer.anchor(us! + 5e6, Date.UTC(2026, 10, 28, 22, 0, 5));
  recorded.commit();
  const [event] = new Backlog(path, 'bed-1').next(1);
  assert.equal(event?.wall.toISOString(), '2026-11-28T22:00:00.000Z');
});

test('R-61 a mark is told without what people wrote, but where the device file lets notes out', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(1);
  recorded.texts.set(3, 'P017 sat up');
  recorded.record(EventCode.marker, 3);
  recorded.commit();
  const payload = (backlog: Backlog) => backlog.next(1)[0]?.report?.payload;
  assert.deepEqual(payload(new Backlog(path, 'bed-1')), { marker: 3, text: null });
  assert.deepEqual(payload(new Backlog(path, 'bed-1', true)), { marker: 3, text: 'P017 sat up' });
});
