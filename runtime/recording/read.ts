import Database from 'better-sqlite3';
import { z } from 'zod';
import { recordLength, type LoopEvent, type RunDescription, type RunSummary, type SampleBlock } from '../contracts.js';
import { decodeEvent } from '../loop/records.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { unpackCycles, unpackFrames } from './packing.js';
import { schemaVersion } from './schema.js';

/** A recording that cannot be read, with the table and row at fault. */
export class RecordingError extends Error {}

/** One cycle of the loop. `block` is reused for the next. */
export interface RecordedCycle {
  readonly cycle: number;
  readonly nowUs: number;
  readonly block: SampleBlock;
}

export interface RecordedEvent {
  readonly id: number;
  readonly record: Float64Array;
  readonly event: LoopEvent | undefined;
  /** Of a marker. */
  readonly text: string | null;
}

const channel = z.object({ name: z.string(), unit: z.string(), scale: z.number(), railCounts: z.number() });
const description = z.object({
  name: z.string(),
  axond: z.string(),
  node: z.string(),
  verb: z.string(),
  configuration: z.string(),
  stream: z.object({
    device: z.string(),
    channels: z.array(channel),
    rate: z.number().positive(),
    delayUs: z.number(),
  }),
  detectors: z.array(z.string()),
  coefficients: z.record(z.string(), z.array(z.array(z.number()))),
  bootId: z.string(),
  startUs: z.number(),
  startWallMs: z.number(),
});
const summary = z.object({
  samples: z.number(),
  gaps: z.number(),
  discardedBytes: z.number(),
  detections: z.number(),
  stimuli: z.number(),
  refusals: z.number(),
  latencyUs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
  ringLosses: z.record(z.string(), z.number()),
  recording: z.string().nullable(),
  mqtt: z.object({ published: z.number(), acked: z.number() }).nullable(),
});
const runRow = z.object({ description: z.string(), summary: z.string().nullable() });
const blockRow = z.object({
  id: z.number(),
  first_index: z.number().int(),
  frames: z.number().int().positive(),
  first_cycle: z.number().int(),
  packed: z.instanceof(Buffer),
  crc: z.number(),
});
const inputRow = z.object({
  id: z.number(),
  first_cycle: z.number().int(),
  cycles: z.number().int().positive(),
  packed: z.instanceof(Buffer),
  crc: z.number(),
});
const messageRow = z.object({ id: z.number(), record: z.instanceof(Buffer) });
const eventRow = z.object({ id: z.number(), record: z.instanceof(Buffer), text: z.string().nullable() });

/** Opens a recording for reading, a running or killed one too; repairs nothing. Throws a `RecordingError`. */
export function openRecording(path: string): Recording {
  return new Recording(path);
}

export class Recording {
  readonly path: string;
  readonly run: RunDescription;
  /** Undefined while it runs, and if it was killed. */
  readonly summary: RunSummary | undefined;
  readonly #db: Database.Database;
  /** Rows that somebody has not read to their end. */
  readonly #open = new Set<IterableIterator<unknown>>();

  constructor(path: string) {
    this.path = path;
    this.#db = open(path);
    try {
      const version = this.#db.pragma('user_version', { simple: true });
      if (version !== schemaVersion) {
        throw new RecordingError(
          `${path}: is no recording of this axond (format ${String(version)}, not ${schemaVersion}).`,
        );
      }
      const row = this.#parse('run', 1, runRow, this.#db.prepare('select description, summary from run').get());
      this.run = this.#parse('run', 1, description, this.#json(row.description));
      this.summary = row.summary === null ? undefined : this.#parse('run', 1, summary, this.#json(row.summary));
    } catch (error) {
      this.#db.close();
      throw error instanceof RecordingError ? error : new RecordingError(`${path}: ${String(error)}`);
    }
  }

  close(): void {
    for (const rows of this.#open) rows.return?.();
    this.#db.close();
  }

  /** Every cycle in order. A number that is missing was lost in a full ring. */
  *cycles(): Generator<RecordedCycle> {
    const channels = this.run.stream.channels.length;
    const block = createSampleBlock(channels, mostFrames);
    const frames = this.#frames(channels);
    for (const given of this.#rows('select * from input order by id')) {
      const row = this.#parse('input', given, inputRow, given);
      const { arrivalUs, frames: counts } = this.#unpack('input', row.id, () => unpackCycles(row, row.cycles));
      for (let place = 0; place < row.cycles; place++) {
        const nowUs = arrivalUs[place] as number;
        const count = counts[place] as number;
        block.frames = 0;
        block.arrivalUs = nowUs;
        if (count > mostFrames) throw this.#fault('input', row.id, `a cycle of ${count} frames`);
        for (let frame = 0; frame < count; frame++) {
          if (frames.next().done) throw this.#fault('input', row.id, 'has more frames than the blocks');
          takeFrame(frames.block, frames.at, block);
        }
        yield { cycle: row.first_cycle + place, nowUs, block };
      }
    }
  }

  /** Frames on disk, gap frames among them. */
  frameCount(): number {
    return Number(this.#db.prepare('select coalesce(sum(frames), 0) from block').pluck().get());
  }

  /** The mailbox messages, as records, in order. */
  *messages(): Generator<Float64Array> {
    for (const given of this.#rows('select id, record from message order by id')) {
      const { id, record } = this.#parse('message', given, messageRow, given);
      yield this.#record('message', id, record);
    }
  }

  /** The events as records, in order. */
  *events(): Generator<Float64Array> {
    for (const given of this.#rows('select id, record, text from event order by id')) {
      const { id, record } = this.#parse('event', given, eventRow, given);
      yield this.#record('event', id, record);
    }
  }

  /** Events with an id above `afterId`, at most `limit`: a short transaction, for those who follow a running recording. */
  eventsAfter(afterId: number, limit: number): RecordedEvent[] {
    return this.#db
      .prepare('select id, record, text from event where id > ? order by id limit ?')
      .all(afterId, limit)
      .map((given) => {
        const { id, record, text } = this.#parse('event', given, eventRow, given);
        const exact = this.#record('event', id, record);
        return { id, record: exact, event: decodeEvent(exact), text };
      });
  }

  /** SQLite's own check of the file; the empty string if it finds nothing. */
  integrity(): string {
    const found = String(this.#db.pragma('integrity_check', { simple: true }));
    return found === 'ok' ? '' : found;
  }

  /** Goes through all frames in order: `next` moves on, `block` and `at` say where it stands. */
  #frames(channels: number): { block: SampleBlock; at: number; next(): { done: boolean } } {
    const rows = this.#rows('select * from block order by id');
    const next = (): { done: boolean } => {
      if (++cursor.at < cursor.block.frames) return going;
      const given = rows.next();
      if (given.done) return ended;
      const row = this.#parse('block', given.value, blockRow, given.value);
      const unpacked = this.#unpack('block', row.id, () => unpackFrames(row, row.frames, channels));
      cursor.block = {
        ...unpacked,
        channels,
        capacity: row.frames,
        frames: row.frames,
        firstIndex: row.first_index,
        arrivalUs: 0,
      };
      cursor.at = 0;
      return going;
    };
    const cursor = { block: createSampleBlock(channels, 0), at: -1, next };
    return cursor;
  }

  *#rows(query: string): Generator {
    const rows = this.#db.prepare(query).iterate();
    this.#open.add(rows);
    yield* rows;
    this.#open.delete(rows);
  }

  #record(table: string, id: number, bytes: Buffer): Float64Array {
    if (bytes.length !== recordLength * 8) throw this.#fault(table, id, `a record of ${bytes.length} bytes`);
    const record = new Float64Array(recordLength);
    new Uint8Array(record.buffer).set(bytes);
    return record;
  }

  #unpack<Result>(table: string, id: number, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw this.#fault(table, id, error instanceof Error ? error.message : String(error));
    }
  }

  #parse<Type>(table: string, row: unknown, parser: z.ZodType<Type>, value: unknown): Type {
    const parsed = parser.safeParse(value);
    if (parsed.success) return parsed.data;
    const id = typeof row === 'object' && row !== null && 'id' in row ? Number(row.id) : 1;
    throw this.#fault(
      table,
      id,
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  }

  #json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#fault('run', 1, String(error));
    }
  }

  #fault(table: string, id: number, what: string): RecordingError {
    return new RecordingError(`${this.path}: table ${table}, row ${id}: ${what}`);
  }
}

function open(path: string): Database.Database {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    db.pragma('query_only = 1');
    return db;
  } catch (error) {
    throw new RecordingError(
      `${path}: cannot be opened as a recording (${error instanceof Error ? error.message : String(error)}).`,
    );
  }
}

function takeFrame(from: SampleBlock, at: number, to: SampleBlock): void {
  if (to.frames === 0) to.firstIndex = from.firstIndex + at;
  const { channels } = to;
  for (let channel = 0; channel < channels; channel++) {
    to.counts[to.frames * channels + channel] = from.counts[at * channels + channel] as number;
  }
  to.counters[to.frames] = from.counters[at] as number;
  to.flags[to.frames] = from.flags[at] as number;
  to.frames++;
}

const going = { done: false };
const ended = { done: true };
const mostFrames = 4096;
