import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { checkRecording } from './check.js';
import { createTables, syncFolder } from './create.js';
import { damageOf } from './damage.js';
import { giveToOwnerOf } from './owner.js';
import { RecordingFile, messageOf } from './recording-file.js';
import { RowWriter, besideColumns } from './row-writer.js';
import { rawRow, runRow, type Migration } from './rows.js';
import { unchainedVersion } from './schema.js';
import { TableChains, linkedColumns, linkedTables, type Head } from './table-chains.js';

/**
 * Makes a recording of format 3 one of format 4: the same rows, linked and under a seal. The links are made now, not when
 * the rows were written, and the run row says so. First the recording as it was stands beside it, whole and on disk, and
 * stays there; then the new one is written under another name, checked, and takes the place of the old one at once. Whoever
 * is interrupted anywhere finds one of the two under the recording's name, and begins again.
 */

/** One line that names the file, and why it stays as it is. */
export class MigrationError extends Error {}

export const migrationSteps = ['copying', 'copied', 'merged', 'writing', 'written', 'exchanged'] as const;
export type MigrationStep = (typeof migrationSteps)[number];

export interface Migrated {
  readonly path: string;
  /** The recording as it was. */
  readonly backup: string;
  readonly head: Head | null;
}

export function backupPath(path: string): string {
  return `${path}.v${unchainedVersion}.bak`;
}

/** Returns undefined for a recording that is of the newest format. `reached` hears of each step when it is done. */
export function migrateRecording(
  path: string,
  by: { readonly axond: string; readonly wallMs: number },
  reached: (step: MigrationStep) => void = () => undefined,
): Migrated | undefined {
  const unfinished = `${path}.new`;
  try {
    if (isChained(path)) return undefined;
    refuseDamaged(path);
    const backup = keepCopy(path, reached);
    merge(path);
    reached('merged');
    write(path, unfinished, { from: unchainedVersion, ...by, sha256: sha256Of(backup) }, reached);
    const { faults, head } = checkRecording(unfinished);
    if (faults[0] !== undefined) throw new Error(faults[0]);
    takePlace(unfinished, path);
    reached('exchanged');
    return { path, backup, head };
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(`${path}: stays as it is (${messageOf(error)}).`, { cause: error });
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function isChained(path: string): boolean {
  const file = new RecordingFile(path);
  file.close();
  return file.chained;
}

/** New links over damaged rows would say that they were always so. */
function refuseDamaged(path: string): void {
  const file = new RecordingFile(path);
  try {
    const { run } = file.decode('run', runRow, file.first('run'));
    for (const damage of damageOf(file, run))
      throw new MigrationError(`${damage}. A damaged recording stays as it is: see axond check ${path}.`);
  } finally {
    file.close();
  }
}

/** With what a killed writer left in the WAL. Returns its path once it is on disk, and equal row by row. */
function keepCopy(path: string, reached: (step: MigrationStep) => void): string {
  const backup = backupPath(path);
  if (existsSync(backup)) {
    if (contentOf(backup) === contentOf(path)) return backup;
    throw new MigrationError(`${backup}: is there already, and is no copy of ${path}. Move it away.`);
  }
  const unfinished = `${backup}.new`;
  rmSync(unfinished, { force: true });
  try {
    const db = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      db.prepare('vacuum into ?').run(unfinished);
    } finally {
      db.close();
    }
    reached('copying');
    if (contentOf(unfinished) !== contentOf(path)) throw new Error('its copy is not the same');
    takePlace(unfinished, backup, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  reached('copied');
  return backup;
}

/** The links that all rows of the recording would have. */
function contentOf(path: string): string {
  const file = new RecordingFile(path);
  try {
    const { description } = file.decode('run', rawRow, file.first('run'));
    const chains = TableChains.begin(String(description), null);
    copyRows(file, (table, columns) => chains.add(table, columns));
    return chains.seal().hash;
  } finally {
    file.close();
  }
}

/** One file without a WAL: beside the new one, an old WAL would be taken for its own. */
function merge(path: string): void {
  const db = new Database(path, { fileMustExist: true, timeout: 0 });
  try {
    db.exec('begin immediate; rollback');
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    throw new MigrationError(`${path}: is in use (${messageOf(error)}). End what reads or writes it, and try again.`);
  } finally {
    db.close();
  }
}

function write(path: string, to: string, migration: Migration, reached: (step: MigrationStep) => void): void {
  rmSync(to, { force: true });
  const file = new RecordingFile(path);
  const db = new Database(to);
  try {
    const description = String(file.decode('run', rawRow, file.first('run'))['description']);
    const migrated = JSON.stringify(migration);
    db.exec('begin');
    createTables(db, description, migrated);
    const rows = new RowWriter(db, TableChains.begin(description, migrated));
    copyRows(file, (table, columns, beside) => rows.insert(table, columns, beside));
    rows.seal();
    reached('writing');
    db.exec('commit');
  } finally {
    db.close();
    file.close();
  }
  reached('written');
}

function copyRows(file: RecordingFile, take: (...row: Parameters<RowWriter['insert']>) => void): void {
  const there = new Set(
    z
      .array(z.object({ name: z.string() }))
      .parse(file.all('schema', tableNames))
      .map(({ name }) => name),
  );
  for (const table of linkedTables) {
    // The first recordings of format 3 know no pictures.
    if (!there.has(table)) continue;
    for (const given of file.select(table)) {
      const row = file.decode(table, rawRow, given);
      const columns = linkedColumns[table].map((name) => row[name] ?? null);
      const beside = besideColumns(table).map((name) => z.number().nullable().parse(row[name]));
      take(table, columns, beside);
    }
  }
}

/** With the owner, times and rights of `like`: when it was written decides which recording goes first where room is short. */
function takePlace(unfinished: string, path: string, like = path): void {
  const { mode, atime, mtime } = statSync(like);
  giveToOwnerOf(like, unfinished);
  chmodSync(unfinished, mode);
  utimesSync(unfinished, atime, mtime);
  const descriptor = openSync(unfinished, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const bytes = Buffer.alloc(1 << 20);
  const descriptor = openSync(path, 'r');
  try {
    for (let read = -1; read !== 0;) {
      read = readSync(descriptor, bytes);
      hash.update(bytes.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

const tableNames = "select name from sqlite_schema where type = 'table'";
