import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { recordLength, type RunDescription, type RunSummary } from '../contracts.js';
import { linkedTables } from './table-chains.js';

/** The rows of a recording: their checksums, and decoders that refuse what was not written so. */

/** CRC-32 of numbers, as doubles, and then of texts and bytes. An absent text counts as an empty one. */
export function checksum(numbers: readonly number[], ...contents: readonly (string | Uint8Array | null)[]): number {
  const start = crc32(new Uint8Array(Float64Array.from(numbers).buffer));
  return contents.reduce<number>((crc, content) => crc32(content ?? '', crc), start);
}

const whole = z.number().int();
const channel = z.object({ name: z.string(), unit: z.string(), scale: z.number(), railCounts: z.number() });
const description: z.ZodType<RunDescription> = z
  .object({
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
    pictures: z.object({ width: whole.positive(), height: whole.positive() }).exactOptional(),
    detectors: z.array(z.string()),
    variants: z.array(z.string()).exactOptional(),
    // Recordings of versions that knew no estimates have none.
    estimates: z.record(z.string(), z.array(z.string())).default({}),
    coefficients: z.record(z.string(), z.array(z.array(z.number()))),
    models: z.record(z.string(), z.string()).default({}),
    study: z
      .object({
        name: z.string(),
        participant: z.string(),
        night: z.number(),
        continued: z.boolean(),
        sha256: z.string().nullable(),
        lock: z
          .object({ version: z.number(), approval: z.string(), hash: z.string(), protocol: z.string() })
          .exactOptional(),
      })
      .exactOptional(),
    timing: z.object({ measured: z.string(), delayUs: z.number(), within95Us: z.number() }).exactOptional(),
    bootId: z.string(),
    startUs: z.number(),
    startWallMs: z.number(),
    wallClock: z.literal('unset').exactOptional(),
    continues: z
      .object({
        recording: z.string(),
        cycle: whole.min(0),
        index: whole.min(-1),
        head: z.string().exactOptional(),
      })
      .exactOptional(),
  })
  .refine(({ stream, pictures }) => stream.channels.length > 0 || pictures !== undefined, 'its stream has no channels');
const summary: z.ZodType<RunSummary> = z.object({
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
  continuedIn: z.string().exactOptional(),
});

/** Any double: `z.number()` refuses infinities. */
const column = z.custom<number | null>((value) => value === null || typeof value === 'number');
const crc = z.number();
const count = whole.positive();
const damaged = 'its checksum does not fit its contents';

/** JSON in a text column, decoded by `inner`. */
function json<Type>(inner: z.ZodType<Type>): z.ZodType<Type, string> {
  const parsed = z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is no JSON' });
      return z.NEVER;
    }
  });
  return parsed.pipe(inner as z.ZodType<Type>);
}

/** The doubles of a record, exactly, beside their readable columns. */
const record = z
  .instanceof(Uint8Array)
  .refine((bytes) => bytes.length === recordLength * 8, `a record has ${recordLength * 8} bytes`)
  .transform((bytes) => {
    const doubles = new Float64Array(recordLength);
    new Uint8Array(doubles.buffer).set(bytes);
    return doubles;
  });

/** Of a recording that was written in another format. */
export interface Migration {
  readonly from: number;
  /** Version that did it. */
  readonly axond: string;
  readonly wallMs: number;
  /** Of the file that it was made from, in hex. */
  readonly sha256: string;
}
const migration: z.ZodType<Migration> = z.object({
  from: whole,
  axond: z.string(),
  wallMs: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Recordings of format 3 have no column `migrated`. */
export const runRow = z
  .object({ description: z.string(), migrated: z.string().nullable().default(null), crc })
  .refine((row) => row.crc === checksum([], row.description, row.migrated), damaged)
  .transform((row) => ({ run: row.description, migrated: row.migrated }))
  .pipe(z.object({ run: json(description), migrated: json(migration).nullable() }));

export const endingReasons = ['closed', 'disk full'] as const;
export const endingRow = z
  .object({ reason: z.enum(endingReasons), wall_ms: z.number(), summary: z.string().nullable(), crc })
  .refine((row) => row.crc === checksum([row.wall_ms], row.reason, row.summary), damaged)
  .transform(({ reason, wall_ms, summary }) => ({ reason, wallMs: wall_ms, summary }))
  .pipe(z.object({ reason: z.enum(endingReasons), wallMs: z.number(), summary: json(summary).nullable() }));
export type Ending = z.output<typeof endingRow>;

export const blockRow = z
  .object({
    id: whole,
    first_index: whole,
    frames: count,
    first_cycle: count,
    packed: z.instanceof(Uint8Array),
    crc,
  })
  .refine((row) => row.crc === checksum([row.first_index, row.frames, row.first_cycle], row.packed), damaged);

export const pictureRow = z
  .object({ id: whole, first_index: whole, frames: count, packed: z.instanceof(Uint8Array), crc })
  .refine((row) => row.crc === checksum([row.first_index, row.frames], row.packed), damaged);

export const mapRow = z
  .object({ id: whole, name: z.string(), bytes: z.instanceof(Uint8Array), crc })
  .refine((row) => row.crc === checksum([], row.name, row.bytes), damaged);

export const inputRow = z
  .object({ id: whole, first_cycle: count, cycles: count, packed: z.instanceof(Uint8Array), crc })
  .refine((row) => row.crc === checksum([row.first_cycle, row.cycles], row.packed), damaged);

const recordColumns = { id: whole, kind: z.string(), fields: z.string(), record: z.instanceof(Uint8Array), crc };

export const messageRow = z
  .object({ ...recordColumns, cycle: column })
  .refine((row) => row.crc === checksum([], row.kind, row.fields, row.record), damaged)
  .transform(({ id, record, cycle }) => ({ id, record, columns: [cycle] }))
  .pipe(z.object({ id: whole, record, columns: z.array(column) }))
  .refine(columnsFit, 'its columns differ from its record');

export const eventRow = z
  .object({
    ...recordColumns,
    cycle: column,
    sample: column,
    us: column,
    text: z.string().nullable(),
  })
  .refine((row) => row.crc === checksum([], row.kind, row.fields, row.record, row.text), damaged)
  .transform(({ id, record, text, cycle, sample, us }) => ({ id, record, text, columns: [cycle, sample, us] }))
  .pipe(z.object({ id: whole, record, text: z.string().nullable(), columns: z.array(column) }))
  .refine(columnsFit, 'its columns differ from its record');

export const anchorRow = z
  .object({ id: whole, us: z.number(), wall_ms: z.number(), crc })
  .refine((row) => row.crc === checksum([row.us, row.wall_ms]), damaged);

/** Permission for at most `stimuli` until a time of the run's clock. */
export interface Lease {
  /** Its number in the run, from 1. */
  readonly lease: number;
  readonly stimuli: number;
  readonly grantedUs: number;
  readonly untilUs: number;
}

export const leaseRow = z
  .object({ id: whole, lease: count, stimuli: count, granted_us: z.number(), until_us: z.number(), crc })
  .refine((row) => row.crc === checksum([row.lease, row.stimuli, row.granted_us, row.until_us]), damaged)
  .transform(({ id, lease, stimuli, granted_us, until_us }) => ({
    id,
    lease,
    stimuli,
    grantedUs: granted_us,
    untilUs: until_us,
  }));

const hash = z
  .instanceof(Uint8Array)
  .refine((bytes) => bytes.length === 32, 'a SHA-256 has 32 bytes')
  .transform((bytes) => Buffer.from(bytes).toString('hex'));

export const tableStates = z.record(z.enum(linkedTables), z.object({ rows: whole, link: z.string() }));
export const sealRow = z
  .object({ id: whole, tables: z.string(), hash })
  .transform((row) => ({ ...row, text: row.tables }))
  .pipe(z.object({ id: whole, text: z.string(), tables: json(tableStates), hash: z.string() }));
export type Seal = z.output<typeof sealRow>;

/** Any row, as SQLite has it. */
export const rawRow = z.record(z.string(), z.union([z.number(), z.string(), z.instanceof(Uint8Array), z.null()]));

/** What a row holds of itself in its chain. */
export const linkedRow = z.object({ id: whole, hash });

/** SQLite keeps neither NaN (it becomes null) nor the sign of zero in a number's column; the record keeps both. */
function columnsFit(row: { record: Float64Array; columns: readonly (number | null)[] }): boolean {
  return row.columns.every((column, place) => {
    const exact = row.record[place + 1] as number;
    return column === null ? Number.isNaN(exact) : column === exact;
  });
}
