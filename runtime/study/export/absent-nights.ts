import type { AllocationShape } from '../allocation.js';
import { nightKey, type NightUse } from '../uses.js';
import type { Withdrawal } from '../withdrawn.js';

/** A night that was allocated, and of which there is neither a recording nor a log. */
export interface AbsentNight {
  readonly participant: string;
  readonly night: number;
  readonly outcome: 'absent' | 'withdrawn';
  readonly reason: string;
}

/** By participant and number. What was used of the allocation tells which of them had begun. Pure. */
export function absentNights(
  { participants, nights: count }: Pick<AllocationShape, 'participants' | 'nights'>,
  nights: readonly Pick<AbsentNight, 'participant' | 'night'>[],
  withdrawals: readonly Pick<Withdrawal, 'participant' | 'nights' | 'reason'>[],
  uses: ReadonlyMap<string, Pick<NightUse, 'run' | 'at'>>,
): AbsentNight[] {
  const withdrawn = new Map(withdrawals.map(({ participant, reason }) => [participant, reason]));
  const present = new Set([
    ...nights.map(({ participant, night }) => nightKey(participant, night)),
    ...withdrawals.flatMap(({ participant, nights }) => nights.map((night) => nightKey(participant, night))),
  ]);
  return participants.flatMap((participant) =>
    Array.from({ length: count }, (_, place) => place + 1)
      .filter((night) => !present.has(nightKey(participant, night)))
      .map((night): AbsentNight => {
        const because = withdrawn.get(participant);
        if (because !== undefined) return { participant, night, outcome: 'withdrawn', reason: because };
        const use = uses.get(nightKey(participant, night));
        const reason = use
          ? `begun by ${use.run} (${use.at}), whose recording is not here`
          : 'it has not begun, as far as the allocation tells';
        return { participant, night, outcome: 'absent', reason };
      }),
  );
}
