import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';

export interface OpenFile {
  readonly db: Database.Database;
  close(): void;
}

/**
 * Opens a database for reading only, with what a killed writer left in the WAL beside it. SQLite wants to put the index
 * of a WAL into the same folder; where it may not write, a copy in the temporary folder is read and removed afterwards.
 */
export function openForReading(path: string): OpenFile {
  try {
    const db = openAndTouch(path);
    return { db, close: () => db.close() };
  } catch (error) {
    if (!wantsToWrite((error as { code?: unknown }).code) || !existsSync(path)) throw error;
    return openCopy(path);
  }
}

function openCopy(path: string): OpenFile {
  const folder = mkdtempSync(join(tmpdir(), 'axond-read-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(path));
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const db = openAndTouch(copy);
    return {
      db,
      close: () => {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** SQLite finds out with the first read whether it can. */
function openAndTouch(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    db.pragma('query_only = 1');
    // Rows are read once and in order; the 16 MB of better-sqlite3 would fill up in each process that follows a night.
    db.pragma('cache_size = -2000');
    db.pragma('user_version');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function wantsToWrite(code: unknown): boolean {
  return typeof code === 'string' && /^SQLITE_(CANTOPEN|READONLY)/.test(code);
}
