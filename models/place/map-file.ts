import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { ModelError } from '../format/model-error.js';
import { writeAtomically } from '../write-atomically.js';
import { contentOf, mapOf } from './map-content.js';
import { decodeMap, encodeMap, type MapContent, type MapKind } from './map-format.js';
import { applyChanges, journalHead, journalLine, readJournal } from './map-journal.js';
import { PlaceMap, type MapChange, type MapRecogniser } from './place-map.js';
import type { PlaceRule } from './place-clock.js';

/** Changes since the file was last written stand beside it. */
export function journalPath(path: string): string {
  return `${path}.journal`;
}

/** What the file holds, without its journal. @throws ModelError that names the file */
export function readMapContent(path: string): MapContent {
  const bytes = read(path);
  if (!bytes) throw new ModelError(`${path}: there is no such file. Learn a map first: axond place learn.`);
  return naming(path, () => decodeMap(bytes));
}

/**
 * A map and its file. Every change is on the disk before the next one: as a line of a journal, which the next `save`
 * makes part of the file. A power failure loses at most the change that was being written.
 */
export class MapFile {
  readonly map: PlaceMap;
  readonly kind: MapKind;
  /** What was found on opening, for the log; empty where all was as it should be. */
  readonly notices: readonly string[];
  /** Changes need not be on the disk before `save`: what is learned can be learned again. */
  writesWhole = false;
  readonly #path: string;
  #revision: number;
  #journal: number | undefined;
  /** Bytes of the journal that are whole lines on the disk. */
  #written = 0;
  /** Lines that are not on the disk yet. */
  #pending = '';
  #failure = '';

  private constructor(path: string, map: PlaceMap, kind: MapKind, revision: number, notices: readonly string[]) {
    this.#path = path;
    this.map = map;
    this.kind = kind;
    this.#revision = revision;
    this.notices = notices;
    map.changed = (change) => {
      if (!this.writesWhole) this.#append(change);
    };
  }

  /** A new map. @throws ModelError where there is a file already */
  static create(path: string, kind: MapKind, rule: PlaceRule, recogniser: MapRecogniser): MapFile {
    if (read(path)) throw new ModelError(`${path}: there is a map already. Name another file, or remove this one.`);
    rmSync(journalPath(path), { force: true });
    const file = new MapFile(path, new PlaceMap(recogniser, rule), kind, 0, []);
    file.#write(0);
    return file;
  }

  /** The map of a file and its journal; `recogniserOf` makes one without rows. @throws ModelError */
  static open(path: string, recogniserOf: (kind: MapKind) => MapRecogniser): MapFile {
    const content = readMapContent(path);
    const map = naming(path, () => mapOf(content, recogniserOf(content.kind)));
    const notices: string[] = [];
    const beside = journalPath(path);
    const bytes = read(beside);
    const journal = bytes && naming(beside, () => readJournal(new TextDecoder().decode(bytes), content.cells));
    let taken = false;
    if (journal && journal.revision > content.revision)
      throw new ModelError(
        `${beside}: goes on from revision ${journal.revision}, ${path} is ${content.revision}. One of them was replaced: put back the map, or remove the journal.`,
      );
    // An older one is in the file already: power failed between writing the file and removing it.
    if (journal?.revision === content.revision) {
      naming(beside, () => {
        applyChanges(map, journal.changes);
      });
      taken = journal.changes.length > 0;
      if (taken) notices.push(`${path}: took ${journal.changes.length} changes from its journal.`);
      if (journal.cut) notices.push(`${path}: the last change was cut off and is lost.`);
    }
    const file = new MapFile(path, map, content.kind, content.revision, notices);
    if (taken) file.save();
    else rmSync(beside, { force: true });
    return file;
  }

  /** Why the last change is in memory alone, or the empty string. */
  get failure(): string {
    return this.#failure;
  }

  /** Writes the map whole; whoever reads it sees the old one or the new one. @throws ModelError */
  save(): void {
    const { revision } = readMapContent(this.#path);
    if (revision !== this.#revision)
      throw new ModelError(
        `${this.#path}: was written by another program meanwhile. Stop one of them; what was learned here is in ${journalPath(this.#path)}.`,
      );
    this.#write(revision + 1);
    this.#revision = revision + 1;
    this.#pending = '';
    this.#failure = '';
    this.#written = 0;
    this.close();
    rmSync(journalPath(this.#path), { force: true });
  }

  /** Changes that were not saved stay in the journal. */
  close(): void {
    if (this.#journal !== undefined) closeSync(this.#journal);
    this.#journal = undefined;
  }

  #write(revision: number): void {
    try {
      writeAtomically(this.#path, encodeMap(contentOf(this.map, this.kind, revision)));
    } catch (error) {
      throw error instanceof ModelError
        ? error
        : new ModelError(`${this.#path}: cannot be written (${codeOf(error)}). Make room, or name another place.`);
    }
  }

  #append(change: MapChange): void {
    this.#pending += journalLine(change);
    const text = this.#written === 0 ? journalHead(this.#revision) + this.#pending : this.#pending;
    const path = journalPath(this.#path);
    try {
      this.#journal ??= openSync(path, this.#written === 0 ? 'w' : 'r+');
      writeAll(this.#journal, text, this.#written);
      fdatasyncSync(this.#journal);
      this.#written += Buffer.byteLength(text);
      this.#pending = '';
      this.#failure = '';
    } catch (error) {
      this.#failure = `${path}: cannot be written (${codeOf(error)}). Make room: until then, what is learned is in memory alone.`;
      this.close();
      // No half line may stand before what comes next.
      if (existsSync(path) && statSync(path).isFile()) truncateSync(path, this.#written);
    }
  }
}

function writeAll(descriptor: number, text: string, from: number): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, from + at);
}

/** Undefined where there is no file. */
function read(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new ModelError(`${path}: cannot be read (${codeOf(error)}). Correct the path or its permissions.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function naming<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${path}: ${error.message}`) : error;
  }
}
