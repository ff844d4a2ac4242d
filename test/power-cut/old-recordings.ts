import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';

/** `FOLDER`: two recordings of format 3 are written into it, synced: one that was closed, one whose writer is killed. */
const folder = process.argv[2] ?? '';
const packed = new URL('../../../runtime/recording/fixtures/format-3.db.gz', import.meta.url);
for (const name of ['closed.db', 'killed.db']) {
  writeFileSync(join(folder, name), gunzipSync(readFileSync(packed)));
  sync(join(folder, name));
}
const db = new Database(join(folder, 'killed.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('delete from ending');
sync(folder);
process.kill(process.pid, 'SIGKILL');

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
