import type { RefusalReason } from '../../contracts.js';
import type { ArmedTime } from './armed-time.js';
import type { NightAccount } from './night-account.js';
import type { StimulusRow } from './stimulus-rows.js';

/** A recording of a night, as the tables need it. Times are of its boot's monotonic clock, which no one sets. */
export interface NightPart {
  /** Name of the recording. */
  readonly id: string;
  readonly boot: string;
  readonly startUs: number;
  readonly endUs: number;
  /** Wall time less monotonic time, as it was known in the end; NaN where the clock of that boot was never right. */
  readonly wallOffsetMs: number;
  readonly timeZone: string;
  /** Of the lock that was in force; undefined where nothing was locked. */
  readonly lock: { readonly protocol: string; readonly approval: string } | undefined;
  /** First sample index of its signal. */
  readonly firstSample: number;
  readonly recordedSeconds: number;
  readonly armed: ArmedTime;
  readonly stimuli: readonly StimulusRow[];
  /** By stimulus id. */
  readonly stages: ReadonlyMap<string, string>;
}

/** All recordings of a participant's night, in their order. */
export interface Night {
  readonly participant: string;
  readonly night: number;
  readonly outcome: Outcome;
  /** Of its log; undefined where it has none. */
  readonly account: NightAccount | undefined;
  /** Why it was lost, withdrawn, or is absent; otherwise the empty string. */
  readonly reason: string;
  readonly parts: readonly NightPart[];
}

export const outcomes = {
  complete: 'It went to its end in the morning',
  lost: 'It was given up',
  open: 'Its log is not closed',
  recorded: 'It is recorded, and has no log',
  absent: 'It was allocated, and there is neither a recording nor a log: it is still to come, or lost without a trace',
  withdrawn: 'The participant has withdrawn; what there was is deleted',
} as const;
export type Outcome = keyof typeof outcomes;

/** When a part was recorded, before it is read as a whole. */
export interface PartTime {
  readonly id: string;
  readonly boot: string;
  readonly startUs: number;
  readonly startWallMs: number;
}

/**
 * The order in which recordings of one night were made: within a boot by its monotonic clock; boots by the first
 * recording that the night's log names, and where it names none by the wall clock. `logged` are names in the log's order.
 */
export function inOrder<Part extends PartTime>(parts: readonly Part[], logged: readonly string[]): Part[] {
  const boots = new Map<string, Part[]>();
  for (const part of parts) boots.set(part.boot, [...(boots.get(part.boot) ?? []), part]);
  const placeOf = (some: readonly Part[]): number => {
    const places = some.map(({ id }) => logged.indexOf(id)).filter((place) => place >= 0);
    return places.length > 0 ? Math.min(...places) : Infinity;
  };
  const wallOf = (some: readonly Part[]): number => Math.min(...some.map(({ startWallMs }) => startWallMs));
  const byNumber = (a: number, b: number): number => (a === b ? 0 : a - b);
  return [...boots.values()]
    .sort((a, b) => byNumber(placeOf(a), placeOf(b)) || byNumber(wallOf(a), wallOf(b)))
    .flatMap((some) => some.sort((a, b) => a.startUs - b.startUs));
}

/** Recordings that its log names, and that are not at hand. */
export function missingRecordings({ account, parts }: Pick<Night, 'account' | 'parts'>): string[] {
  return (account?.recordings ?? []).filter((name) => parts.every(({ id }) => id !== name));
}

/** ISO 8601 in UTC; undefined where the clock was never right. */
export function utcOf({ wallOffsetMs }: Pick<NightPart, 'wallOffsetMs'>, us: number): string | undefined {
  return Number.isNaN(wallOffsetMs) ? undefined : new Date(Math.round(us / 1000 + wallOffsetMs)).toISOString();
}

/**
 * Seconds from the end of a recording to the start of the next: by the monotonic clock within a boot; between boots, where
 * that stood still, by the wall clock; NaN where one of the two was never right. It is no less than 0 then, and no more
 * than what the night's window leaves.
 */
export function secondsBetween(before: NightPart, after: NightPart): number {
  if (before.boot === after.boot) return (after.startUs - before.endUs) / 1e6;
  return (after.startUs - before.endUs) / 1e6 + (after.wallOffsetMs - before.wallOffsetMs) / 1000;
}

/** What the recordings of a night come to; NaN where one of their parts is not known. */
export function totals({ parts }: Pick<Night, 'parts'>) {
  const sum = (of: (part: NightPart) => number): number => parts.reduce((all, part) => all + of(part), 0);
  const between = parts.slice(1).reduce((all, part, place) => {
    const before = parts[place];
    return before ? all + secondsBetween(before, part) : all;
  }, 0);
  const reasons = new Map<RefusalReason, number>();
  for (const { armed } of parts)
    for (const [reason, us] of armed.byReason) reasons.set(reason, (reasons.get(reason) ?? 0) + us / 1e6);
  const stimuli = (outcome: StimulusRow['outcome']): number =>
    sum((part) => part.stimuli.filter((stimulus) => stimulus.outcome === outcome).length);
  return {
    recordedSeconds: sum(({ recordedSeconds }) => recordedSeconds),
    betweenSeconds: between,
    armedSeconds: sum(({ armed }) => armed.armedUs / 1e6),
    inhibitedSeconds: sum(({ armed }) => armed.inhibitedUs / 1e6),
    reasonSeconds: reasons,
    given: stimuli('given'),
    unknown: stimuli('unknown'),
  };
}
