import { estimateReasons, inhibitorStates, type Estimate, type EstimateReason } from '../contracts.js';

/**
 * Nothing is known yet. The value is a double from the start, and the object is written whole, so that the engine keeps
 * the value in place.
 */
export function createEstimate(name: string, unit: string, reason?: EstimateReason): Estimate {
  if (reason === undefined) return { name, unit, value: NaN, state: 'unknown' };
  return { name, unit, value: NaN, state: 'unknown', reason };
}

/** Of another instant than that of the newest sample. */
export function createEstimateOf(aheadSeconds: number, name: string, unit: string): Estimate {
  return { name, unit, value: NaN, state: 'unknown', aheadSeconds };
}

/** As after `prepare`: nothing is known. */
export function forget(estimates: readonly Estimate[]): void {
  for (let place = 0; place < estimates.length; place++) {
    const estimate = estimates[place] as Estimate;
    estimate.value = NaN;
    estimate.state = 'unknown';
  }
}

/** What is wrong with the `estimates` of a detector, which may be a user's own: one line each. */
export function estimateFaults(estimates: unknown): string[] {
  if (estimates === undefined) return [];
  if (!Array.isArray(estimates)) return ['estimates: is no list'];
  const names = new Set<unknown>();
  return estimates.flatMap((estimate: unknown, place) => {
    const where = `estimates[${place}]`;
    if (typeof estimate !== 'object' || estimate === null) return [`${where}: is no estimate`];
    const { name, unit, value, state, reason } = estimate as Partial<Record<keyof Estimate, unknown>>;
    const faults: string[] = [];
    if (typeof name !== 'string' || name === '') faults.push(`${where}: has no name`);
    else if (names.has(name)) faults.push(`${where}: the name ${name} is there twice`);
    names.add(name);
    if (typeof unit !== 'string') faults.push(`${where}: has no unit; write '1' for a ratio`);
    if (typeof value !== 'number') faults.push(`${where}: value is no number`);
    if (!inhibitorStates.some((known) => known === state)) {
      faults.push(`${where}: state ${worded(state)} is none of ${inhibitorStates.join(', ')}`);
    } else if (state !== 'unknown' && Number.isNaN(value)) {
      faults.push(`${where}: state ${worded(state)} with a value that is not known (NaN)`);
    }
    if (reason !== undefined && !estimateReasons.some((known) => known === reason)) {
      faults.push(`${where}: reason ${worded(reason)} is none of ${estimateReasons.join(', ')}`);
    }
    return faults;
  });
}

function worded(value: unknown): string {
  return typeof value === 'string' ? value : `of type ${typeof value}`;
}
