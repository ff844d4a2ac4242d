import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { giveToOwnerOf } from '../recording/owner.js';
import { Budget } from './budget.js';
import { BudgetFailure } from './recorder.js';

/** Another process holds it. */
export class BudgetInUse extends BudgetFailure {}

/**
 * `budget.db` in the state directory: one row, the budget as a text and its SHA-256. Written with a rollback journal and
 * `synchronous = FULL`: the file itself is always the newest state, and no file beside it can be lost that would take
 * stimuli with it. Held by one process at a time.
 */
export class BudgetFile {
  readonly path: string;
  readonly #db: Database.Database;

  private constructor(path: string, db: Database.Database) {
    this.path = path;
    this.#db = db;
  }

  /**
   * The budget, held until `close`. Where there is none and never was one (`before` says whether recordings tell otherwise)
   * an empty one is made. Throws a `BudgetFailure` that says what to do if it is missing, damaged or held by another.
   */
  static open(folder: string, before: () => boolean): { readonly file: BudgetFile; readonly budget: Budget } {
    const path = budgetPath(folder);
    if (!existsSync(path)) {
      if (existsSync(markPath(folder)) || before()) {
        throw new BudgetFailure(
          `${path}: is missing, and stimuli were given before. Nobody knows how many, so nothing is stimulated. ${resetAdvice(folder)}`,
        );
      }
      create(folder, Budget.first());
    }
    const file = BudgetFile.#hold(path);
    try {
      const budget = decode(file.#db);
      if (!existsSync(markPath(folder))) writeMark(folder);
      return { file, budget };
    } catch (error) {
      file.close();
      throw new BudgetFailure(
        `${path}: is damaged (${messageOf(error)}). Nobody knows what was given, so nothing is stimulated. ${resetAdvice(folder)}`,
      );
    }
  }

  /** Outlives a power cut once it has returned. Throws a `BudgetFailure`. */
  save(text: string): void {
    try {
      this.#db.prepare('update budget set state = ?, sha256 = ?').run(text, hash(text));
    } catch (error) {
      throw new BudgetFailure(`${this.path}: cannot be written (${messageOf(error)}). Nothing more is stimulated.`);
    }
  }

  /** What it once said is in no byte of it any more: SQLite leaves lying what it has let go of. */
  wipe(): void {
    try {
      this.#db.exec('vacuum');
    } catch (error) {
      throw new BudgetFailure(`${this.path}: cannot be written (${messageOf(error)}).`);
    }
  }

  close(): void {
    this.#db.close();
  }

  /** The lock goes with the process, however that ends. */
  static #hold(path: string): BudgetFile {
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { fileMustExist: true, timeout: patienceMs });
      db.pragma('locking_mode = EXCLUSIVE');
      db.pragma('journal_mode = TRUNCATE');
      db.pragma('synchronous = FULL');
      db.exec('begin exclusive; commit');
      return new BudgetFile(path, db);
    } catch (error) {
      db?.close();
      const { code } = error as { code?: unknown };
      if (code === 'SQLITE_BUSY') {
        throw new BudgetInUse(
          `${path}: another axond counts its stimuli there. Stop it, or give this one a device.state of its own.`,
        );
      }
      const folder = path.replace(/\/[^/]*$/, '');
      throw new BudgetFailure(
        `${path}: is damaged (${messageOf(error)}). Nobody knows what was given, so nothing is stimulated. ${resetAdvice(folder)}`,
      );
    }
  }
}

/** Reads without holding it, also while a run does. Throws one line; undefined where there is none. */
export function readBudget(folder: string): Budget | undefined {
  const path = budgetPath(folder);
  if (!existsSync(path)) return undefined;
  for (let attempt = 0; ; attempt++) {
    let db: Database.Database | undefined;
    try {
      // By itself first: what a killed run left half written is taken back then. Where a run holds it, its bytes.
      db = attempt === 0 ? new Database(path, { timeout: 0 }) : new Database(readFileSync(path));
      return decode(db);
    } catch (error) {
      if (attempt === 5) throw new Error(`${path}: is damaged (${messageOf(error)}).`, { cause: error });
      // The run may be in the middle of writing it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    } finally {
      db?.close();
    }
  }
}

/** Whoever withdraws is in no byte of it any more, and what they were given counts as before. Throws a `BudgetFailure`. */
export function unnameNights(folder: string, study: string, participant: string): void {
  const { file, budget } = BudgetFile.open(folder, () => false);
  try {
    budget.unname(study, participant);
    file.save(budget.toText());
    file.wipe();
  } finally {
    file.close();
  }
}

/** By the word of a person: all that was given is forgotten. A damaged file is kept beside the new one. */
export function resetBudget(folder: string, by: string, reason: string, wallMs: number): Budget {
  const path = budgetPath(folder);
  let opened: ReturnType<typeof BudgetFile.open> | undefined;
  try {
    opened = BudgetFile.open(folder, () => false);
  } catch (error) {
    if (error instanceof BudgetInUse) throw error;
    if (existsSync(path)) renameSync(path, `${path}.damaged-${wallMs}`);
    rmSync(`${path}-journal`, { force: true });
    create(folder, Budget.first());
    opened = BudgetFile.open(folder, () => false);
  }
  const { file, budget } = opened;
  budget.reset(by, reason, wallMs);
  file.save(budget.toText());
  file.close();
  return budget;
}

/** Under another name first: a file with this name always is a whole one, whenever this process dies. */
function create(folder: string, budget: Budget): void {
  try {
    createFile(folder, budget);
  } catch (error) {
    throw new BudgetFailure(
      `${budgetPath(folder)}: cannot be made (${messageOf(error)}). Choose another folder with device.state.`,
    );
  }
}

function createFile(folder: string, budget: Budget): void {
  mkdirSync(folder, { recursive: true });
  const unfinished = `${budgetPath(folder)}.new`;
  rmSync(unfinished, { force: true });
  rmSync(`${unfinished}-journal`, { force: true });
  const db = new Database(unfinished);
  db.pragma('journal_mode = TRUNCATE');
  db.pragma('synchronous = FULL');
  db.exec(schema);
  db.pragma(`user_version = ${version}`);
  const text = budget.toText();
  db.prepare('insert into budget (id, state, sha256) values (1, ?, ?)').run(text, hash(text));
  db.close();
  giveToOwnerOf(folder, unfinished);
  renameSync(unfinished, budgetPath(folder));
  rmSync(`${unfinished}-journal`, { force: true });
  writeMark(folder);
}

/** Says that there was a budget once: who finds this alone knows that something was lost. */
function writeMark(folder: string): void {
  closeSync(openSync(markPath(folder), 'a'));
  giveToOwnerOf(folder, markPath(folder));
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function decode(db: Database.Database): Budget {
  const found: unknown = db.pragma('integrity_check', { simple: true });
  if (found !== 'ok') throw new Error(String(found));
  if (db.pragma('user_version', { simple: true }) !== version) throw new Error('it is of another format');
  const { state, sha256 } = row.parse(db.prepare('select state, sha256 from budget').get());
  if (hash(state) !== sha256) throw new Error('its checksum does not fit its contents');
  return Budget.parse(state);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function budgetPath(folder: string): string {
  return join(folder, 'budget.db');
}

function markPath(folder: string): string {
  return join(folder, 'budget.exists');
}

function resetAdvice(folder: string): string {
  return `Find out what was given, then: axond setup budget --state ${folder} --reset --by NAME --reason TEXT`;
}

const row = z.object({ state: z.string(), sha256: z.string() });
const schema = `
  create table budget (                   -- one row
    id integer primary key check (id = 1),
    state text not null,                  -- budget.ts, as JSON
    sha256 text not null                  -- of state
  );
`;
const version = 1;
/** A killed run lets go of the file within this. */
const patienceMs = 1000;
