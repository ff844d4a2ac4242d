import type { Database } from 'better-sqlite3';
import type { z } from 'zod';
import {
  FrameFlag,
  type GreyFrame,
  type LoopEvent,
  type RunDescription,
  type RunSummary,
  type SampleBlock,
} from '../contracts.js';
import { decodeEvent } from '../loop/records.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { FrameCursor, type Block } from './frame-cursor.js';
import { openForReading } from './open.js';
import { unpackCycles, unpackFrames, unpackPictures, type Cycles } from './packing.js';
import {
  anchorRow,
  blockRow,
  endingRow,
  eventRow,
  inputRow,
  leaseRow,
  mapRow,
  messageRow,
  pictureRow,
  runRow,
  type Ending,
  type Lease,
} from './rows.js';
import { schemaVersion } from './schema.js';

/** A recording that cannot be read, with the table and row at fault. */
export class RecordingError extends Error {}

/** One cycle of the loop. The object and its `block` are reused for the next. */
export interface RecordedCycle {
  readonly cycle: number;
  readonly nowUs: number;
  readonly block: SampleBlock;
}

export interface RecordedEvent {
  readonly id: number;
  /** As contracts.ts has it, bit for bit. */
  readonly record: Float64Array;
  /** Undefined if this version does not know its kind. */
  readonly event: LoopEvent | undefined;
  /** Of a marker, or the evidence of a receipt; `guardian log` for one that did not come through the loop. */
  readonly text: string | null;
}

/** Opens a recording for reading, a running or killed one too; repairs nothing. Throws a `RecordingError`. */
export function openRecording(path: string): Recording {
  return new Recording(path);
}

/** Whatever does not fit its checksum, its neighbours or its schema throws a `RecordingError`. */
export class Recording {
  readonly path: string;
  readonly run: RunDescription;
  /** How the run ended; undefined while it runs, and if it was killed. */
  readonly ending: { readonly reason: Ending['reason']; readonly wallMs: number } | undefined;
  /** Undefined while it runs, if it was killed, and if its disk was full. */
  readonly summary: RunSummary | undefined;
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
      const version = this.#asked('file', () => this.#db.pragma('user_version', { simple: true }));
      if (version !== schemaVersion) {
        const found = version === 0 ? 'is no recording' : `is a recording of format ${String(version)}`;
        const fix =
          Number(version) > schemaVersion ? ' Read it with the axond that has written it, or a newer one.' : '';
        throw new RecordingError(`${path}: ${found}; this axond reads format ${schemaVersion}.${fix}`);
      }
      this.run = this.#decode('run', runRow, this.#get('run'));
      const ending = this.#get('ending');
      this.ending = ending === undefined ? undefined : this.#decode('ending', endingRow, ending);
      this.summary = (this.ending as Ending | undefined)?.summary ?? undefined;
    } catch (error) {
      this.#closeFile();
      throw error;
    }
  }

  close(): void {
    for (const rows of this.#open) rows.return?.();
    this.#closeFile();
  }

  /** Every cycle in order. A number that is missing was lost in a full ring. */
  *cycles(): Generator<RecordedCycle> {
    this.#hold();
    try {
      yield* this.#cycles();
    } finally {
      this.#release();
    }
  }

  *#cycles(): Generator<RecordedCycle> {
    const { channels } = this.run.stream;
    const block = createSampleBlock(channels.length, mostFrames);
    const frames = new FrameCursor(this.#blocks(), channels.length);
    const given = { cycle: 0, nowUs: 0, block };
    for (const { row, arrivalUs, frames: counts } of this.#inputs()) {
      for (let place = 0; place < row.cycles; place++) {
        given.cycle = row.first_cycle + place;
        given.nowUs = arrivalUs[place] as number;
        block.arrivalUs = given.nowUs;
        const fault = frames.take(given.cycle, counts[place] as number, block);
        if (fault !== '') throw this.#fault('input', row.id, fault);
        yield given;
      }
    }
    const left = frames.left();
    if (left !== undefined) throw this.#fault('block', left.id, `no cycle ${left.first_cycle} brought its frames`);
  }

  /** The pictures of all frames in order; none where the stream has none. */
  *pictures(): Generator<GreyFrame> {
    if (!this.run.pictures) return;
    const { width, height } = this.run.pictures;
    const size = width * height;
    const pictures = this.#rows('picture', pictureRow);
    for (const { row: block, counters } of this.#blocks()) {
      const next = pictures.next();
      const row = next.done === true ? undefined : next.value;
      if (row?.first_index !== block.first_index || row.frames !== block.frames)
        throw this.#fault('picture', block.id, `its pictures are not those of block ${block.id}`);
      const { frameUs, pixels } = this.#unpack('picture', row.id, () =>
        unpackPictures(row.packed, row.frames, { width, height }),
      );
      for (let place = 0; place < row.frames; place++) {
        yield {
          width,
          height,
          pixels: pixels.subarray(place * size, (place + 1) * size),
          sequence: counters[place] as number,
          frameUs: frameUs[place] as number,
        };
      }
    }
    const left = pictures.next();
    if (left.done !== true) throw this.#fault('picture', left.value.id, 'no block belongs to it');
  }

  /** The maps that a place loop began with, in their order; none where it began with an empty one. */
  maps(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return this.run.pictures ? [...this.#rows('map', mapRow)] : [];
  }

  /** Frames on disk, gap frames among them. */
  frameCount(): number {
    const sum = this.#db.prepare<[], number>('select coalesce(sum(frames), 0) from block').pluck().get();
    return sum ?? 0;
  }

  /** Bytes of packed counts, device counters, flags and pixels; and of the same as 24-bit counts and pixels alone. */
  packing(): { readonly packedBytes: number; readonly rawBytes: number } {
    const sum = (table: string): number =>
      Number(this.#asked(table, () => this.#db.prepare(`select total(length(packed)) from ${table}`).pluck().get()));
    const { stream, pictures } = this.run;
    const pixels = pictures ? pictures.width * pictures.height : 0;
    return {
      packedBytes: sum('block') + (pictures ? sum('picture') : 0),
      rawBytes: this.frameCount() * (3 * stream.channels.length + pixels),
    };
  }

  /** Frames `first` up to `end` as one block; those that the recording lacks carry the gap flag. */
  framesBetween(first: number, end: number): SampleBlock {
    const channels = this.run.stream.channels.length;
    const block = createSampleBlock(channels, Math.max(1, end - first));
    block.frames = end - first;
    block.firstIndex = first;
    block.flags.fill(FrameFlag.gap);
    const query = 'select * from block where first_index < ? and first_index + frames > ? order by id';
    for (const given of this.#asked('block', () => this.#db.prepare(query).all(end, first))) {
      const row = this.#decode('block', blockRow, given);
      const { counts, counters, flags } = this.#unpack('block', row.id, () =>
        unpackFrames(row.packed, row.frames, channels),
      );
      const from = Math.max(first, row.first_index);
      const to = Math.min(end, row.first_index + row.frames);
      const [here, there] = [from - row.first_index, from - first];
      block.counts.set(counts.subarray(here * channels, (to - row.first_index) * channels), there * channels);
      block.counters.set(counters.subarray(here, to - row.first_index), there);
      block.flags.set(flags.subarray(here, to - row.first_index), there);
    }
    return block;
  }

  /** Time of the last cycle that is here; the start's if there is none. */
  lastUs(): number {
    const last = this.#asked('input', () => this.#db.prepare('select * from input order by id desc limit 1').get());
    if (last === undefined) return this.run.startUs;
    const row = this.#decode('input', inputRow, last);
    const { arrivalUs } = this.#unpack('input', row.id, () => unpackCycles(row.packed, row.cycles));
    return arrivalUs[row.cycles - 1] as number;
  }

  /** The mailbox messages, as records, in order. */
  *messages(): Generator<Float64Array> {
    for (const { record } of this.#rows('message', messageRow)) yield record;
  }

  /** The events as records, in order. */
  *events(): Generator<Float64Array> {
    for (const { record } of this.#rows('event', eventRow)) yield record;
  }

  /** The events in order, with their ids and texts, and readable. */
  *readableEvents(): Generator<RecordedEvent> {
    for (const { id, record, text } of this.#rows('event', eventRow))
      yield { id, record, event: decodeEvent(record), text };
  }

  /** Events with an id above `afterId`, at most `limit`: a short transaction, for those who follow a running recording. */
  eventsAfter(afterId: number, limit: number): RecordedEvent[] {
    const query = 'select * from event where id > ? order by id limit ?';
    const rows = this.#asked('event', () => this.#db.prepare(query).all(afterId, limit));
    return rows.map((given, place) => {
      const { id, record, text } = this.#decode('event', eventRow, given);
      if (id !== afterId + place + 1) throw this.#fault('event', afterId + place + 1, 'is missing');
      return { id, record, event: decodeEvent(record), text };
    });
  }

  /** Monotonic and wall time of the same instants. */
  anchors(): { us: number; wallMs: number }[] {
    return [...this.#rows('anchor', anchorRow)].map(({ us, wall_ms: wallMs }) => ({ us, wallMs }));
  }

  /** The last one: a wall clock that was set since the start is right in it. The start's if there is none. */
  newestAnchor(): { us: number; wallMs: number } {
    const given = this.#asked('anchor', () => this.#db.prepare('select * from anchor order by id desc limit 1').get());
    if (given === undefined) return { us: this.run.startUs, wallMs: this.run.startWallMs };
    const { us, wall_ms: wallMs } = this.#decode('anchor', anchorRow, given);
    return { us, wallMs };
  }

  /** Every permission that was granted, in order. */
  *leases(): Generator<Lease> {
    for (const { lease, stimuli, grantedUs, untilUs } of this.#rows('lease', leaseRow)) {
      yield { lease, stimuli, grantedUs, untilUs };
    }
  }

  /** What SQLite's own check of the file finds, then every row that cannot be decoded or whose checksum does not fit. */
  *damage(): Generator<string> {
    let found: unknown;
    try {
      found = this.#db.pragma('integrity_check', { simple: true });
    } catch (error) {
      found = messageOf(error);
    }
    if (found !== 'ok') yield `${this.path}: ${String(found)}`;
    const channels = this.run.stream.channels.length;
    yield* this.#damaged('block', blockRow, (row) => unpackFrames(row.packed, row.frames, channels));
    yield* this.#damaged('input', inputRow, (row) => unpackCycles(row.packed, row.cycles));
    yield* this.#damaged('message', messageRow);
    yield* this.#damaged('event', eventRow);
    yield* this.#damaged('anchor', anchorRow);
    yield* this.#damaged('lease', leaseRow);
    const { pictures } = this.run;
    if (!pictures) return;
    yield* this.#damaged('picture', pictureRow, (row) => unpackPictures(row.packed, row.frames, pictures));
    yield* this.#damaged('map', mapRow);
  }

  *#damaged<Row extends { id: number }>(
    table: string,
    decoder: z.ZodType<Row>,
    unpack: (row: Row) => unknown = () => undefined,
  ): Generator<string> {
    let next = 1;
    try {
      for (const given of this.#select(table)) {
        const id = idOf(given);
        if (id !== next) yield this.#fault(table, next, 'is missing').message;
        next = id + 1;
        try {
          const row = this.#decode(table, decoder, given);
          this.#unpack(table, row.id, () => unpack(row));
        } catch (error) {
          yield messageOf(error);
        }
      }
    } catch (error) {
      yield messageOf(error); // the table itself cannot be walked any further
    }
  }

  *#inputs(): Generator<{ row: z.output<typeof inputRow> } & Cycles> {
    for (const row of this.#rows('input', inputRow)) {
      yield { row, ...this.#unpack('input', row.id, () => unpackCycles(row.packed, row.cycles)) };
    }
  }

  *#blocks(): Generator<Block> {
    const channels = this.run.stream.channels.length;
    for (const row of this.#rows('block', blockRow)) {
      yield { row, ...this.#unpack('block', row.id, () => unpackFrames(row.packed, row.frames, channels)) };
    }
  }

  /** Decoded rows in the order in which they were written, none missing. */
  *#rows<Row extends { id: number }>(table: string, decoder: z.ZodType<Row>): Generator<Row> {
    let next = 1;
    for (const given of this.#select(table)) {
      const row = this.#decode(table, decoder, given);
      if (row.id !== next) throw this.#fault(table, next, 'is missing');
      next++;
      yield row;
    }
  }

  *#select(table: string): Generator {
    this.#hold();
    const rows = this.#asked(table, () => this.#db.prepare(`select * from ${table} order by id`).iterate());
    this.#open.add(rows);
    try {
      for (;;) {
        const row = this.#asked(table, () => rows.next());
        if (row.done === true) return;
        yield row.value;
      }
    } finally {
      rows.return?.();
      this.#open.delete(rows);
      this.#release();
    }
  }

  #hold(): void {
    if (this.#holds === 0) this.#db.exec('begin');
    this.#holds++;
  }

  #release(): void {
    this.#holds--;
    if (this.#holds === 0 && this.#db.open) this.#db.exec('commit');
  }

  #get(table: string): unknown {
    return this.#asked(table, () => this.#db.prepare(`select * from ${table}`).get());
  }

  /** What SQLite refuses, with the name of the file and table. */
  #asked<Result>(table: string, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw new RecordingError(`${this.path}: table ${table}: ${messageOf(error)}`, { cause: error });
    }
  }

  #unpack<Result>(table: string, id: number, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw this.#fault(table, id, messageOf(error));
    }
  }

  #decode<Row>(table: string, decoder: z.ZodType<Row>, given: unknown): Row {
    const parsed = decoder.safeParse(given);
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(
      ({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    );
    throw this.#fault(table, idOf(given), issues.join('; '));
  }

  #fault(table: string, id: number, what: string): RecordingError {
    return new RecordingError(`${this.path}: table ${table}, row ${id}: ${what}`);
  }
}

function idOf(row: unknown): number {
  return typeof row === 'object' && row !== null && 'id' in row ? Number(row.id) : 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const mostFrames = 4096;
