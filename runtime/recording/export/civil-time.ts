import type { RunDescription } from '../../contracts.js';
import type { CivilTime } from './edf-header.js';

export interface ExportStart {
  readonly wallMs: number;
  /** As IANA names it. */
  readonly timeZone: string;
  /** On the wall there. */
  readonly civil: CivilTime;
}

/**
 * Wall time of a monotonic one. A clock that was set during the run is right from then on: a board without a battery
 * starts at a wrong one.
 */
export function startOf(
  { startUs, startWallMs }: Pick<RunDescription, 'startUs' | 'startWallMs'>,
  anchors: readonly { readonly us: number; readonly wallMs: number }[],
  us: number,
): number {
  const last = anchors.at(-1);
  const offsetMs = startWallMs - startUs / 1000;
  const lastOffsetMs = last ? last.wallMs - last.us / 1000 : offsetMs;
  const wasSet = Math.abs(lastOffsetMs - offsetMs) > 1000;
  return Math.round(us / 1000 + (wasSet ? lastOffsetMs : offsetMs));
}

/** Whole seconds, cut off. */
export function civilTime(wallMs: number, timeZone: string): CivilTime {
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
