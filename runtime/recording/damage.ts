import { z } from 'zod';
import type { RunDescription } from '../contracts.js';
import { unpackCycles, unpackFrames, unpackPictures } from './packing.js';
import { idOf, messageOf, type RecordingFile } from './recording-file.js';
import {
  anchorRow,
  blockRow,
  eventRow,
  inputRow,
  leaseRow,
  linkedRow,
  mapRow,
  messageRow,
  pictureRow,
  rawRow,
  sealRow,
  type Seal,
} from './rows.js';
import { TableChains, linkedColumns, type LinkedTable } from './table-chains.js';

/**
 * What SQLite's own check of a recording finds, then every row that cannot be decoded or whose checksum does not fit, and
 * of each table the first row, or seal, that breaks its chain.
 */
export function* damageOf(file: RecordingFile, run: RunDescription): Generator<string> {
  // Of a recording that still runs, seals and rows are those of one moment.
  file.hold();
  try {
    yield* damageNow(file, run);
  } finally {
    file.release();
  }
}

function* damageNow(file: RecordingFile, run: RunDescription): Generator<string> {
  const integrity = file.integrity();
  if (integrity !== 'ok') yield `${file.path}: ${integrity}`;
  const chain = file.chained ? new ChainWalk(file) : undefined;
  if (chain) yield* chain.seals();
  const channels = run.stream.channels.length;
  const { pictures } = run;
  const walk = new TableWalk(file, chain);
  yield* walk.table('block', blockRow, (row) => unpackFrames(row.packed, row.frames, channels));
  yield* walk.table('input', inputRow, (row) => unpackCycles(row.packed, row.cycles));
  yield* walk.table('message', messageRow);
  yield* walk.table('event', eventRow);
  yield* walk.table('anchor', anchorRow);
  yield* walk.table('lease', leaseRow);
  // A recording is opened with its ending, which was decoded then.
  yield* walk.table('ending', z.object({ id: z.number() }));
  if (!pictures) return;
  yield* walk.table('picture', pictureRow, (row) => unpackPictures(row.packed, row.frames, pictures));
  yield* walk.table('map', mapRow);
}

class TableWalk {
  readonly #file: RecordingFile;
  readonly #chain: ChainWalk | undefined;

  constructor(file: RecordingFile, chain: ChainWalk | undefined) {
    this.#file = file;
    this.#chain = chain;
  }

  *table<Row extends { id: number }>(
    table: LinkedTable,
    decoder: z.ZodType<Row>,
    unpack: (row: Row) => unknown = () => undefined,
  ): Generator<string> {
    const file = this.#file;
    let next = 1;
    let whole = true;
    try {
      for (const given of file.select(table)) {
        const id = idOf(given);
        if (id !== next) {
          whole = false;
          yield file.fault(table, next, 'is missing').message;
        }
        next = id + 1;
        try {
          const row = file.decode(table, decoder, given);
          file.unpack(table, row.id, () => unpack(row));
        } catch (error) {
          whole = false;
          yield messageOf(error);
        }
        // What breaks the chain of rows that are damaged is known already.
        const broken = whole && this.#chain ? this.#chain.row(table, given) : '';
        if (broken !== '') {
          whole = false;
          yield broken;
        }
      }
      const broken = whole && this.#chain ? this.#chain.end(table) : '';
      if (broken !== '') yield broken;
    } catch (error) {
      yield messageOf(error); // the table itself cannot be walked any further
    }
  }
}

/** Goes over the chains again, from the run row on. */
class ChainWalk {
  readonly #file: RecordingFile;
  readonly #chains: TableChains;
  #seals: readonly Seal[] = [];
  /** By table: how many seals its rows were compared with. */
  readonly #compared = new Map<LinkedTable, number>();

  constructor(file: RecordingFile) {
    this.#file = file;
    const { description, migrated } = file.decode('run', beginning, file.first('run'));
    this.#chains = TableChains.begin(description, migrated);
  }

  /** The seals themselves; those before the first that is broken are taken for the rows. */
  *seals(): Generator<string> {
    const file = this.#file;
    const good: Seal[] = [];
    this.#seals = good;
    try {
      for (const seal of file.rows('seal', sealRow)) {
        if (this.#chains.addSeal(seal.text) !== seal.hash) {
          yield file.fault('seal', seal.id, 'does not continue the chain: it, or the run row, was changed').message;
          return;
        }
        good.push(seal);
      }
      // The first one is committed with the first anchor.
      if (good.length === 0 && file.first('anchor') !== undefined) yield file.fault('seal', 1, 'is missing').message;
    } catch (error) {
      yield messageOf(error);
    }
  }

  /** Returns what is wrong, or the empty string. */
  row(table: LinkedTable, given: unknown): string {
    const file = this.#file;
    const columns = file.decode(table, rawRow, given);
    const link = this.#chains.add(
      table,
      linkedColumns[table].map((name) => columns[name] ?? null),
    );
    const { rows } = this.#chains.state(table);
    if (table === 'event' && file.decode(table, linkedRow, given).hash !== link)
      return file.fault(table, rows, 'does not continue the chain: it was changed after it was written').message;
    return this.#compare(table);
  }

  /** After the last row. */
  end(table: LinkedTable): string {
    const { rows } = this.#chains.state(table);
    const seal = this.#seals.at(-1);
    const sealed = seal?.tables[table].rows ?? 0;
    if (sealed > rows)
      return this.#file.fault(table, rows + 1, `is missing: seal ${seal?.id ?? ''} stands over ${sealed} rows`).message;
    const over = this.#file.first('ending') !== undefined && sealed < rows;
    return over ? this.#file.fault(table, sealed + 1, 'was added after the last seal').message : '';
  }

  #compare(table: LinkedTable): string {
    const { rows, link } = this.#chains.state(table);
    let place = this.#compared.get(table) ?? 0;
    let before = this.#seals[place - 1]?.tables[table].rows ?? 0;
    for (; place < this.#seals.length; place++) {
      const seal = this.#seals[place];
      const sealed = seal?.tables[table];
      if (!seal || !sealed || sealed.rows > rows) break;
      if (sealed.rows === rows && sealed.link !== link) {
        const which = before + 1 === rows ? `row ${rows}` : `rows ${before + 1} to ${rows}`;
        return `${this.#file.path}: table ${table}, ${which}: not as they were when seal ${seal.id} was made`;
      }
      before = sealed.rows;
    }
    this.#compared.set(table, place);
    return '';
  }
}

const beginning = z.object({ description: z.string(), migrated: z.string().nullable() });
