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
import { damageOf } from './damage.js';
import { FrameCursor, type Block } from './frame-cursor.js';
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
  sealRow,
  type Ending,
  type Lease,
  type Migration,
} from './rows.js';
import { RecordingFile } from './recording-file.js';
import type { Head } from './table-chains.js';

export { RecordingError } from './recording-file.js';

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
  /** Null of one that was written as it is. */
  readonly migrated: Migration | null;
  readonly #file: RecordingFile;

  constructor(path: string) {
    this.path = path;
    const file = new RecordingFile(path);
    this.#file = file;
    try {
      const { run, migrated } = file.decode('run', runRow, file.first('run'));
      this.run = run;
      this.migrated = migrated;
      const ending = file.first('ending');
      this.ending = ending === undefined ? undefined : file.decode('ending', endingRow, ending);
      this.summary = (this.ending as Ending | undefined)?.summary ?? undefined;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** False of one of format 3: nothing links its rows. */
  get chained(): boolean {
    return this.#file.chained;
  }

  close(): void {
    this.#file.close();
  }

  /** Every cycle in order. A number that is missing was lost in a full ring. */
  *cycles(): Generator<RecordedCycle> {
    this.#file.hold();
    try {
      yield* this.#cycles();
    } finally {
      this.#file.release();
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
        if (fault !== '') throw this.#file.fault('input', row.id, fault);
        yield given;
      }
    }
    const left = frames.left();
    if (left !== undefined) throw this.#file.fault('block', left.id, `no cycle ${left.first_cycle} brought its frames`);
  }

  /** The pictures of all frames in order; none where the stream has none. */
  *pictures(): Generator<GreyFrame> {
    if (!this.run.pictures) return;
    const { width, height } = this.run.pictures;
    const size = width * height;
    const pictures = this.#file.rows('picture', pictureRow);
    for (const { row: block, counters } of this.#blocks()) {
      const next = pictures.next();
      const row = next.done === true ? undefined : next.value;
      if (row?.first_index !== block.first_index || row.frames !== block.frames)
        throw this.#file.fault('picture', block.id, `its pictures are not those of block ${block.id}`);
      const { frameUs, pixels } = this.#file.unpack('picture', row.id, () =>
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
    if (left.done !== true) throw this.#file.fault('picture', left.value.id, 'no block belongs to it');
  }

  /** The maps that a place loop began with, in their order; none where it began with an empty one. */
  maps(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return this.run.pictures ? [...this.#file.rows('map', mapRow)] : [];
  }

  /** Frames on disk, gap frames among them. */
  frameCount(): number {
    return this.#file.number('block', 'select total(frames) from block');
  }

  /** Bytes of packed counts, device counters, flags and pixels; and of the same as 24-bit counts and pixels alone. */
  packing(): { readonly packedBytes: number; readonly rawBytes: number } {
    const sum = (table: string): number => this.#file.number(table, `select total(length(packed)) from ${table}`);
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
    for (const given of this.#file.all('block', query, end, first)) {
      const row = this.#file.decode('block', blockRow, given);
      const { counts, counters, flags } = this.#file.unpack('block', row.id, () =>
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
    const last = this.#file.one('input', 'select * from input order by id desc limit 1');
    if (last === undefined) return this.run.startUs;
    const row = this.#file.decode('input', inputRow, last);
    const { arrivalUs } = this.#file.unpack('input', row.id, () => unpackCycles(row.packed, row.cycles));
    return arrivalUs[row.cycles - 1] as number;
  }

  /** The mailbox messages, as records, in order. */
  *messages(): Generator<Float64Array> {
    for (const { record } of this.#file.rows('message', messageRow)) yield record;
  }

  /** The events as records, in order. */
  *events(): Generator<Float64Array> {
    for (const { record } of this.#file.rows('event', eventRow)) yield record;
  }

  /** The events in order, with their ids and texts, and readable. */
  *readableEvents(): Generator<RecordedEvent> {
    for (const { id, record, text } of this.#file.rows('event', eventRow))
      yield { id, record, event: decodeEvent(record), text };
  }

  /** Events with an id above `afterId`, at most `limit`: a short transaction, for those who follow a running recording. */
  eventsAfter(afterId: number, limit: number): RecordedEvent[] {
    const query = 'select * from event where id > ? order by id limit ?';
    const rows = this.#file.all('event', query, afterId, limit);
    return rows.map((given, place) => {
      const { id, record, text } = this.#file.decode('event', eventRow, given);
      if (id !== afterId + place + 1) throw this.#file.fault('event', afterId + place + 1, 'is missing');
      return { id, record, event: decodeEvent(record), text };
    });
  }

  /** Monotonic and wall time of the same instants. */
  anchors(): { us: number; wallMs: number }[] {
    return [...this.#file.rows('anchor', anchorRow)].map(({ us, wall_ms: wallMs }) => ({ us, wallMs }));
  }

  /** The last one: a wall clock that was set since the start is right in it. The start's if there is none. */
  newestAnchor(): { us: number; wallMs: number } {
    const given = this.#file.one('anchor', 'select * from anchor order by id desc limit 1');
    if (given === undefined) return { us: this.run.startUs, wallMs: this.run.startWallMs };
    const { us, wall_ms: wallMs } = this.#file.decode('anchor', anchorRow, given);
    return { us, wallMs };
  }

  /** Every permission that was granted, in order. */
  *leases(): Generator<Lease> {
    for (const { lease, stimuli, grantedUs, untilUs } of this.#file.rows('lease', leaseRow)) {
      yield { lease, stimuli, grantedUs, untilUs };
    }
  }

  /** What SQLite's own check of the file finds, then every row that does not fit, and the first that breaks its chain. */
  damage(): Iterable<string> {
    return damageOf(this.#file, this.run);
  }

  /** The newest seal; undefined where there is none, as in a recording of format 3. */
  head(): Head | undefined {
    if (!this.#file.chained) return undefined;
    const given = this.#file.one('seal', 'select * from seal order by id desc limit 1');
    if (given === undefined) return undefined;
    const { id, tables, hash } = this.#file.decode('seal', sealRow, given);
    return { seal: id, events: tables.event.rows, hash };
  }

  /** The hash of a seal in hex; undefined if there is no such one. */
  sealHash(seal: number): string | undefined {
    const given = this.#file.chained ? this.#file.one('seal', 'select * from seal where id = ?', seal) : undefined;
    return given === undefined ? undefined : this.#file.decode('seal', sealRow, given).hash;
  }

  *#inputs(): Generator<{ row: z.output<typeof inputRow> } & Cycles> {
    for (const row of this.#file.rows('input', inputRow)) {
      yield { row, ...this.#file.unpack('input', row.id, () => unpackCycles(row.packed, row.cycles)) };
    }
  }

  *#blocks(): Generator<Block> {
    const channels = this.run.stream.channels.length;
    for (const row of this.#file.rows('block', blockRow)) {
      yield { row, ...this.#file.unpack('block', row.id, () => unpackFrames(row.packed, row.frames, channels)) };
    }
  }
}

const mostFrames = 4096;
