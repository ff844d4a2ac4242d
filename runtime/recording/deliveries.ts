import { existsSync, readFileSync } from 'node:fs';

/** A stimulus that the guardian says it has started. */
export interface Delivery {
  readonly command: number;
  readonly startedUs: number;
  /** NaN if its end was not written any more. */
  readonly endedUs: number;
}

/**
 * The guardian's own short log, `NAME.deliveries`: lines `command startedUs -` when a stimulus starts and
 * `command endUs endedUs` when it has ended. A torn last line is passed over.
 */
export function parseDeliveries(text: string): Delivery[] {
  const found = new Map<number, Delivery>();
  for (const line of text.split('\n').slice(0, -1)) {
    const match = /^(\d+) ([\d.]+) (-|[\d.]+)$/.exec(line);
    if (!match) continue;
    const command = Number(match[1]);
    const known = found.get(command);
    if (match[3] === '-') found.set(command, { command, startedUs: Number(match[2]), endedUs: known?.endedUs ?? NaN });
    else found.set(command, { command, startedUs: known?.startedUs ?? NaN, endedUs: Number(match[3]) });
  }
  return [...found.values()];
}

export function deliveriesPath(recording: string): string {
  return recording.replace(/\.db$/, '') + '.deliveries';
}

/** Of a recording whose sidecar is still there. */
export function readDeliveries(recording: string): Delivery[] {
  const path = deliveriesPath(recording);
  return existsSync(path) ? parseDeliveries(readFileSync(path, 'utf8')) : [];
}
