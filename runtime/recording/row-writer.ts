import type Database from 'better-sqlite3';
import { checksum } from './rows.js';
import {
  linkedColumns,
  linkedTables,
  type Column,
  type Head,
  type LinkedTable,
  type TableChains,
} from './table-chains.js';

/** Adds rows to a recording, each with its checksum and its link. */
export class RowWriter {
  /** Of what is committed. */
  #committed: TableChains;
  #chains: TableChains;
  readonly #inserts: ReadonlyMap<LinkedTable, Database.Statement>;
  readonly #seal: Database.Statement;

  constructor(db: Database.Database, chains: TableChains) {
    this.#chains = chains;
    this.#committed = chains.copy();
    this.#inserts = new Map(
      linkedTables.map((table) => {
        const columns = [
          ...besideColumns(table),
          ...linkedColumns[table],
          'crc',
          ...(table === 'event' ? ['hash'] : []),
        ];
        return [table, insertInto(db, table, columns)];
      }),
    );
    this.#seal = insertInto(db, 'seal', ['tables', 'hash']);
  }

  /** `columns` as `linkedColumns` has them, `beside` as `besideColumns` has them. */
  insert(table: LinkedTable, columns: readonly Column[], beside: readonly (number | null)[] = []): void {
    const numbers = columns.filter((column) => typeof column === 'number');
    const contents = columns.filter((column) => typeof column !== 'number');
    const link = Buffer.from(this.#chains.add(table, columns), 'hex');
    const ends = table === 'event' ? [link] : [];
    this.#inserts.get(table)?.run(...beside, ...columns, checksum(numbers, ...contents), ...ends);
  }

  /** Over every row that was inserted so far. */
  seal(): void {
    const { tables, hash } = this.#chains.seal();
    this.#seal.run(tables, Buffer.from(hash, 'hex'));
  }

  /** The newest seal that is committed; null before the first. */
  get head(): Head | null {
    const { head } = this.#committed;
    return head.seal > 0 ? head : null;
  }

  /** Whoever commits or rolls back says so. */
  committed(): void {
    this.#committed = this.#chains.copy();
  }
  rolledBack(): void {
    this.#chains = this.#committed.copy();
  }
}

/** What stands in a record too, for people. */
export function besideColumns(table: LinkedTable): readonly string[] {
  if (table === 'event') return ['cycle', 'sample', 'us'];
  return table === 'message' ? ['cycle'] : [];
}

export function insertInto(db: Database.Database, table: string, columns: readonly string[]): Database.Statement {
  return db.prepare(`insert into ${table} (${columns.join()}) values (${columns.map(() => '?').join()})`);
}
