import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { insertInto } from './row-writer.js';
import { checksum } from './rows.js';
import { schema, schemaVersion } from './schema.js';

/** Under another name first: a file with the name of a recording always is one, whenever this process dies. */
export function createFile(path: string, description: string): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  try {
    const db = new Database(unfinished);
    db.exec('begin');
    createTables(db, description, null);
    db.exec('commit');
    db.close();
    renameSync(unfinished, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Of an empty database, with the run row; its texts are those that the chains begin with. */
export function createTables(db: Database.Database, description: string, migrated: string | null): void {
  db.exec(schema);
  db.pragma(`user_version = ${schemaVersion}`);
  const crc = checksum([], description, migrated);
  insertInto(db, 'run', ['id', 'description', 'migrated', 'crc']).run(1, description, migrated, crc);
}

/** So that a new name outlives a power cut: a lease in a file that nobody finds again permits nothing. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/**
 * Space to end the recording in: a full database can neither delete nor checkpoint. The file has no name from the start,
 * so that it goes with this process. Random, because some file systems store zeros in no space at all.
 */
export function openBallast(path: string): number {
  const named = `${path}.ballast`;
  const descriptor = openSync(named, 'w');
  rmSync(named);
  const written = writeSync(descriptor, randomBytes(ballastBytes));
  if (written === ballastBytes) return descriptor;
  closeSync(descriptor);
  throw new Error('the disk is full');
}

const ballastBytes = 2 * 1024 * 1024;
