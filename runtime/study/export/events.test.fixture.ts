import {
  disarmCauses,
  inhibitorStates,
  refusalReasons,
  type EventKind,
  type InhibitorState,
  type LoopEvent,
  type RefusalReason,
} from '../../contracts.js';

/** Events as a recording gives them. */

export const ArmCause = { request: disarmCauses.indexOf('request') };

export function event(kind: EventKind, us: number, fields: Record<string, number>): LoopEvent {
  return { kind, cycle: 0, index: 0, us, ...fields } as LoopEvent;
}

export function inhibitor(us: number, reason: RefusalReason, state: InhibitorState): LoopEvent {
  return event('inhibitor', us, { reason: refusalReasons.indexOf(reason), state: inhibitorStates.indexOf(state) });
}
