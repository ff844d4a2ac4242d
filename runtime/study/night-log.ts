import { z } from 'zod';
import { chainHash } from '../recording/chain.js';

/**
 * The log of one night of a study: a JSON object a line, each with the SHA-256 link of the chain, appended and never
 * edited (SAFETY.md R-42). It is written by whoever owns the night at that time: `axond night` before its run exists, then
 * that run. Pure.
 */

const initials = z.string().regex(/^\p{L}{2,5}$/u, { error: 'by: initials are two to five letters, such as AM' });
/** Who did it; empty where nobody was asked, as at a button. */
const by = z.union([z.literal(''), initials]);
const text = z.string().max(1000);
/** Tightened limits, as on the control socket. */
const limits = z.strictObject({
  perMinute: z.number().exactOptional(),
  perHour: z.number().exactOptional(),
  perNight: z.number().exactOptional(),
  intervalUs: z.number().exactOptional(),
  gainDb: z.number().exactOptional(),
});
export type NightLimits = z.infer<typeof limits>;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Of the walk-through in the evening, in the order in which they are asked. */
export const nightSteps = [
  'participant',
  'impedance',
  'eyes',
  'blink',
  'jaw',
  'sound',
  'power',
  'disk',
  'clock',
] as const;
export type NightStep = (typeof nightSteps)[number];
export const nightMarks = ['lightsOff', 'lightsOn', 'awake', 'adverse', 'note'] as const;
export type NightMark = (typeof nightMarks)[number];

const nightEntry = z.discriminatedUnion('kind', [
  /** Once, as the first. `protocol` is the SHA-256 of the locked one. */
  z.strictObject({
    kind: z.literal('begun'),
    study: z.string(),
    participant: z.string(),
    night: z.int().min(1),
    device: z.string(),
    protocol: sha256.nullable(),
    approval: z.string().nullable(),
    by,
  }),
  z.strictObject({
    kind: z.literal('step'),
    step: z.enum(nightSteps),
    result: z.enum(['ok', 'failed', 'skipped']),
    detail: text,
    measures: z.record(z.string(), z.number()).exactOptional(),
  }),
  /** Opens the authorised window until `untilUs`, CLOCK_MONOTONIC of the boot of this line. */
  z.strictObject({ kind: z.literal('lightsOff'), by, untilUs: z.number(), untilWallMs: z.number() }),
  /** Closes it. */
  z.strictObject({ kind: z.literal('lightsOn'), by }),
  z.strictObject({
    kind: z.literal('run'),
    recording: z.string().min(1),
    /** `gone`: it did not end in order, as whoever went on has found. */
    state: z.enum(['began', 'ended', 'gone']),
    detail: text,
  }),
  /** `rearmed` is 0 where a person armed, else how often the night was armed by itself by then. */
  z.strictObject({ kind: z.literal('armed'), by, rearmed: z.int().min(0), limits: limits.exactOptional() }),
  /** While armed. */
  z.strictObject({ kind: z.literal('lowered'), limits }),
  z.strictObject({ kind: z.literal('disarmed'), cause: z.string() }),
  z.strictObject({ kind: z.literal('rearmRefused'), reasons: z.array(text) }),
  z.strictObject({ kind: z.literal('mark'), mark: z.enum(nightMarks), text, by }),
  /** By a named person alone. */
  z.strictObject({ kind: z.literal('adverseCleared'), by: initials, text }),
  z.strictObject({
    kind: z.literal('alarm'),
    alarm: z.string(),
    state: z.enum(['raised', 'acknowledged', 'over']),
    by,
    detail: text,
  }),
  /** A stretch of sleep while armed, and its stimuli, real and sham alike: what is this sleeper's own. */
  z.strictObject({ kind: z.literal('slept'), seconds: z.number(), stimuli: z.int().min(0) }),
  /** Nothing follows but marks, what clears an adverse one, and acknowledgements. */
  z.strictObject({ kind: z.literal('closed'), outcome: z.enum(['complete', 'lost']), reason: text }),
]);
export type NightEntry = z.infer<typeof nightEntry>;

/** When it was written. Order and durations within a boot are by `us`: no wall clock that is set changes them. */
export interface NightTime {
  /** CLOCK_MONOTONIC of the boot `boot`. */
  readonly us: number;
  readonly boot: string;
  readonly wallMs: number;
  /** The wall clock was wrong for sure. */
  readonly clock: 'set' | 'unset';
  /** IANA name. */
  readonly zone: string;
}

export interface NightLine extends NightTime {
  /** From 1. */
  readonly n: number;
  readonly entry: NightEntry;
  /** Hash of the line before; empty for the first. */
  readonly previous: string;
  /** Link of the chain over all that stands before it in the line. */
  readonly hash: string;
}

const content = z.strictObject({
  n: z.int().min(1),
  wallMs: z.number(),
  clock: z.enum(['set', 'unset']),
  us: z.number(),
  boot: z.string().min(1),
  zone: z.string().min(1),
  entry: nightEntry,
});

/** The line after `last`, with its end. Throws what the schema says of an entry that is none. */
export function nextNightLine(
  last: NightLine | undefined,
  entry: NightEntry,
  time: NightTime,
): { readonly line: NightLine; readonly text: string } {
  const { us, boot, wallMs, clock, zone } = time;
  const n = (last?.n ?? 0) + 1;
  const written = content.parse({ n, wallMs, clock, us, boot, zone, entry });
  const previous = last?.hash ?? '';
  const body = JSON.stringify(written);
  const hash = chainHash(previous, body);
  return {
    line: { ...written, previous, hash },
    text: `${body.slice(0, -1)},"previous":"${previous}","hash":"${hash}"}\n`,
  };
}

/**
 * All lines of a log. A last line without an end was cut off by a power failure, before anything could follow it: it
 * counts as nothing. Any other line that is not as it was written throws a `RangeError` with its number in the file.
 */
export function readNightLog(log: string): NightLine[] {
  const lines: NightLine[] = [];
  for (const [place, written] of log.split('\n').slice(0, -1).entries()) {
    if (written.endsWith(cutOff)) continue;
    const line = decodeLine(written);
    const last = lines.at(-1);
    if (!line) throw new RangeError(`is damaged in line ${place + 1}`);
    if (line.n !== (last?.n ?? 0) + 1 || line.previous !== (last?.hash ?? ''))
      throw new RangeError(`does not continue the line before in line ${place + 1}`);
    if ((line.entry.kind === 'begun') !== (lines.length === 0))
      throw new RangeError(`${lines.length === 0 ? 'does not begin as a night' : 'begins again'} in line ${place + 1}`);
    lines.push(line);
  }
  return lines;
}

/** Whose night a log is of, also where it is damaged further on; undefined where its first entry cannot be read. */
export function begunIn(log: string): Extract<NightEntry, { kind: 'begun' }> | undefined {
  const first = log.split('\n').find((line) => !line.endsWith(cutOff)) ?? '';
  const entry = decodeLine(first)?.entry;
  return entry?.kind === 'begun' ? entry : undefined;
}

/** What comes before the next line: one that was cut off is ended and marked. */
export function endOfNightLog(log: string): string {
  return log === '' || log.endsWith('\n') ? '' : `${cutOff}\n`;
}

/** Numbers, from 1, of lines that were cut off, and marked since. */
export function markedCutOff(log: string): number[] {
  return log.split('\n').flatMap((line, place) => (line.endsWith(cutOff) ? [place + 1] : []));
}

/** `STUDY-P017-03.night`, beside the night's recordings. */
export function nightFileName(study: string, participant: string, night: number): string {
  return `${study}-${participant}-${String(night).padStart(2, '0')}.night`;
}

/**
 * Milliseconds since 1970 of each line, as well as they can be told: a boot counts from the last line at which its clock
 * was set, which corrects those that were written before somebody set it. Undefined where its clock never was.
 */
export function wallTimes(lines: readonly NightLine[]): (number | undefined)[] {
  const zeroMs = new Map<string, number>();
  for (const { boot, us, wallMs, clock } of lines) if (clock === 'set') zeroMs.set(boot, wallMs - us / 1000);
  return lines.map(({ boot, us }) => {
    const zero = zeroMs.get(boot);
    return zero === undefined ? undefined : zero + us / 1000;
  });
}

/** Between two lines: by the monotonic clock within a boot, else by the wall clock; NaN where neither can tell. */
export function secondsBetween(lines: readonly NightLine[], from: NightLine, to: NightLine): number {
  if (from.boot === to.boot) return (to.us - from.us) / 1e6;
  const times = wallTimes(lines);
  const [begin, end] = [times[from.n - 1], times[to.n - 1]];
  return begin === undefined || end === undefined ? NaN : (end - begin) / 1000;
}

/** The body as it was hashed, byte for byte, and the two links behind it. */
const lineParts = /^(\{.*),"previous":"([0-9a-f]*)","hash":"([0-9a-f]{64})"\}$/;

function decodeLine(written: string): NightLine | undefined {
  const [, start, previous, hash] = lineParts.exec(written) ?? [];
  if (start === undefined || previous === undefined || hash === undefined) return undefined;
  const body = `${start}}`;
  if (chainHash(previous, body) !== hash) return undefined;
  const parsed = content.safeParse(jsonOf(body));
  return parsed.success ? { ...parsed.data, previous, hash } : undefined;
}

/** Of what was linked by somebody else, anything; undefined where it is no JSON. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const cutOff = ' (cut off)';
