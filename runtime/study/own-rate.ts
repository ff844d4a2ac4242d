import type { NightLine } from './night-log.js';
import { sum, type SleptBlock } from './stimulus-rate.js';

/**
 * What the logs of a sleeper's nights tell of how often they get a stimulus, under the same locked protocol (null: none).
 * A night in which somebody tightened a limit tells less than the sleeper would get, and is left out. Pure.
 */
export function ownRate(nights: readonly (readonly NightLine[])[], protocol: string | null): SleptBlock {
  let own: SleptBlock = { seconds: 0, stimuli: 0 };
  for (const lines of nights) {
    const [begun] = lines;
    if (begun?.entry.kind !== 'begun' || begun.entry.protocol !== protocol) continue;
    if (lines.some(({ entry }) => tightens(entry))) continue;
    for (const { entry } of lines) if (entry.kind === 'slept') own = sum(own, entry);
  }
  return own;
}

function tightens(entry: NightLine['entry']): boolean {
  if (entry.kind === 'lowered') return true;
  return entry.kind === 'armed' && Object.keys(entry.limits ?? {}).length > 0;
}
