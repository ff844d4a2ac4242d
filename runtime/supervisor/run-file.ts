import { readFileSync, readdirSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

/**
 * `NAME-2026-11-24T22-30-00.db`, or where the wall clock is wrong for sure `NAME-clock-unset-BOOT-SECONDS.db`. Never a
 * name that something has belonged to: a note of a deleted recording, or a log that nobody came for, is not that of ours.
 */
export function freeName(folder: string, name: string, wallMs = Date.now()): string {
  const taken = readdirSync(folder);
  const stamp = clockIsUnset(folder, wallMs)
    ? `clock-unset-${readBootId().slice(0, 8)}-${Math.floor(uptime())}`
    : new Date(wallMs).toISOString().slice(0, 19).replaceAll(':', '-');
  for (let copy = 0; ; copy++) {
    const stem = `${name}-${stamp}${copy === 0 ? '' : `-${copy}`}`;
    if (!taken.some((file) => file.startsWith(`${stem}.`))) return join(folder, `${stem}.db`);
  }
}

/**
 * A board without a battery starts with a clock that somebody has to set. It is wrong for sure where it shows a time before
 * this was written, or before a recording that is there already.
 */
export function clockIsUnset(folder: string, wallMs: number): boolean {
  const recordings = readdirSync(folder).filter((name) => name.endsWith('.db'));
  const written = recordings.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return wallMs < Math.max(writtenMs, ...written.map((ms) => ms - toleranceMs));
}

const writtenMs = Date.UTC(2026, 10, 1);
/** By so much a time service may have set it back. */
const toleranceMs = 60e3;

export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
