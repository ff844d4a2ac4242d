import { Chain, chainHash, rowContent } from './chain.js';

/**
 * What is linked, and what a seal says. All chains begin with the hash of the run row, so that no row of another recording
 * fits in. An event holds its link itself; those of the other tables are in the seals alone, which hold all of them.
 */

/** What a link covers: with the row's id, all of it. Times and cycles of events and messages are in their records. */
export const linkedColumns = {
  event: ['kind', 'fields', 'record', 'text'],
  message: ['kind', 'fields', 'record'],
  block: ['first_index', 'frames', 'first_cycle', 'packed'],
  input: ['first_cycle', 'cycles', 'packed'],
  picture: ['first_index', 'frames', 'packed'],
  map: ['name', 'bytes'],
  lease: ['lease', 'stimuli', 'granted_us', 'until_us'],
  anchor: ['us', 'wall_ms'],
  ending: ['reason', 'wall_ms', 'summary'],
} as const;
export type LinkedTable = keyof typeof linkedColumns;
export const linkedTables = Object.keys(linkedColumns) as LinkedTable[];
export type Column = number | string | Uint8Array | null;

/** The newest seal, and how many events are under it. */
export interface Head {
  /** Its number, from 1. */
  readonly seal: number;
  readonly events: number;
  /** In hex. */
  readonly hash: string;
}

/** As people and `axond check --head` take it. */
export function headText({ seal, hash }: Head): string {
  return `${seal}:${hash}`;
}

/** The other way; undefined if it is no head. */
export function parseHead(text: string): Pick<Head, 'seal' | 'hash'> | undefined {
  const [, seal, hash] = /^([1-9]\d{0,8}):([0-9a-f]{64})$/.exec(text.toLowerCase()) ?? [];
  return seal === undefined || hash === undefined ? undefined : { seal: Number(seal), hash };
}

/** The chains of a recording up to some row of each table. */
export class TableChains {
  readonly #tables: ReadonlyMap<LinkedTable, Chain>;
  readonly #seals: Chain;
  #sealedEvents: number;

  private constructor(tables: ReadonlyMap<LinkedTable, Chain>, seals: Chain, sealedEvents: number) {
    this.#tables = tables;
    this.#seals = seals;
    this.#sealedEvents = sealedEvents;
  }

  /** With the texts of the run row. */
  static begin(description: string, migrated: string | null): TableChains {
    const start = chainHash('', rowContent([description, migrated]));
    return new TableChains(new Map(linkedTables.map((table) => [table, new Chain(start)])), new Chain(start), 0);
  }

  copy(): TableChains {
    const tables = [...this.#tables].map(([table, chain]) => [table, chain.copy()] as const);
    return new TableChains(new Map(tables), this.#seals.copy(), this.#sealedEvents);
  }

  /** The next row's linked columns; returns its link. */
  add(table: LinkedTable, columns: readonly Column[]): string {
    const chain = this.#of(table);
    return chain.add(rowContent([chain.length + 1, ...columns]));
  }

  /** Rows and newest link of a table. */
  state(table: LinkedTable): { readonly rows: number; readonly link: string } {
    const { length, head } = this.#of(table);
    return { rows: length, link: head };
  }

  /** Over all that was added so far. */
  seal(): { readonly tables: string; readonly hash: string } {
    const states = linkedTables.map((table) => [table, this.state(table)] as const);
    const tables = JSON.stringify(Object.fromEntries(states));
    this.#sealedEvents = this.state('event').rows;
    return { tables, hash: this.addSeal(tables) };
  }

  /** A seal with this text; returns its hash. */
  addSeal(tables: string): string {
    return this.#seals.add(tables);
  }

  /** Of the seals that were made here. */
  get head(): Head {
    return { seal: this.#seals.length, events: this.#sealedEvents, hash: this.#seals.head };
  }

  #of(table: LinkedTable): Chain {
    const chain = this.#tables.get(table);
    if (!chain) throw new RangeError(`table ${table} has no chain`);
    return chain;
  }
}
