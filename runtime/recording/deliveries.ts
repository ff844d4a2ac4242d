import { existsSync, readFileSync } from 'node:fs';
import { lastSilenceUs, parseDeliveries, type DeliveryLog } from '../guardian/delivery-lines.js';

export function deliveriesPath(recording: string): string {
  return recording.replace(/\.db(\.age)?$/, '') + '.deliveries';
}

/** The guardian's own log of a recording, where it still stands beside it; empty otherwise. */
export function readDeliveries(recording: string): DeliveryLog {
  return parseDeliveries(textOf(recording));
}

/** When somebody silenced the guardian of a recording last; -Infinity where nobody did. */
export function silencedUs(recording: string): number {
  return lastSilenceUs(textOf(recording));
}

function textOf(recording: string): string {
  const path = deliveriesPath(recording);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
