import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { runJson } from '../cli/command.test.fixture.js';
import { migrateCommand } from '../cli/recording-migrate.js';
import { checkRecording } from './check.js';
import { migrateRecording, migrationSteps } from './migrate.js';
import { giveAway, notGivenAway, skippedButForRoot } from './owner.test.fixture.js';
import { openRecording } from './read.js';
import { Recorded, formatThree, temporaryPath } from './recording.test.fixture.js';

const by = { axond: '0.1.0', wallMs: 1.8e12 };
const tables = ['block', 'input', 'message', 'event', 'anchor', 'lease', 'ending'];

/** All that people may ask for, as SQLite gives it. */
function contents(path: string): unknown {
  const db = new Database(path, { readonly: true });
  const rows = tables.map((table) =>
    (db.prepare(`select * from ${table} order by id`).all() as Record<string, unknown>[]).map((row) => ({
      ...row,
      hash: undefined,
    })),
  );
  const run = db.prepare('select description from run').pluck().get();
  db.close();
  return [run, ...rows];
}

test('R-42 a recording of format 3 becomes one of format 4 with the same rows, says so, and stands beside itself as it was', (t) => {
  const path = formatThree(t);
  utimesSync(path, 1e9, 1e9);
  const before = contents(path);
  const done = migrateRecording(path, by);
  assert.deepEqual(contents(path), before);
  assert.deepEqual(contents(`${path}.v3.bak`), before);
  assert.deepEqual(checkRecording(`${path}.v3.bak`).head, null);
  const { faults, warnings, head, migrated } = checkRecording(path);
  const sha256 = createHash('sha256')
    .update(readFileSync(`${path}.v3.bak`))
    .digest('hex');
  assert.deepEqual([faults, warnings, migrated], [[], [], { from: 3, ...by, sha256 }]);
  assert.deepEqual([head, head?.seal, head?.events], [done?.head, 1, 9]);
  assert.equal(statSync(path).mtimeMs, 1e12, 'as old as it was');
  assert.deepEqual(readdirSync(dirname(path)).sort(), [basename(path), `${basename(path)}.v3.bak`]);

  // Once more: nothing.
  const bytes = readFileSync(path);
  assert.equal(migrateRecording(path, by), undefined);
  assert.deepEqual(readFileSync(path), bytes);
  // That it was migrated, and from what, is under its seals too.
  const db = new Database(path);
  db.exec(`update run set migrated = null, crc = (select crc from run)`);
  db.close();
  assert.throws(() => checkRecording(path), /table run, row 1: its checksum/);
});

test('R-42 what was killed is migrated with its WAL, and replays and reads as before', (t) => {
  const origin = formatThree(t);
  const path = temporaryPath(t);
  const db = new Database(origin);
  db.pragma('journal_mode = WAL');
  db.exec('delete from ending');
  copyFileSync(origin, path);
  copyFileSync(`${origin}-wal`, `${path}-wal`);
  db.close();
  const before = contents(path);
  migrateRecording(path, by);
  assert.deepEqual(contents(path), before);
  const { faults, closed } = checkRecording(path);
  assert.deepEqual([faults, closed, existsSync(`${path}-wal`)], [[], false, false]);
  const recording = openRecording(path);
  assert.equal([...recording.cycles()].length, 500);
  recording.close();
});

test('R-42 whoever is interrupted at any step finds the recording whole, and begins again', (t) => {
  for (const step of migrationSteps) {
    const path = formatThree(t);
    const before = contents(path);
    assert.throws(
      () =>
        migrateRecording(path, by, (reached) => {
          if (reached === step) throw new Error(`interrupted when ${step}`);
        }),
      new RegExp(`night\\.db: stays as it is \\(interrupted when ${step}\\)`),
    );
    assert.deepEqual(checkRecording(path).faults, [], step);
    assert.deepEqual(contents(path), before, step);
    // What a killed one leaves besides.
    writeFileSync(`${path}.new`, 'half');
    writeFileSync(`${path}.v3.bak.new`, 'half');
    migrateRecording(path, by);
    assert.deepEqual([checkRecording(path).faults, contents(path)], [[], before], step);
    assert.deepEqual(contents(`${path}.v3.bak`), before, step);
  }
});

test('R-42 one that is damaged, in use, or has a foreign backup stays as it is, with one line that says why', async (t) => {
  const refused = async (path: string): Promise<string> => {
    const bytes = readFileSync(path);
    const { ok, recordings } = await runJson(t, migrateCommand(), path);
    process.exitCode = 0;
    assert.equal(ok, false);
    assert.deepEqual(readFileSync(path), bytes);
    return (recordings as { fault: string }[])[0]?.fault ?? '';
  };
  const damaged = formatThree(t);
  new Database(damaged).exec('update event set crc = crc + 1 where id = 3').close();
  assert.match(await refused(damaged), /table event, row 3: its checksum .* A damaged recording stays as it is/);

  const used = formatThree(t);
  const user = new Database(used);
  user.exec('begin immediate');
  assert.match(await refused(used), /night\.db: is in use \(database is locked\)\. End what reads or writes it/);
  user.close();

  const foreign = formatThree(t);
  writeFileSync(`${foreign}.v3.bak`, readFileSync(formatThree(t)));
  new Database(`${foreign}.v3.bak`).exec('delete from anchor').close();
  assert.match(await refused(foreign), /v3\.bak: is there already, and is no copy of .*night\.db\. Move it away\./);

  const newest = temporaryPath(t);
  new Recorded(newest).close();
  const { ok, recordings } = await runJson(t, migrateCommand(), newest);
  assert.deepEqual([ok, (recordings as { migrated: boolean }[])[0]?.migrated], [true, false]);
});

test(
  'what root migrates still belongs to whom the recording belonged to, and so does its backup',
  { skip: skippedButForRoot },
  (t) => {
    const path = formatThree(t);
    giveAway(dirname(path));
    migrateRecording(path, by);
    assert.deepEqual(notGivenAway(dirname(path)), []);
    assert.ok(existsSync(`${path}.v3.bak`));
  },
);
