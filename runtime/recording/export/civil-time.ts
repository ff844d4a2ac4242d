import type { RunDescription } from '../../contracts.js';
import type { CivilTime } from './edf-header.js';

export interface ExportStart {
  /** NaN where the clock was never right. */
  readonly wallMs: number;
  /** As IANA names it. */
  readonly timeZone: string;
  /** On the wall there; the earliest that EDF can tell where the clock was never right. */
  readonly civil: CivilTime;
}

/** Monotonic and wall time of the same instant. */
export interface Anchor {
  readonly us: number;
  readonly wallMs: number;
}

/**
 * Wall time of a monotonic one; NaN where the clock was never right. A board without a battery starts at a wrong time: a
 * clock that was set later is right for all of its boot. `newest` is the last anchor of that boot.
 */
export function wallTimeOf(
  { startUs, startWallMs, wallClock }: Pick<RunDescription, 'startUs' | 'startWallMs' | 'wallClock'>,
  newest: Anchor,
  us: number,
): number {
  const offsetMs = startWallMs - startUs / 1000;
  const newestOffsetMs = newest.wallMs - newest.us / 1000;
  const wasSet = Math.abs(newestOffsetMs - offsetMs) > smallestSetMs;
  if (wallClock === 'unset' && !wasSet) return NaN;
  return Math.round(us / 1000 + (wasSet ? newestOffsetMs : offsetMs));
}
/** Less is a time service at work, or rounding. */
const smallestSetMs = 1000;

/** Whole seconds, cut off. */
export function civilTime(wallMs: number, timeZone: string): CivilTime {
  if (Number.isNaN(wallMs)) return { year: 1985, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(wallMs);
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value ?? NaN);
  return {
    year: of('year'),
    month: of('month'),
    day: of('day'),
    hour: of('hour'),
    minute: of('minute'),
    second: of('second'),
  };
}
