import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { giveToOwnerOf } from './owner.js';

/**
 * Where else a finished recording stands: `NAME.copies` beside it, one JSON object a line, only ever added to. Whoever has
 * exported or uploaded a recording whole, and has made sure of it, says so here; `device.storage` deletes nothing that no
 * line speaks for. It outlives the recording: its last line then tells when that was deleted.
 */

/** A copy that outlives a power cut: written through to its disk, or acknowledged and verified by whoever keeps it. */
export interface Copy {
  readonly kind: (typeof copyKinds)[number];
  /** Of the copy: `edf`, `bdf`, `csv`, `bids`, `recording` … */
  readonly format: string;
  /** Path or address. */
  readonly to: string;
  readonly bytes: number;
  /** Of the copy; null where it is several files. */
  readonly sha256: string | null;
  readonly wallMs: number;
}
export const copyKinds = ['exported', 'uploaded'] as const;

export interface Copies {
  readonly copies: readonly Copy[];
  /** When the recording itself was deleted; undefined while nobody did. */
  readonly deletedWallMs: number | undefined;
}

const copy = z.strictObject({
  kind: z.enum(copyKinds),
  format: z.string().min(1),
  to: z.string().min(1),
  bytes: z.number().int().nonnegative(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  wallMs: z.number(),
});
const deletion = z.strictObject({ kind: z.literal('deleted'), wallMs: z.number() });
const line = z.union([copy, deletion]);

export function copiesPath(recording: string): string {
  return recording.replace(/\.db(\.age)?$/, '') + '.copies';
}

/** Outlives a power cut once it has returned. The copy itself must do so before. */
export function noteCopy(recording: string, noted: Copy): void {
  append(recording, copy.parse(noted));
}

/** Before the recording is deleted: who finds neither of them knows that something was lost. */
export function noteDeletion(recording: string, wallMs: number): void {
  append(recording, { kind: 'deleted', wallMs });
}

/** A line that cannot be read, such as one that a power cut has torn, speaks for no copy. */
export function readCopies(recording: string): Copies {
  const path = copiesPath(recording);
  const copies: Copy[] = [];
  let deletedWallMs: number | undefined;
  for (const text of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    const read = line.safeParse(parsed(text));
    if (!read.success) continue;
    if (read.data.kind === 'deleted') deletedWallMs = read.data.wallMs;
    else copies.push(read.data);
  }
  return { copies, deletedWallMs };
}

/** On a line of its own, also behind one that was torn. */
function append(recording: string, entry: z.output<typeof line>): void {
  const path = copiesPath(recording);
  const torn = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, 'utf8'));
  const text = `${torn ? '\n' : ''}${JSON.stringify(entry)}\n`;
  const descriptor = openSync(path, 'a', 0o644);
  try {
    giveToOwnerOf(existsSync(recording) ? recording : dirname(path), path);
    if (writeSync(descriptor, text) !== Buffer.byteLength(text)) throw new Error(`${path}: the disk took half a line.`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
