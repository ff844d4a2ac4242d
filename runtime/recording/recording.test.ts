import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { recordLength } from '../contracts.js';
import { EventCode, MessageCode } from '../loop/records.js';
import { openRecording } from './read.js';
import { Recorded, describeRun, emptySummary, temporaryPath } from './recording.test.fixture.js';

const int32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, -1),
);
const anyDouble = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, -Infinity));
const frame = fc
  .tuple(int32, int32, int32, fc.integer({ min: 0, max: 255 }))
  .map(([a, b, counter, flags]) => ({ counts: [a, b], counter, flags }));
const cycle = fc.record({
  us: anyDouble,
  jump: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })),
  frames: fc.oneof(fc.array(frame, { maxLength: 3 }), fc.array(frame, { maxLength: 40 })),
  /** What the recorder does after it. */
  then: fc.constantFrom('nothing', 'drain', 'commit'),
});

test('R-18 cycles come back bit for bit: times, counts, counters, flags and indexes, however they were committed', (t) => {
  fc.assert(
    fc.property(fc.array(cycle, { maxLength: 100 }), fc.boolean(), (cycles, closes) => {
      const path = temporaryPath(t);
      const recorded = new Recorded(path, 2);
      for (const { frames, us, jump, then } of cycles) {
        recorded.push(frames, us, jump);
        if (then === 'drain' || recorded.cycle % 20 === 0) recorded.drain();
        if (then === 'commit') recorded.commit();
      }
      if (closes) recorded.close();
      else recorded.commit();
      const recording = openRecording(path);
      let index = 0;
      let place = 0;
      for (const { cycle: number, nowUs, block } of recording.cycles()) {
        const wrote = cycles[place++]!;
        index += wrote.jump;
        assert.equal(number, place);
        assert.ok(Object.is(nowUs, wrote.us), `${nowUs} is not ${wrote.us}`);
        if (wrote.frames.length > 0) assert.equal(block.firstIndex, index);
        const frames = Array.from({ length: block.frames }, (_, at) => ({
          counts: [block.counts[2 * at], block.counts[2 * at + 1]],
          counter: block.counters[at],
          flags: block.flags[at],
        }));
        assert.deepEqual(frames, wrote.frames);
        index += wrote.frames.length;
      }
      assert.equal(place, cycles.length);
      recording.close();
    }),
    { numRuns: 30 },
  );
});

test('R-18 events and messages come back bit for bit, NaN and −0 too', (t) => {
  const fields = fc.array(anyDouble, { minLength: recordLength - 1, maxLength: recordLength - 1 });
  const kinds = fc.constantFrom(...Object.values(EventCode), ...Object.values(MessageCode));
  fc.assert(
    fc.property(fc.array(fc.tuple(kinds, fields), { maxLength: 30 }), (made) => {
      const path = temporaryPath(t);
      const recorded = new Recorded(path);
      const records = made.map(([kind, numbers]) => Float64Array.from([kind, ...numbers]));
      for (const record of records) recorded.pushRecord(record);
      recorded.close();
      const recording = openRecording(path);
      const bytes = (list: Iterable<Float64Array>): Buffer[] => [...list].map((record) => Buffer.from(record.buffer));
      assert.deepEqual(bytes(recording.events()), bytes(records.filter(([kind]) => kind! < 100)));
      assert.deepEqual(bytes(recording.messages()), bytes(records.filter(([kind]) => kind! >= 100)));
      recording.close();
    }),
    { numRuns: 30 },
  );
});

test('rows hold more frames than one chunk, and the lot comes back', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path, 3);
  recorded.stream(10_000);
  recorded.close();
  const recording = openRecording(path);
  let cycles = 0;
  for (const { nowUs, block } of recording.cycles()) {
    assert.equal(block.firstIndex, cycles);
    assert.equal(block.counts[2], 2000 + ((cycles * 37) % 500));
    assert.equal(nowUs, 1e6 + 4000 * ++cycles);
  }
  assert.equal(cycles, 10_000);
  assert.equal(recording.frameCount(), 10_000);
  assert.equal(recording.lastUs(), 1e6 + 4000 * 10_000);
  recording.close();
});

test('cycles of many frames are never cut in two by a row', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  for (let place = 0; place < 60; place++) {
    const first = recorded.samples;
    const frames = Array.from({ length: 250 }, (_, at) => ({ counts: [first + at], counter: at, flags: 0 }));
    recorded.push(frames, 1e6 * place);
    recorded.drain();
  }
  recorded.close();
  const recording = openRecording(path);
  let samples = 0;
  for (const { block } of recording.cycles()) {
    assert.equal(block.frames, 250);
    for (let at = 0; at < 250; at++) assert.equal(block.counts[at], samples++);
  }
  assert.equal(samples, 60 * 250);
  recording.close();
});

test('who only reads meets a missing row too, even if the others were numbered anew', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  for (let part = 0; part < 3; part++) {
    recorded.stream(10);
    recorded.commit();
  }
  recorded.close();
  const db = new Database(path);
  db.exec('delete from block where id = 1');
  const read = (): void => {
    const recording = openRecording(path);
    for (const cycle of recording.cycles()) assert.ok(cycle);
    recording.close();
  };
  assert.throws(read, /night\.db: table block, row 1: is missing/);
  db.exec('update block set id = id - 1');
  db.close();
  assert.throws(read, /row 1: the frames of cycle 1 are missing: the next block begins with cycle 11/);
});

test('a recording says what its run was, and how it ended', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path, 2);
  recorded.commit();
  const running = openRecording(path);
  assert.deepEqual([running.run, running.ending, running.summary], [describeRun(2), undefined, undefined]);
  running.close();
  recorded.close({ latencyUs: { p50: 1.5, p99: 2, max: 3 }, recording: path });
  const closed = openRecording(path);
  assert.equal(closed.ending?.reason, 'closed');
  assert.deepEqual(closed.summary, { ...emptySummary, latencyUs: { p50: 1.5, p99: 2, max: 3 }, recording: path });
  assert.deepEqual(closed.anchors(), [{ us: 1e6, wallMs: 1.7e12 }]);
  closed.close();
  assert.deepEqual(readdirSync(dirname(path)), ['night.db'], 'a closed recording is one file');
});

test('cycles that a full ring lost are missing, and only they', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(3);
  recorded.lose();
  recorded.lose();
  recorded.stream(2);
  recorded.close();
  const recording = openRecording(path);
  const found = Array.from(recording.cycles(), ({ cycle: number, block }) => [number, block.firstIndex]);
  assert.deepEqual(found, [
    [1, 0],
    [2, 1],
    [3, 2],
    [6, 5],
    [7, 6],
  ]);
  recording.close();
});

test('who follows a running recording gets committed events once and in order, with the texts of markers', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.texts.set(7, 'lights off');
  recorded.stream(1);
  recorded.record(EventCode.detection, 0, 0, 5, 9, NaN, 2.5);
  recorded.commit();
  const following = openRecording(path);
  assert.deepEqual(
    following.eventsAfter(0, 10).map(({ id, event }) => [id, event?.kind]),
    [[1, 'detection']],
  );
  recorded.record(EventCode.marker, 7);
  recorded.drain();
  assert.deepEqual(following.eventsAfter(1, 10), [], 'what is not committed is not seen');
  recorded.commit();
  assert.equal(recorded.writer.committedEvents, 2);
  assert.deepEqual(
    following.eventsAfter(1, 10).map(({ id, event, text }) => [id, event?.kind, text]),
    [[2, 'marker', 'lights off']],
  );
  recorded.close();
  assert.equal(following.eventsAfter(0, 10).length, 2, 'closing the recording does not disturb who follows it');
  following.close();
});

test('all of a walk over a running recording sees the same state', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.push([], 1);
  recorded.commit();
  const recording = openRecording(path);
  const cycles = recording.cycles();
  assert.equal(cycles.next().done, false);
  recorded.stream(5);
  recorded.commit();
  assert.equal(cycles.next().done, true);
  assert.equal([...recording.cycles()].length, 6, 'the next walk sees what came meanwhile');
  recorded.close();
  recording.close();
});

test('a recording can be closed while somebody is half way through it', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(5);
  recorded.close();
  const recording = openRecording(path);
  recording.cycles().next();
  recording.events().next();
  recording.close();
});

test('no recording is overwritten, and an impossible path is named', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.close();
  assert.throws(
    () => new Recorded(path),
    /night\.db: is there already, and no recording is ever overwritten\. Rename it\./,
  );
  assert.throws(() => new Recorded('/nowhere/at/all.db'), /\/nowhere\/at\/all\.db: cannot be created .*device\.record/);
});

test('what is no recording is refused by name', (t) => {
  const path = temporaryPath(t);
  assert.throws(() => openRecording(path), /night\.db: cannot be opened as a recording/);
  writeFileSync(path, 'not a database at all');
  assert.throws(() => openRecording(path), /night\.db: .*not a database/);
  const other = `${path}.other`;
  new Database(other).exec('create table t (a)').close();
  assert.throws(() => openRecording(other), /is no recording; this axond reads formats 3 and 4/);
  new Database(other).exec('pragma user_version = 99').close();
  assert.throws(
    () => openRecording(other),
    /is a recording of format 99; this axond reads formats 3 and 4\. Read it with the axond/,
  );
  new Database(other).exec('pragma user_version = 2').close();
  assert.throws(() => openRecording(other), /of format 2; .* It says nothing of leases/);
});

test('until it is whole, a new recording has another name', (t) => {
  const path = temporaryPath(t);
  const taken = `${path}.new`;
  writeFileSync(taken, 'left by somebody who was killed');
  new Recorded(path).close();
  assert.equal(existsSync(taken), false);
  openRecording(path).close();
});
