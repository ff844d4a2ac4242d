import { existsSync, readFileSync } from 'node:fs';

/** A stimulus that the guardian says it has started. */
export interface Delivery {
  readonly command: number;
  /** NaN if only its end is in the log. */
  readonly startedUs: number;
  /** NaN if its end was not written any more. */
  readonly endedUs: number;
}

/** The guardian's own short log. */
export interface DeliveryLog {
  /** In the order of their first lines. */
  readonly deliveries: readonly Delivery[];
  /** Lines that are none, a last one that was cut off among them: each may hide a stimulus. */
  readonly unreadable: readonly string[];
}

/**
 * Text of `NAME.deliveries`: lines `command startedUs -` when a stimulus has started and `command dueUs endedUs` when it
 * has ended.
 */
export function parseDeliveries(text: string): DeliveryLog {
  const found = new Map<number, Delivery>();
  const lines = text.split('\n');
  const cutOff = lines.pop() ?? '';
  const unreadable: string[] = [];
  for (const line of lines) {
    const [, command, us, endedUs] = /^(\d+) (\d+(?:\.\d+)?) (-|\d+(?:\.\d+)?)$/.exec(line) ?? [];
    if (command === undefined || us === undefined || endedUs === undefined) {
      unreadable.push(line);
      continue;
    }
    const number = Number(command);
    const known = found.get(number) ?? { command: number, startedUs: NaN, endedUs: NaN };
    found.set(number, endedUs === '-' ? { ...known, startedUs: Number(us) } : { ...known, endedUs: Number(endedUs) });
  }
  if (cutOff !== '') unreadable.push(cutOff);
  return { deliveries: [...found.values()], unreadable };
}

export function deliveriesPath(recording: string): string {
  return recording.replace(/\.db$/, '') + '.deliveries';
}

/** Of a recording whose log still stands beside it; empty otherwise. */
export function readDeliveries(recording: string): DeliveryLog {
  const path = deliveriesPath(recording);
  return parseDeliveries(existsSync(path) ? readFileSync(path, 'utf8') : '');
}
