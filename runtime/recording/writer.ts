import { rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { recordLength, type LoopEvent, type LoopMessage, type RunDescription, type RunSummary } from '../contracts.js';
import { decodeEvent, decodeMessage, isMessage } from '../loop/records.js';
import type { SlotRing } from '../loop/ring.js';
import { SampleSlot } from '../loop/sample-slot.js';
import { packCycles, packFrames } from './packing.js';
import { schema, schemaVersion } from './schema.js';

/** The disk is full. The recording was closed properly; what came after is lost. */
export class DiskFull extends Error {}

/**
 * Writes a recording: the only code that does. Everything is synchronous; whoever calls it must be able to wait for a
 * disk. Rows become durable with `commit`, which also fits them together: a committed cycle has all of its frames.
 */
export class RecordingWriter {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #channels: number;
  readonly #counts: Int32Array;
  readonly #counters = new Int32Array(chunk);
  readonly #flags = new Uint8Array(chunk);
  readonly #arrivalUs = new Float64Array(chunk);
  readonly #cycleFrames = new Uint16Array(chunk);
  readonly #insertBlock: Database.Statement;
  readonly #insertInput: Database.Statement;
  readonly #insertMessage: Database.Statement;
  readonly #insertEvent: Database.Statement;
  #frames = 0;
  #firstIndex = 0;
  #blockCycle = 0;
  #cycles = 0;
  #firstCycle = 0;

  /** Creates the file. Throws one line that names the path and the fix. */
  constructor(path: string, run: RunDescription) {
    this.path = path;
    this.#channels = run.stream.channels.length;
    this.#counts = new Int32Array(chunk * this.#channels);
    try {
      this.#db = new Database(path);
    } catch (error) {
      throw new Error(`${path}: cannot be created (${String(error)}). Choose another folder with device.record.`);
    }
    writeFileSync(ballastOf(path), Buffer.alloc(ballastBytes));
    const db = this.#db;
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('journal_size_limit = 16777216');
    db.exec(schema);
    db.pragma(`user_version = ${schemaVersion}`);
    db.prepare('insert into run (id, description) values (1, ?)').run(JSON.stringify(run));
    this.#insertBlock = db.prepare(
      'insert into block (first_index, frames, first_cycle, packed, crc) values (?, ?, ?, ?, ?)',
    );
    this.#insertInput = db.prepare('insert into input (first_cycle, cycles, packed, crc) values (?, ?, ?, ?)');
    this.#insertMessage = db.prepare('insert into message (cycle, kind, fields, record) values (?, ?, ?, ?)');
    this.#insertEvent = db.prepare(
      'insert into event (cycle, sample, us, kind, fields, record, text) values (?, ?, ?, ?, ?, ?, ?)',
    );
    this.anchor(run.startUs, run.startWallMs);
    db.exec('begin');
  }

  anchor(us: number, wallMs: number): void {
    this.#db.prepare('insert into anchor (us, wall_ms) values (?, ?)').run(us, wallMs);
  }

  /** Takes all that waits in both rings; returns how many slots. Throws `DiskFull`. */
  drain(samples: SlotRing, decisions: SlotRing, markerText: ReadonlyMap<number, string>): number {
    return this.#orClose(() => this.#drainSamples(samples) + this.#drainDecisions(decisions, markerText));
  }

  /** Makes durable against the death of this process what was drained so far. Throws `DiskFull`. */
  commit(): void {
    this.#orClose(() => {
      this.#flush();
      this.#db.exec('commit; begin');
    });
  }

  close(summary: RunSummary): void {
    this.#orClose(() => {
      this.#flush();
      this.#db.prepare('update run set summary = ?, closed_us = ?').run(JSON.stringify(summary), performance.now());
      this.#db.exec('commit');
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    });
    this.#db.close();
    rmSync(ballastOf(this.path), { force: true });
  }

  #drainSamples(ring: SlotRing): number {
    const waiting = ring.waiting();
    const { doubles, ints, slotBytes } = ring;
    for (let ahead = 0; ahead < waiting; ahead++) {
      const at = ring.oldest(ahead) * slotBytes;
      const double = at / 8;
      const int = at / 4;
      const cycle = doubles[double + SampleSlot.cycle] as number;
      if (this.#cycles === 0 || cycle !== this.#firstCycle + this.#cycles - 1) {
        this.#cycle(cycle, doubles[double + SampleSlot.arrivalUs] as number, ints[int + SampleSlot.frames] as number);
      }
      if (ints[int + SampleSlot.frames] !== 0)
        this.#frame(ints, int, doubles[double + SampleSlot.index] as number, cycle);
    }
    ring.release(waiting);
    return waiting;
  }

  #cycle(cycle: number, arrivalUs: number, frames: number): void {
    const next = this.#firstCycle + this.#cycles;
    // Whole cycles only: a block ends where a chunk of cycles does.
    if (this.#cycles === chunk || (this.#cycles > 0 && cycle !== next) || this.#frames + frames > chunk) this.#flush();
    if (this.#cycles === 0) this.#firstCycle = cycle;
    this.#arrivalUs[this.#cycles] = arrivalUs;
    this.#cycleFrames[this.#cycles] = frames;
    this.#cycles++;
  }

  #frame(ints: Int32Array, int: number, index: number, cycle: number): void {
    if (this.#frames > 0 && index !== this.#firstIndex + this.#frames) this.#flushBlock();
    if (this.#frames === 0) {
      this.#firstIndex = index;
      this.#blockCycle = cycle;
    }
    const at = this.#frames * this.#channels;
    for (let channel = 0; channel < this.#channels; channel++) {
      this.#counts[at + channel] = ints[int + SampleSlot.counts + channel] as number;
    }
    this.#counters[this.#frames] = ints[int + SampleSlot.counter] as number;
    this.#flags[this.#frames] = ints[int + SampleSlot.flags] as number;
    this.#frames++;
  }

  #drainDecisions(ring: SlotRing, markerText: ReadonlyMap<number, string>): number {
    const waiting = ring.waiting();
    for (let ahead = 0; ahead < waiting; ahead++) {
      const at = ring.oldest(ahead) * recordLength;
      const record = ring.doubles.slice(at, at + recordLength);
      const bytes = Buffer.from(record.buffer);
      if (isMessage(record)) {
        const message = decodeMessage(record);
        if (!message) continue;
        this.#insertMessage.run(message.cycle, message.kind, JSON.stringify(fieldsOf(message)), bytes);
      } else {
        const event = decodeEvent(record);
        if (!event) continue;
        const { kind, cycle, index, us } = event;
        const text = event.kind === 'marker' ? (markerText.get(event.marker) ?? null) : null;
        this.#insertEvent.run(cycle, index, us, kind, JSON.stringify(fieldsOf(event)), bytes, text);
      }
    }
    ring.release(waiting);
    return waiting;
  }

  #flush(): void {
    this.#flushBlock();
    if (this.#cycles === 0) return;
    const { packed, crc } = packCycles(this.#arrivalUs, this.#cycleFrames, this.#cycles);
    this.#insertInput.run(this.#firstCycle, this.#cycles, packed, crc);
    this.#cycles = 0;
  }

  #flushBlock(): void {
    if (this.#frames === 0) return;
    const { packed, crc } = packFrames(this.#counts, this.#counters, this.#flags, this.#frames, this.#channels);
    this.#insertBlock.run(this.#firstIndex, this.#frames, this.#blockCycle, packed, crc);
    this.#frames = 0;
  }

  /** A full disk cannot even be tidied up from inside: the ballast makes room for a proper end. */
  #orClose<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code !== 'SQLITE_FULL' && code !== 'SQLITE_IOERR_WRITE') throw error;
      rmSync(ballastOf(this.path), { force: true });
      if (this.#db.inTransaction) this.#db.exec('commit');
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
      this.#db.close();
      throw new DiskFull(`${this.path}: the disk is full. The recording was closed; make room and start again.`);
    }
  }
}

/** What a record says beyond when it was, for people. */
function fieldsOf(readable: LoopEvent | LoopMessage): Record<string, unknown> {
  return Object.fromEntries(Object.entries(readable).slice(4));
}

function ballastOf(path: string): string {
  return path.replace(/\.db$/, '') + '.ballast';
}

/** Frames and cycles of one row at most. */
const chunk = 4096;
const ballastBytes = 2 * 1024 * 1024;
