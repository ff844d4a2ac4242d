import type { Database } from 'better-sqlite3';
import type { z } from 'zod';
import { openForReading } from './open.js';
import { schemaVersion, unchainedVersion } from './schema.js';

/** A recording that cannot be read, with the table and row at fault. */
export class RecordingError extends Error {}

/** The rows of a recording, decoded or as SQLite has them. What cannot be is a `RecordingError`. */
export class RecordingFile {
  readonly path: string;
  /** Its rows are linked, and seals stand over them. */
  readonly chained: boolean;
  readonly #db: Database;
  readonly #closeFile: () => void;
  /** Rows that somebody has not read to their end. */
  readonly #open = new Set<IterableIterator<unknown>>();
  /** Who reads in one transaction now, so that all of them see the same state of a recording that still runs. */
  #holds = 0;

  constructor(path: string) {
    this.path = path;
    try {
      const file = openForReading(path);
      this.#db = file.db;
      this.#closeFile = () => file.close();
    } catch (error) {
      throw new RecordingError(`${path}: cannot be opened as a recording (${messageOf(error)}).`, { cause: error });
    }
    try {
      this.chained = this.#format() === schemaVersion;
    } catch (error) {
      this.#closeFile();
      throw error;
    }
  }

  #format(): number {
    const version = Number(this.asked('file', () => this.#db.pragma('user_version', { simple: true })));
    if (version === schemaVersion || version === unchainedVersion) return version;
    const found = version === 0 ? 'is no recording' : `is a recording of format ${version}`;
    const fix =
      version > schemaVersion
        ? ' Read it with the axond that has written it, or a newer one.'
        : version > 0
          ? ' It says nothing of leases, so its stimuli cannot be accounted for: read it with the axond that has written it.'
          : '';
    throw new RecordingError(
      `${this.path}: ${found}; this axond reads formats ${unchainedVersion} and ${schemaVersion}.${fix}`,
    );
  }

  close(): void {
    for (const rows of this.#open) rows.return?.();
    this.#closeFile();
  }

  /** Its only row, if it has one. */
  first(table: string): unknown {
    return this.one(table, `select * from ${table}`);
  }

  one(table: string, query: string, ...bound: number[]): unknown {
    return this.asked(table, () => this.#db.prepare(query).get(...bound));
  }

  all(table: string, query: string, ...bound: number[]): unknown[] {
    return this.asked(table, () => this.#db.prepare(query).all(...bound));
  }

  /** A number that SQLite works out. */
  number(table: string, query: string): number {
    return Number(this.asked(table, () => this.#db.prepare(query).pluck().get()));
  }

  /** What SQLite's own check says: `ok`, or what is wrong. */
  integrity(): string {
    try {
      return String(this.#db.pragma('integrity_check', { simple: true }));
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Decoded rows in the order in which they were written, none missing. */
  *rows<Row extends { id: number }>(table: string, decoder: z.ZodType<Row>): Generator<Row> {
    let next = 1;
    for (const given of this.select(table)) {
      const row = this.decode(table, decoder, given);
      if (row.id !== next) throw this.fault(table, next, 'is missing');
      next++;
      yield row;
    }
  }

  *select(table: string): Generator {
    this.hold();
    const rows = this.asked(table, () => this.#db.prepare(`select * from ${table} order by id`).iterate());
    this.#open.add(rows);
    try {
      for (;;) {
        const row = this.asked(table, () => rows.next());
        if (row.done === true) return;
        yield row.value;
      }
    } finally {
      rows.return?.();
      this.#open.delete(rows);
      this.release();
    }
  }

  /** Until as many calls of `release`, everybody sees the recording as it is now. */
  hold(): void {
    if (this.#holds === 0) this.#db.exec('begin');
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    // Nothing was written; of a damaged file the end of a transaction may fail, and what was found before counts.
    if (this.#holds === 0 && this.#db.open && this.#db.inTransaction) this.#end();
  }

  #end(): void {
    try {
      this.#db.exec('commit');
    } catch {
      if (this.#db.inTransaction) this.#db.exec('rollback');
    }
  }

  /** What SQLite refuses, with the name of the file and table. */
  asked<Result>(table: string, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw new RecordingError(`${this.path}: table ${table}: ${messageOf(error)}`, { cause: error });
    }
  }

  unpack<Result>(table: string, id: number, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw this.fault(table, id, messageOf(error));
    }
  }

  decode<Row>(table: string, decoder: z.ZodType<Row>, given: unknown): Row {
    const parsed = decoder.safeParse(given);
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(
      ({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    );
    throw this.fault(table, idOf(given), issues.join('; '));
  }

  fault(table: string, id: number, what: string): RecordingError {
    return new RecordingError(`${this.path}: table ${table}, row ${id}: ${what}`);
  }
}

export function idOf(row: unknown): number {
  return typeof row === 'object' && row !== null && 'id' in row ? Number(row.id) : 1;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
