import { createHash } from 'node:crypto';

/**
 * Which nights of an allocation were used, and under which locks its study was kept: one line an entry, appended to a file
 * beside it, and on disk before a stimulus follows it. A line says which run took a night and which block has begun, never
 * a condition. Pure.
 */

/** What has become of one participant's night. */
export interface NightUse {
  /** The run that has it: the name of its recording. */
  readonly run: string;
  /** SHA-256 of the allocation that it was taken by. */
  readonly allocation: string;
  /** Hash of the study's lock that it was taken under; absent where there was none. */
  readonly lock?: string;
  /** ISO 8601; for people. */
  readonly at: string;
  readonly position: BlockPosition;
  /** Every block that a run of this night has reached, in order; the last one is where it stands. */
  readonly reached: readonly { readonly run: string; readonly position: BlockPosition }[];
}

/** The block that a night has reached. */
export interface BlockPosition {
  /** From 1. */
  readonly block: number;
  /** When it began, on the monotonic clock of the boot `boot`. */
  readonly blockUs: number;
  readonly boot: string;
}

export type UseEntry = NightEntry | LockEntry;

/** The study was locked, or its lock amended. */
interface LockEntry {
  readonly use: 'locked';
  /** Hash of that version of the lock. */
  readonly lock: string;
  /** ISO 8601; for people. */
  readonly at: string;
}

type NightEntry = { readonly participant: string; readonly night: number; readonly run: string } & (
  | {
      readonly use: 'taken';
      readonly allocation: string;
      readonly lock?: string;
      readonly at: string;
      /** On purpose, from a run that had it before. */
      readonly continued: boolean;
      readonly position: BlockPosition;
    }
  | { readonly use: 'block'; readonly position: BlockPosition }
  /** Its run ended in order before the first stimulus: the night is as if it had not been taken. */
  | { readonly use: 'released' }
);

/** One line with its checksum. */
export function encodeUse(entry: UseEntry): string {
  const text = JSON.stringify(entry);
  return `${text} ${checksum(text)}\n`;
}

/**
 * The nights that are taken, by `nightKey`. A last line without an end was cut off by a power failure, so that no
 * stimulus followed it: it counts as nothing. Any other line that is not as it was written throws a `RangeError` with
 * its number. Of two runs that take a night at once the first line wins: who takes one reads again whether it has it.
 */
export function readUses(text: string): Map<string, NightUse> {
  const nights = new Map<string, NightUse>();
  for (const entry of entriesOf(text)) if (entry.use !== 'locked') apply(nights, entry);
  return nights;
}

/** Hashes of the locks that the study was kept under, oldest first. Throws as `readUses` does. */
export function readLocks(text: string): readonly string[] {
  return entriesOf(text).flatMap((entry) => (entry.use === 'locked' ? [entry.lock] : []));
}

function entriesOf(text: string): UseEntry[] {
  return text.split('\n').flatMap((line, place, lines) => {
    if (place === lines.length - 1 || line.endsWith(cutOff)) return [];
    const entry = decodeUse(line);
    if (!entry) throw new RangeError(`is damaged in line ${place + 1}`);
    return [entry];
  });
}

/** What comes before the next entry: a line that was cut off is ended and marked. */
export function endOfUses(text: string): string {
  return text === '' || text.endsWith('\n') ? '' : `${cutOff}\n`;
}

/** Beside the sealed file. */
export const usesPath = (allocation: string): string => `${allocation}.uses`;

export const nightKey = (participant: string, night: number): string => `${participant} ${night}`;

function apply(nights: Map<string, NightUse>, entry: NightEntry): void {
  const key = nightKey(entry.participant, entry.night);
  const known = nights.get(key);
  if (entry.use === 'taken') {
    if (known && known.run !== entry.run && !entry.continued) return;
    const { run, allocation, lock, at, position } = entry;
    const reached = [...(known?.reached ?? []), { run, position }];
    nights.set(key, { run, allocation, ...(lock === undefined ? {} : { lock }), at, position, reached });
  } else if (known?.run === entry.run) {
    const { run, use } = entry;
    if (use === 'released') nights.delete(key);
    else {
      const { position } = entry;
      nights.set(key, { ...known, position, reached: [...known.reached, { run, position }] });
    }
  }
}

function decodeUse(line: string): UseEntry | undefined {
  const text = line.slice(0, -1 - checksumLength);
  if (line !== `${text} ${checksum(text)}`) return undefined;
  const given = JSON.parse(text) as Record<string, unknown>;
  const { use, participant, night, run, allocation, lock, at, continued } = given;
  if (use === 'locked') return isText(lock) && isText(at) ? { use, lock, at } : undefined;
  if (!isText(participant) || !isNumber(night) || !isText(run)) return undefined;
  const whose = { participant, night, run };
  if (use === 'released') return { use, ...whose };
  const { block, blockUs, boot } = (given['position'] ?? {}) as Record<string, unknown>;
  if (!isNumber(block) || !isNumber(blockUs) || !isText(boot)) return undefined;
  const position = { block, blockUs, boot };
  if (use === 'block') return { use, ...whose, position };
  if (use !== 'taken' || !isText(allocation) || !isText(at) || typeof continued !== 'boolean') return undefined;
  if (lock !== undefined && !isText(lock)) return undefined;
  return { use, ...whose, allocation, ...(lock === undefined ? {} : { lock }), at, continued, position };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, checksumLength);
}

const checksumLength = 16;
const cutOff = ' (cut off)';
