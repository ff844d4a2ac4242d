import Database from 'better-sqlite3';

/**
 * A recording that somebody still read while it was closed keeps an empty log and an index beside it. Opened and closed
 * once more, by the last one there is, it is one file. Does nothing to a file that cannot be opened.
 */
export function tidyRecording(path: string): void {
  try {
    const db = new Database(path, { fileMustExist: true });
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
  } catch {
    // Another reader is there: it is whole all the same.
  }
}
