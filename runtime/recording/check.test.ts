import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { ReceiptState } from '../contracts.js';
import { EventCode, MessageCode } from '../loop/records.js';
import { checkRecording, type RecordingReport } from './check.js';
import { Recorded, temporaryPath } from './recording.test.fixture.js';

/** A run with all that a run can have: 200 samples, a detection, a refusal, a stimulus, a marker, messages. */
function wholeRun(path: string): Recorded {
  const recorded = new Recorded(path, 2);
  recorded.texts.set(1, 'lights off');
  recorded.stream(100);
  recorded.record(MessageCode.arm, Infinity, NaN, NaN, NaN, NaN, NaN);
  recorded.record(EventCode.detection, 0, 0, 80, 99, NaN, 3.25);
  recorded.record(EventCode.request, 1, 0, 80, 0, 2e6);
  recorded.record(EventCode.refusal, 1, 5);
  recorded.record(EventCode.marker, 1);
  recorded.commit();
  recorded.stream(100);
  recorded.lease(1, 3);
  recorded.record(EventCode.permit, 2, 1, 0, 0, 1);
  recorded.record(EventCode.receipt, 1, ReceiptState.accepted, 10, 9);
  recorded.record(EventCode.receipt, 1, ReceiptState.started, 11, 9);
  recorded.record(EventCode.receipt, 1, ReceiptState.ended, 50, 9);
  return recorded;
}
const itsSummary = { detections: 1, refusals: 1, stimuli: 1 };

/** Changes a closed recording behind axond's back. */
function tamper(path: string, ...statements: string[]): RecordingReport {
  const db = new Database(path);
  for (const statement of statements) db.exec(statement);
  db.close();
  return checkRecording(path);
}

test('a whole recording has no fault and no warning, and is counted', (t) => {
  const path = temporaryPath(t);
  wholeRun(path).close(itsSummary);
  const { head, ...report } = checkRecording(path);
  assert.deepEqual([head?.seal, head?.events], [2, 9]);
  assert.deepEqual(report, {
    path,
    ok: true,
    faults: [],
    warnings: [],
    closed: true,
    migrated: null,
    cycles: 200,
    lostCycles: 0,
    frames: 200,
    messages: 1,
    events: 9,
    detections: 1,
    permits: 1,
    refusals: 1,
    started: [1],
    reconciled: [],
    delivered: [],
    unreconciled: [],
    possiblyDelivered: [],
  });
});

test('a run that recorded nothing is a whole recording', (t) => {
  const path = temporaryPath(t);
  new Recorded(path).close();
  const { ok, warnings, cycles } = checkRecording(path);
  assert.deepEqual([ok, warnings, cycles], [true, [], 0]);
});

test('one flipped bit in any value of any row is found, with table and row', (t) => {
  const origin = temporaryPath(t);
  wholeRun(origin).close(itsSummary);
  const bytes = readFileSync(origin);
  const columns = {
    run: ['description', 'crc'],
    ending: ['reason', 'wall_ms', 'summary', 'crc'],
    block: ['first_index', 'frames', 'first_cycle', 'packed', 'crc'],
    input: ['first_cycle', 'cycles', 'packed', 'crc'],
    message: ['cycle', 'kind', 'fields', 'record', 'crc'],
    event: ['cycle', 'sample', 'us', 'kind', 'fields', 'record', 'text', 'crc'],
    anchor: ['us', 'wall_ms', 'crc'],
    lease: ['lease', 'stimuli', 'granted_us', 'until_us', 'crc'],
  };
  for (const [table, names] of Object.entries(columns)) {
    for (const name of names) {
      const path = `${origin}.${table}.${name}`;
      writeFileSync(path, bytes);
      const db = new Database(path);
      const from = `from ${table} where ${name} is not null order by id desc limit 1`;
      const { id, value } = db.prepare(`select id, ${name} as value ${from}`).get() as { id: number; value: unknown };
      db.prepare(`update ${table} set ${name} = ? where id = ?`).run(flipped(value), id);
      db.close();
      const found = new RegExp(`table ${table}, row ${id}: `);
      // Without what the run was, the recording cannot be opened at all.
      if (table === 'run' || table === 'ending') assert.throws(() => checkRecording(path), found, `${table}.${name}`);
      else {
        const { ok, faults } = checkRecording(path);
        assert.equal(ok, false, `${table}.${name}`);
        assert.match(faults[0] ?? '', found, `${table}.${name}`);
      }
    }
  }
});

function flipped(value: unknown): string | number | Buffer {
  if (typeof value === 'number') return value ^ 1;
  if (typeof value === 'string') return String.fromCharCode(value.charCodeAt(0) ^ 1) + value.slice(1);
  const bytes = Buffer.from(value as Buffer);
  bytes[bytes.length >> 1]! ^= 4;
  return bytes;
}

test('a bit that flips in the file itself is found: in a record, and in the structure of the file', (t) => {
  const path = temporaryPath(t);
  wholeRun(path).close(itsSummary);
  const bytes = readFileSync(path);
  const score = Buffer.alloc(8);
  score.writeDoubleLE(3.25);
  const at = bytes.indexOf(score);
  assert.ok(at > 0);
  bytes[at + 3]! ^= 16;
  writeFileSync(path, bytes);
  assert.match(checkRecording(path).faults[0] ?? '', /table event, row 1: its checksum does not fit its contents/);
  bytes[at + 3]! ^= 16;
  bytes[4096] = 7; // the kind of the second page
  writeFileSync(path, bytes);
  assert.throws(() => checkRecording(path), /night\.db: table run: database disk image is malformed/);
});

test('every damaged row is reported, not only the first', (t) => {
  const path = temporaryPath(t);
  wholeRun(path).close(itsSummary);
  const { faults } = tamper(path, 'update event set crc = crc + 1 where id in (2, 5)', 'update input set crc = 0');
  const rows = faults.map((fault) => /table (\w+, row \d+)/.exec(fault)?.[1]);
  assert.deepEqual(rows, ['input, row 1', 'input, row 2', 'event, row 2', 'event, row 5']);
});

test('a row that is missing is found, wherever it was', (t) => {
  const origin = temporaryPath(t);
  const recorded = wholeRun(origin);
  recorded.record(MessageCode.disarm, 0);
  recorded.commit();
  recorded.stream(50);
  recorded.close(itsSummary);
  const bytes = readFileSync(origin);
  for (const table of ['block', 'input', 'message', 'event']) {
    const path = `${origin}.${table}`;
    writeFileSync(path, bytes);
    const { faults } = tamper(path, `delete from ${table} where id = 1`);
    assert.match(faults.join('\n'), new RegExp(`table ${table}, row 1: is missing`));
  }
  for (const table of ['block', 'input']) {
    const path = `${origin}.last.${table}`;
    writeFileSync(path, bytes);
    const { faults } = tamper(path, `delete from ${table} where id = (select max(id) from ${table})`);
    assert.match(faults.join('\n'), table === 'block' ? /the frames of cycle 201 are missing/ : /no cycle 201 brought/);
  }
  const path = `${origin}.last.event`;
  writeFileSync(path, bytes);
  assert.deepEqual(tamper(path, "delete from event where kind = 'receipt'").faults, [
    `${path}: table event, row 7: is missing: seal 2 stands over 9 rows`,
  ]);
});

test('cycles that a full ring lost: a warning where the recording tells of it, a fault where it does not', (t) => {
  const lossy = (told: boolean): RecordingReport => {
    const path = temporaryPath(t);
    const recorded = new Recorded(path);
    recorded.stream(5);
    recorded.lose();
    recorded.record(EventCode.detection, 0, 0, 1, 2, NaN, 1); // of the lost cycle
    recorded.stream(2);
    if (told) recorded.record(EventCode.loss, 0, 1);
    recorded.close({ detections: 1, ringLosses: { samples: told ? 1 : 0, decisions: 0, commands: 0 }, samples: 7 });
    return checkRecording(path);
  };
  const told = lossy(true);
  assert.deepEqual([told.ok, told.lostCycles, told.warnings.length], [true, 1, 1]);
  assert.match(told.warnings[0] ?? '', /1 cycles are missing: they were lost in a full ring/);
  const untold = lossy(false);
  assert.deepEqual(untold.faults, ['1 cycles are missing, and no event tells of a loss']);
});

test('what contradicts itself is a fault: times, indexes, order, counts', (t) => {
  const faultsOf = (make: (recorded: Recorded) => void, summary = {}): readonly string[] => {
    const path = temporaryPath(t);
    const recorded = new Recorded(path);
    make(recorded);
    recorded.close(summary);
    return checkRecording(path).faults;
  };
  const frame = { counts: [1], counter: 0, flags: 0 };
  assert.match(
    faultsOf((recorded) => {
      recorded.push([frame], 5);
      recorded.push([frame], 4);
    })[0] ?? '',
    /cycle 2: its time runs backwards, from 5 to 4 us/,
  );
  assert.match(
    faultsOf((recorded) => {
      recorded.push([frame], 5);
      recorded.push([frame], 6, -1);
    })[0] ?? '',
    /cycle 2: sample 0 comes again/,
  );
  const elsewhere = (place: number, value: number): readonly string[] =>
    faultsOf((recorded) => {
      recorded.stream(3);
      const record = Float64Array.from([EventCode.marker, 3, 2, 1e6 + 12000, 1, 0, 0, 0, 0, 0, 0, 0]);
      record[place] = value;
      recorded.pushRecord(record);
    });
  assert.deepEqual(elsewhere(3, 1e6 + 12000), []);
  assert.deepEqual(elsewhere(3, 1e6), ['event 1: its time is not that of cycle 3']);
  assert.deepEqual(elsewhere(2, 7), ['event 1: sample 7 is not the newest one of cycle 3']);
  assert.deepEqual(elsewhere(1, 9), ['event 1: its cycle 9 is missing']);
  assert.match(faultsOf((recorded) => recorded.stream(3), { samples: 4 })[0] ?? '', /summary counts 4 samples/);
  assert.match(faultsOf((recorded) => recorded.stream(3), { samples: 2 })[0] ?? '', /summary counts 2 samples/);
  assert.deepEqual(
    faultsOf((recorded) => recorded.stream(3), { refusals: 2 }),
    ['the summary counts 2 refusals, the events 0'],
  );
});

test('R-19 what was drawn beyond a lease, after it, or without one is a fault', (t) => {
  const faultsOf = (make: (recorded: Recorded) => void): readonly string[] => {
    const path = temporaryPath(t);
    const recorded = new Recorded(path);
    recorded.stream(2);
    make(recorded);
    recorded.close();
    return checkRecording(path).faults;
  };
  const permit = (recorded: Recorded, command: number, lease: number): void => {
    recorded.record(EventCode.permit, command, command, 0, 0, lease);
  };
  assert.deepEqual(
    faultsOf((recorded) => {
      recorded.lease(1, 1);
      permit(recorded, 1, 1);
      permit(recorded, 2, 1);
      permit(recorded, 3, 2);
    }),
    ['event 3: permit 2 on lease 1, which allows 1', 'event 4: a permit on lease 2, which was not granted'],
  );
  assert.deepEqual(
    faultsOf((recorded) => {
      recorded.lease(1, 1, 1e6 + 8000);
      permit(recorded, 1, 1);
    }),
    ['event 2: a permit on lease 1, which had expired'],
  );
});

test('R-20 what a killed run may have delivered: the open leases, less what is accounted for', (t) => {
  const possible = (make: (recorded: Recorded) => void, log?: string): [number, number][] => {
    const path = temporaryPath(t);
    const recorded = new Recorded(path);
    recorded.stream(2);
    make(recorded);
    recorded.commit();
    if (log !== undefined) logOf(path, log);
    const { possiblyDelivered, ok } = checkRecording(path);
    assert.ok(ok);
    return possiblyDelivered.map(({ lease, stimuli }) => [lease, stimuli]);
  };
  const used = (recorded: Recorded): void => {
    recorded.lease(1, 6);
    recorded.record(EventCode.permit, 1, 1, 0, 0, 1);
  };
  assert.deepEqual(possible(used), [[1, 5]]);
  // Command 2 is in the lost tail, and was about to be fired when all went dark.
  assert.deepEqual(possible(used, '1 7 -\n2 8 ?\n'), [[1, 4]]);
  // The loop drew on the next lease only, once it had it; one that it has not answered may have been taken.
  const renewed = (recorded: Recorded): void => {
    used(recorded);
    recorded.lease(2, 6);
    recorded.writer.lease({ lease: 3, stimuli: 2, grantedUs: 1e6, untilUs: 1e9 });
  };
  assert.deepEqual(possible(renewed), [
    [2, 6],
    [3, 2],
  ]);
  const disarmed = (recorded: Recorded): void => {
    renewed(recorded);
    recorded.record(EventCode.disarmed, 0);
  };
  assert.deepEqual(possible(disarmed), [[3, 2]]);
  const refused = (recorded: Recorded): void => {
    disarmed(recorded);
    recorded.record(EventCode.lease, 3, 0, 1e9);
  };
  assert.deepEqual(possible(refused), []);
  const expired = (recorded: Recorded): void => {
    recorded.lease(1, 6, 1e6 + 20e3);
    recorded.stream(3);
  };
  assert.deepEqual(possible(expired), []);
});

function logOf(path: string, text: string): string {
  const log = path.replace('.db', '.deliveries');
  writeFileSync(log, text);
  return log;
}

function killedRun(t: TestContext): string {
  const path = temporaryPath(t);
  wholeRun(path).commit();
  return path;
}

test('R-18 a run that was killed: its lost tail is a warning, and what the guardian delivered in it is reported', (t) => {
  const path = killedRun(t);
  logOf(path, '1 11 -\n1 50 50\n2 700.5 -\n3 9');
  const { ok, closed, started, delivered, unreconciled, warnings } = checkRecording(path);
  assert.deepEqual([ok, closed, started, delivered, unreconciled], [true, false, [1], [1, 2], [2]]);
  assert.equal(warnings.length, 4);
  assert.match(warnings[0] ?? '', /not closed/);
  assert.match(warnings[1] ?? '', /stimuli 2 were delivered, by the guardian's log, after the last commit/);
  assert.match(warnings[2] ?? '', /lines that cannot be read: "3 9"/);
  assert.match(warnings[3] ?? '', /up to 1 more stimuli were possibly delivered on lease 1, 0\.8 to 999\.0 s after/);
});

test('a stimulus that nothing accounts for is reported', (t) => {
  const path = killedRun(t);
  const recorded = new Recorded(`${path}.2.db`);
  recorded.stream(1);
  recorded.lease(1, 9);
  for (const command of [1, 2, 3]) recorded.record(EventCode.permit, command, command, 0, 0, 1);
  recorded.record(EventCode.receipt, 1, ReceiptState.refused, 10, 9);
  recorded.record(EventCode.receipt, 2, ReceiptState.started, 10, 9);
  recorded.close({ stimuli: 1 });
  assert.deepEqual(checkRecording(`${path}.2.db`).warnings, [
    'stimuli 3 were permitted, and nothing says whether they were delivered.',
    'stimuli 2 have no receipt of their end.',
  ]);
});

test('closing brings the receipts that only the guardian has into the events, and then its log goes', (t) => {
  const path = temporaryPath(t);
  const recorded = wholeRun(path);
  const log = logOf(path, '1 11 -\n1 50 50\n2 700.5 -\n2 800 801\n');
  recorded.close(itsSummary);
  assert.equal(existsSync(log), false);
  const report = checkRecording(path);
  assert.deepEqual([report.faults, report.started, report.reconciled], [[], [1, 2], [2]]);
  assert.equal(report.events, 11);
});

test('a log of the guardian that is not understood stays', (t) => {
  const path = temporaryPath(t);
  const recorded = wholeRun(path);
  const log = logOf(path, '1 11 -\n1 50 50\n2 7');
  recorded.close(itsSummary);
  assert.equal(existsSync(log), true);
  assert.match(checkRecording(path).warnings.join(), /cannot be read: "2 7"/);
});

test('checking repairs nothing and changes no byte', (t) => {
  const path = killedRun(t);
  const before = [readFileSync(path), readFileSync(`${path}-wal`)];
  assert.equal(checkRecording(path).ok, true);
  assert.deepEqual([readFileSync(path), readFileSync(`${path}-wal`)], before);
});
