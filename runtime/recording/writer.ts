import { closeSync, existsSync, ftruncateSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { recordLength, type LoopEvent, type LoopMessage, type RunDescription, type RunSummary } from '../contracts.js';
import { EventCode, decodeEvent, decodeMessage, isMessage } from '../loop/records.js';
import type { SlotRing } from '../loop/ring.js';
import { SampleSlot } from '../loop/sample-slot.js';
import { createFile, openBallast } from './create.js';
import { isOpen } from '../guardian/delivery-lines.js';
import { DiskFull } from './disk-full.js';
import { deliveriesPath, readDeliveries } from './deliveries.js';
import { packCycles, packFrames } from './packing.js';
import { PictureRows, picturesPerRow } from './picture-rows.js';
import { missingReceipts } from './reconcile.js';
import { RowWriter } from './row-writer.js';
import type { Lease, endingReasons } from './rows.js';
import { guardianLog } from './schema.js';
import { TableChains, type Head } from './table-chains.js';

/** Where the texts of markers, labels and receipts come from, by their numbers. */
export type EventTexts = Pick<ReadonlyMap<number, string>, 'get'>;

/** Of what an actuator reports with a receipt: below 0, where no marker has its number. */
export function evidenceNumber(command: number, state: number): number {
  return -(8 * command + state) - 1;
}

/**
 * Writes a recording: the only code that does. Everything is synchronous; whoever calls it must be able to wait for a
 * disk. What was drained becomes rows at the latest with `commit`, which also fits them together: a committed cycle has
 * all of its frames, and the messages that came before them.
 */
export class RecordingWriter {
  readonly path: string;
  /** Arrival of the oldest cycle that is not committed; NaN if all are. */
  oldestUncommittedUs = NaN;
  /** Arrival of the newest cycle that was drained; NaN before the first. */
  drainedUs = NaN;
  /** Rows of the event table that are committed. */
  committedEvents = 0;
  readonly #db: Database.Database;
  readonly #rows: RowWriter;
  readonly #ballast: number;
  readonly #channels: number;
  readonly #frames: { readonly counts: Int32Array; readonly counters: Int32Array; readonly flags: Uint8Array };
  readonly #cycles = { arrivalUs: new Float64Array(chunk), frames: new Uint16Array(chunk) };
  /** Absent where the stream has none. */
  readonly #pictures: PictureRows | undefined;
  readonly #mostFrames: number;
  #frameCount = 0;
  #firstIndex = 0;
  #blockCycle = 0;
  #cycleCount = 0;
  #firstCycle = 0;
  #events = 0;
  #lastCycle: number;
  #lastIndex: number;

  /** Creates the file. Throws one line that names the path and the fix. */
  constructor(path: string, run: RunDescription) {
    this.path = path;
    this.#lastCycle = run.continues?.cycle ?? 0;
    this.#lastIndex = run.continues?.index ?? -1;
    this.#channels = run.stream.channels.length;
    this.#frames = {
      counts: new Int32Array(chunk * this.#channels),
      counters: new Int32Array(chunk),
      flags: new Uint8Array(chunk),
    };
    if (existsSync(path))
      throw new Error(`${path}: is there already, and no recording is ever overwritten. Rename it.`);
    const description = JSON.stringify(run);
    try {
      this.#ballast = openBallast(path);
      createFile(path, description);
      this.#db = new Database(path, { timeout: busyMs });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new Error(`${path}: cannot be created (${detail}). Choose another folder with device.record.`, {
        cause: error,
      });
    }
    const db = this.#db;
    db.pragma('journal_mode = WAL');
    // Through to the disk with each commit, or a power cut would take all that the WAL has held since its last checkpoint.
    db.pragma('synchronous = FULL');
    db.pragma('journal_size_limit = 16777216');
    // Rows are only added: the 16 MB of better-sqlite3 would be full of pages that nobody asks for again within the hour.
    db.pragma('cache_size = -2000');
    this.#rows = new RowWriter(db, TableChains.begin(description, null));
    this.#pictures = run.pictures && new PictureRows(this.#rows, run.pictures);
    this.#mostFrames = run.pictures ? picturesPerRow : chunk;
    db.exec('begin');
    this.anchor(run.startUs, run.startWallMs);
  }

  /** The newest seal that is committed, null before the first: who has it from elsewhere sees any change of what it covers. */
  get head(): Head | null {
    return this.#rows.head;
  }

  /** Monotonic and wall time of the same instant, with a seal over all rows so far. Throws `DiskFull`. */
  anchor(us: number, wallMs: number): void {
    this.#orEnd(() => {
      this.#rows.insert('anchor', [us, wallMs]);
      this.#rows.seal();
    });
  }

  /** A seal over all rows so far, committed. Throws `DiskFull`. */
  seal(): Head | null {
    this.#orEnd(() => {
      this.#flush();
      this.#rows.seal();
    });
    this.commit();
    return this.head;
  }

  /** A map of places that the loop begins with: replay needs it as it was. Throws `DiskFull`. */
  map(name: string, bytes: Uint8Array): void {
    this.#orEnd(() => this.#rows.insert('map', [name, bytes]));
  }

  /**
   * Takes what waits in both rings, of cycles up to `endCycle()`; returns how many slots. `seen` gets every record. Throws
   * `DiskFull`.
   */
  drain(
    samples: SlotRing,
    decisions: SlotRing,
    texts: EventTexts,
    seen: Seen = unseen,
    endCycle: () => number = endless,
  ): number {
    // Samples first: a cycle's messages are in their ring before its frames, so no cycle is kept without them.
    return this.#orEnd(
      () => this.#drainSamples(samples, endCycle) + this.#drainDecisions(decisions, texts, seen, endCycle),
    );
  }

  /** What was drained so far now outlives this process, and a power cut. Throws `DiskFull`. */
  commit(): void {
    this.#orEnd(() => {
      this.#flush();
      this.#db.exec('commit; begin');
    });
    this.#rows.committed();
    this.committedEvents = this.#events;
    this.oldestUncommittedUs = NaN;
  }

  /** Commits, and then the lease alone, so that it outlives a power cut too. Throws `DiskFull`. */
  lease({ lease, stimuli, grantedUs, untilUs }: Lease): void {
    this.commit();
    this.#orEnd(() => this.#rows.insert('lease', [lease, stimuli, grantedUs, untilUs]));
    this.commit();
  }

  /**
   * Writes the ending and closes the file. Receipts that only the guardian's log has become events before; then the log,
   * if all of it was understood and nothing in it is left open, goes. Throws `DiskFull`.
   */
  close(summary: RunSummary): void {
    const { deliveries, unreadable } = readDeliveries(this.path);
    this.#orEnd(() => {
      this.#flush();
      for (const record of missingReceipts(deliveries, this.#receipts(), this.#lastCycle, this.#lastIndex)) {
        this.#event(record, guardianLog);
      }
      this.#end('closed', JSON.stringify(summary));
      this.#db.exec('commit');
    });
    this.#rows.committed();
    this.#closeFile();
    if (unreadable.length === 0 && !deliveries.some(isOpen)) rmSync(deliveriesPath(this.path), { force: true });
  }

  /** Ends the recording with its last commit because there is no room for more; returns what to throw. */
  endForWantOfSpace(): DiskFull {
    if (this.#db.inTransaction) this.#db.exec('rollback');
    this.#rows.rolledBack();
    ftruncateSync(this.#ballast);
    this.#db.exec('begin');
    this.#end('disk full', null);
    this.#db.exec('commit');
    this.#rows.committed();
    this.#closeFile();
    return new DiskFull(
      `${this.path}: the disk is full. The recording is whole up to its last commit; what came after it is lost. ` +
        'Make room, or choose another disk with device.record, and start again.',
    );
  }

  // ── Samples ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #drainSamples(ring: SlotRing, endCycle: () => number): number {
    const waiting = ring.waiting();
    // After the look at what waits: whoever lets a cycle wait that belongs to another recording has said so before.
    const end = endCycle();
    const { doubles, ints, slotBytes } = ring;
    let taken = 0;
    for (; taken < waiting; taken++) {
      const at = ring.oldest(taken) * slotBytes;
      const double = at / 8;
      const int = at / 4;
      const cycle = doubles[double + SampleSlot.cycle] as number;
      if (cycle > end) break;
      const frames = ints[int + SampleSlot.frames] as number;
      if (cycle !== this.#lastCycle) this.#cycle(cycle, doubles[double + SampleSlot.arrivalUs] as number, frames);
      if (frames > 0) this.#frame(ring, at, doubles[double + SampleSlot.index] as number);
    }
    ring.release(taken);
    return taken;
  }

  /** Begins a cycle. Rows hold whole cycles: a block may end within a row of cycles, but never within a cycle. */
  #cycle(cycle: number, arrivalUs: number, frames: number): void {
    const most = this.#mostFrames;
    if (frames > most) throw new RangeError(`cycle ${cycle} brings ${frames} frames; a recording takes ${most}`);
    const hole = this.#cycleCount > 0 && cycle !== this.#firstCycle + this.#cycleCount;
    if (hole || this.#cycleCount === chunk || this.#frameCount + frames > most) this.#flush();
    if (this.#cycleCount === 0) this.#firstCycle = cycle;
    if (Number.isNaN(this.oldestUncommittedUs)) this.oldestUncommittedUs = arrivalUs;
    this.#cycles.arrivalUs[this.#cycleCount] = arrivalUs;
    this.#cycles.frames[this.#cycleCount] = frames;
    this.#cycleCount++;
    this.#lastCycle = cycle;
    this.drainedUs = arrivalUs;
  }

  /** The one in the slot that begins at byte `at`. */
  #frame(ring: SlotRing, at: number, index: number): void {
    const { ints } = ring;
    const int = at / 4;
    if (this.#frameCount > 0 && index !== this.#lastIndex + 1) this.#flushBlock();
    if (this.#frameCount === 0) {
      this.#firstIndex = index;
      this.#blockCycle = this.#lastCycle;
    }
    const { counts, counters, flags } = this.#frames;
    const to = this.#frameCount * this.#channels;
    for (let channel = 0; channel < this.#channels; channel++) {
      counts[to + channel] = ints[int + SampleSlot.counts + channel] as number;
    }
    counters[this.#frameCount] = ints[int + SampleSlot.counter] as number;
    flags[this.#frameCount] = ints[int + SampleSlot.flags] as number;
    this.#pictures?.take(this.#frameCount, ring, at);
    this.#frameCount++;
    this.#lastIndex = index;
  }

  #flush(): void {
    this.#flushBlock();
    if (this.#cycleCount === 0) return;
    const packed = packCycles(this.#cycles, this.#cycleCount);
    this.#rows.insert('input', [this.#firstCycle, this.#cycleCount, packed]);
    this.#cycleCount = 0;
  }

  #flushBlock(): void {
    if (this.#frameCount === 0) return;
    const packed = packFrames(this.#frames, this.#frameCount, this.#channels);
    this.#rows.insert('block', [this.#firstIndex, this.#frameCount, this.#blockCycle, packed]);
    this.#pictures?.write(this.#firstIndex, this.#frameCount);
    this.#frameCount = 0;
  }

  // ── Messages and events ───────────────────────────────────────────────────────────────────────────────────────────

  #drainDecisions(ring: SlotRing, texts: EventTexts, seen: Seen, endCycle: () => number): number {
    const waiting = ring.waiting();
    const end = endCycle();
    let taken = 0;
    for (; taken < waiting; taken++) {
      const at = ring.oldest(taken) * recordLength;
      if ((ring.doubles[at + 1] as number) > end) break;
      const record = ring.doubles.slice(at, at + recordLength);
      if (isMessage(record)) this.#message(record);
      else this.#event(record, texts.get(textNumber(record)));
      seen(record);
    }
    ring.release(taken);
    return taken;
  }

  #message(record: Float64Array): void {
    const message = decodeMessage(record);
    if (!message) throw new RangeError(`message kind ${String(record[0])} is unknown`);
    const { kind, cycle } = message;
    this.#rows.insert('message', [kind, readableFields(message), new Uint8Array(record.buffer)], [cycle]);
  }

  #event(record: Float64Array, text: string | null = null): void {
    const event = decodeEvent(record);
    if (!event) throw new RangeError(`event kind ${String(record[0])} is unknown`);
    const { kind, cycle, index, us } = event;
    const columns = [kind, readableFields(event), new Uint8Array(record.buffer), text];
    this.#rows.insert('event', columns, [cycle, index, us]);
    this.#events++;
  }

  #receipts(): Float64Array[] {
    const rows = this.#db.prepare<[], Buffer>("select record from event where kind = 'receipt'").pluck().all();
    return rows.map((bytes) => new Float64Array(new Uint8Array(bytes).buffer));
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #end(reason: (typeof endingReasons)[number], summary: string | null): void {
    this.#rows.insert('ending', [reason, Date.now(), summary]);
    this.#rows.seal();
  }

  /** All rows are committed. What fails here leaves them in the WAL beside the file, where every reader finds them. */
  #closeFile(): void {
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
      // Without readers the file becomes one that can be read from a read-only medium and leaves nothing beside it.
      this.#db.pragma('busy_timeout = 0');
      this.#db.pragma('journal_mode = DELETE');
    } catch {
      // a reader holds the file, or the disk has no room for the checkpoint
    }
    this.#db.close();
    closeSync(this.#ballast);
  }

  #orEnd<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw wantOfSpace.has((error as { code?: unknown }).code) ? this.endForWantOfSpace() : error;
    }
  }
}

/** Of the text that belongs to an event; 0 for none. */
function textNumber(record: Float64Array): number {
  if (record[0] === EventCode.marker) return record[4] as number;
  if (record[0] === EventCode.receipt) return evidenceNumber(record[4] as number, record[5] as number);
  return record[0] === EventCode.map ? (record[7] as number) : 0;
}

type Seen = (record: Float64Array) => void;
const unseen: Seen = () => undefined;
const endless = (): number => Infinity;

/** What a record says beyond when it was, for people. */
function readableFields(readable: LoopEvent | LoopMessage): string {
  return JSON.stringify(Object.fromEntries(Object.entries(readable).slice(4)));
}

/** Frames and cycles of one row at most. */
const chunk = 4096;
/** How long the end may wait for a reader in mid-transaction. */
const busyMs = 500;
/** SQLite's words for a full disk; the last one comes where the index of the WAL cannot grow. */
const wantOfSpace: ReadonlySet<unknown> = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE']);
