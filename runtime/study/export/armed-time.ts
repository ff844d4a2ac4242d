import {
  estimateReasons,
  inhibitorStates,
  refusalReasons,
  type LoopEvent,
  type RefusalReason,
} from '../../contracts.js';

/** Reasons that are lasting states of a run. By the others each request is judged alone. */
export const heldBy = refusalReasons
  .slice(refusalReasons.indexOf('stale'))
  .filter((reason) => reason !== 'lease' && reason !== 'per-day' && reason !== 'schedule');

/** How long stimulation was allowed, and how much of that what held it; in microseconds. */
export interface ArmedTime {
  readonly armedUs: number;
  /** While armed, at least one held or was unknown. */
  readonly inhibitedUs: number;
  /** By what held or was unknown; several may at once. Of `heldBy`. */
  readonly byReason: ReadonlyMap<RefusalReason, number>;
}

/**
 * From the events of a run in their order; `endUs` is its last moment. A state that was never told was unknown: so were
 * the first minutes of one that was told later, and all of one that only refusals name. Pure.
 */
export function armedTime(events: Iterable<LoopEvent | undefined>, endUs: number): ArmedTime {
  const changes: Change[] = [];
  const told = new Set<RefusalReason>();
  const refused = new Set<RefusalReason>();
  for (const event of events) {
    if (event?.kind === 'armed' || event?.kind === 'disarmed') {
      changes.push({ us: event.us, armed: event.kind === 'armed' });
    } else if (event?.kind === 'inhibitor') {
      const reason = refusalReasons[event.reason];
      if (reason === undefined) continue;
      told.add(reason);
      changes.push({ us: event.us, reason, holds: inhibitorStates[event.state] !== 'clear' });
    } else if (event?.kind === 'refusal') {
      for (const [place, reason] of refusalReasons.entries()) {
        if ((event.reasons & (1 << place)) !== 0 && estimateReasons.some((one) => one === reason)) refused.add(reason);
      }
    }
  }
  return sum(changes, new Set([...told, ...refused]), endUs);
}

type Change = { readonly us: number } & (
  { readonly armed: boolean } | { readonly reason: RefusalReason; readonly holds: boolean }
);

function sum(changes: readonly Change[], holding: Set<RefusalReason>, endUs: number): ArmedTime {
  const byReason = new Map<RefusalReason, number>([...holding].map((reason) => [reason, 0]));
  let [armedUs, inhibitedUs, isArmed, sinceUs] = [0, 0, false, NaN];
  const passTo = (us: number): void => {
    const passed = us - sinceUs;
    sinceUs = us;
    if (!isArmed || !(passed > 0)) return;
    armedUs += passed;
    if (holding.size > 0) inhibitedUs += passed;
    for (const reason of holding) byReason.set(reason, (byReason.get(reason) ?? 0) + passed);
  };
  for (const change of changes) {
    passTo(change.us);
    if ('armed' in change) isArmed = change.armed;
    else if (change.holds) holding.add(change.reason);
    else holding.delete(change.reason);
  }
  passTo(endUs);
  return { armedUs, inhibitedUs, byReason };
}
