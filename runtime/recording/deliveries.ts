import { existsSync, readFileSync } from 'node:fs';
import { parseDeliveries, type DeliveryLog } from '../guardian/delivery-lines.js';

export function deliveriesPath(recording: string): string {
  return recording.replace(/\.db(\.age)?$/, '') + '.deliveries';
}

/** The guardian's own log of a recording, where it still stands beside it; empty otherwise. */
export function readDeliveries(recording: string): DeliveryLog {
  const path = deliveriesPath(recording);
  return parseDeliveries(existsSync(path) ? readFileSync(path, 'utf8') : '');
}
