import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { recordLength, type RunDescription, type RunSummary } from '../contracts.js';
import { EventCode, MessageCode } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { pushCycle, sampleSlotBytes } from '../loop/sample-slot.js';
import { checkRecording } from './check.js';
import { parseDeliveries } from './deliveries.js';
import { packCycles, packFrames, unpackCycles, unpackFrames } from './packing.js';
import { openRecording } from './read.js';
import { RecordingWriter } from './writer.js';

const description: RunDescription = {
  name: 'test',
  axond: '0',
  node: process.version,
  verb: 'run',
  configuration: '',
  stream: {
    device: 'test',
    rate: 250,
    delayUs: 0,
    channels: [
      { name: 'a', unit: 'uV', scale: 1, railCounts: 100 },
      { name: 'b', unit: 'uV', scale: 1, railCounts: 100 },
    ],
  },
  detectors: [],
  coefficients: {},
  bootId: 'test',
  startUs: 0,
  startWallMs: 0,
};
const summary: RunSummary = {
  samples: 0,
  gaps: 0,
  discardedBytes: 0,
  detections: 0,
  stimuli: 0,
  refusals: 0,
  latencyUs: null,
  ringLosses: {},
  recording: null,
  mqtt: null,
};

function temporaryPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-recording-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'test.db');
}

interface Cycle {
  us: number;
  jump: number;
  frames: number[][];
}

/** Writes cycles as the loop does; returns what was written. */
function write(path: string, cycles: Cycle[], records: Float64Array[], close: boolean): void {
  const writer = new RecordingWriter(path, description);
  const samples = SlotRing.create(1024, sampleSlotBytes(2));
  const decisions = SlotRing.create(1024, recordLength * 8);
  const block = createSampleBlock(2, 64);
  let index = 0;
  cycles.forEach(({ us, jump, frames }, place) => {
    index += jump;
    block.frames = frames.length;
    block.firstIndex = index;
    frames.forEach(([a = 0, b = 0, counter = 0, flags = 0], frame) => {
      block.counts[2 * frame] = a;
      block.counts[2 * frame + 1] = b;
      block.counters[frame] = counter;
      block.flags[frame] = flags;
    });
    index += frames.length;
    pushCycle(samples, place + 1, us, block);
    if (place % 7 === 6) writer.drain(samples, decisions, new Map());
    if (place % 50 === 49) writer.commit();
  });
  for (const record of records) {
    decisions.doubles.set(record, decisions.slot(0) * recordLength);
    decisions.publish(1);
  }
  writer.drain(samples, decisions, new Map([[7, 'lights off']]));
  if (close) writer.close(summary);
  else writer.commit();
}

const int32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, -1),
);
const anyDouble = fc.double();
const cycle = fc.record({
  us: anyDouble,
  jump: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })),
  frames: fc.array(fc.tuple(int32, int32, int32, fc.integer({ min: 0, max: 255 })), { maxLength: 20 }),
});

test('cycles come back bit for bit: times, counts, counters, flags, indexes', (t) => {
  fc.assert(
    fc.property(fc.array(cycle, { maxLength: 120 }), (cycles) => {
      const path = temporaryPath(t);
      write(path, cycles, [], true);
      const recording = openRecording(path);
      let index = 0;
      let place = 0;
      for (const { cycle: number, nowUs, block } of recording.cycles()) {
        const wrote = cycles[place++]!;
        assert.equal(number, place);
        assert.ok(Object.is(nowUs, wrote.us));
        index += wrote.jump;
        assert.equal(block.frames, wrote.frames.length);
        if (block.frames > 0) assert.equal(block.firstIndex, index);
        wrote.frames.forEach(([a, b, counter, flags], frame) => {
          assert.deepEqual(
            [block.counts[2 * frame], block.counts[2 * frame + 1], block.counters[frame], block.flags[frame]],
            [a, b, counter, flags],
          );
        });
        index += wrote.frames.length;
      }
      assert.equal(place, cycles.length);
      recording.close();
    }),
    { numRuns: 25 },
  );
});

test('packing is lossless', () => {
  fc.assert(
    fc.property(
      fc.array(int32, { minLength: 1, maxLength: 200 }),
      fc.array(anyDouble, { minLength: 1 }),
      (ints, doubles) => {
        const counts = Int32Array.from(ints);
        const flags = Uint8Array.from(ints, (value) => value & 255);
        const frames = unpackFrames(packFrames(counts, counts, flags, counts.length, 1), counts.length, 1);
        assert.deepEqual([frames.counts, frames.counters, frames.flags], [counts, counts, flags]);
        const times = Float64Array.from(doubles);
        const numbers = Uint16Array.from(doubles, (_, place) => place * 777);
        const cycles = unpackCycles(packCycles(times, numbers, times.length), times.length);
        assert.deepEqual(cycles, { arrivalUs: times, frames: numbers });
      },
    ),
  );
});

function record(kind: number, cycle: number, ...fields: number[]): Float64Array {
  const made = new Float64Array(recordLength);
  made.set([kind, cycle, -1, 12.5, ...fields]);
  return made;
}

test('events and messages come back exactly, NaN and −0 too, and a marker with its text', (t) => {
  const path = temporaryPath(t);
  const events = [record(EventCode.detection, 1, 0, 0, 5, 9, NaN, -0), record(EventCode.marker, 1, 7)];
  const message = record(MessageCode.arm, 1, Infinity, NaN, 3);
  write(path, [{ us: 1, jump: 0, frames: [] }], [...events, message], true);
  const recording = openRecording(path);
  assert.deepEqual([...recording.events()], events);
  assert.deepEqual([...recording.messages()], [message]);
  assert.equal(recording.eventsAfter(1, 10)[0]?.text, 'lights off');
  recording.close();
});

test('a flipped bit in any packed row is found, with its table and row', (t) => {
  for (const table of ['block', 'input']) {
    const path = temporaryPath(t);
    write(
      path,
      Array.from({ length: 60 }, (_, n) => ({ us: n, jump: 0, frames: [[n, -n, n, 0]] })),
      [],
      true,
    );
    assert.deepEqual(checkRecording(path).faults, []);
    const db = new Database(path);
    const { packed } = db.prepare(`select packed from ${table} where id = 1`).get() as { packed: Buffer };
    packed[packed.length >> 1]! ^= 4;
    db.prepare(`update ${table} set packed = ? where id = 1`).run(packed);
    db.close();
    const report = checkRecording(path);
    assert.equal(report.ok, false);
    assert.match(report.faults[0] ?? '', new RegExp(`table ${table}, row 1: its checksum does not fit its bytes`));
  }
});

test('a file that is no recording is refused by name', (t) => {
  const path = temporaryPath(t);
  writeFileSync(path, 'not a database');
  assert.throws(() => checkRecording(path), /test\.db/);
});

test('R-18 a recorder that was killed leaves a recording that opens and checks, without repair', async (t) => {
  const path = temporaryPath(t);
  const child = spawn(process.execPath, [new URL('./endless.test.fixture.js', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let committed = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    committed = Math.max(committed, ...text.trim().split('\n').map(Number));
    if (committed > 400) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const report = checkRecording(path);
  assert.deepEqual(report.faults, []);
  assert.equal(report.closed, false);
  assert.ok(report.cycles >= committed, `${report.cycles} cycles of ${committed} that were committed`);
});

test('R-18 what the guardian delivered and the recording lost is reported', (t) => {
  const path = temporaryPath(t);
  write(path, [{ us: 1, jump: 0, frames: [] }], [record(EventCode.receipt, 1, 1, 1, 5, 5)], false);
  writeFileSync(path.replace('.db', '.deliveries'), '1 5 -\n1 5 9\n2 7 -\n3 9.5');
  const report = checkRecording(path);
  assert.deepEqual([report.ok, report.started, report.delivered, report.unreconciled], [true, [1], [1, 2], [2]]);
});

test('the log of deliveries: starts, ends, a torn last line', () => {
  assert.deepEqual(parseDeliveries('1 5 -\n1 55 60\n2 70.5 -\n3 8'), [
    { command: 1, startedUs: 5, endedUs: 60 },
    { command: 2, startedUs: 70.5, endedUs: NaN },
  ]);
});
