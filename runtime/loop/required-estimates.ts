import { refusalReasons, type Estimate, type EstimateReason, type InhibitorState } from '../contracts.js';

/**
 * What the detectors that the gate requires say to it. Several may judge the same thing, such as two electrodes: one
 * that holds is enough, and one that does not know is enough too.
 */
export class RequiredEstimates {
  /** Each once, in the order of `refusalReasons`. */
  readonly reasons: readonly EstimateReason[];
  readonly #judging: readonly (readonly Estimate[])[];

  constructor(estimates: readonly Estimate[]) {
    const named = new Set(estimates.flatMap(({ reason }) => (reason === undefined ? [] : [reason])));
    this.reasons = refusalReasons.filter((reason): reason is EstimateReason => named.has(reason as EstimateReason));
    this.#judging = this.reasons.map((reason) => estimates.filter((estimate) => estimate.reason === reason));
  }

  /** `clear` for a reason that nothing here judges. */
  stateOf(reason: EstimateReason): InhibitorState {
    for (let place = 0; place < this.reasons.length; place++) {
      if (this.reasons[place] === reason) return worstOf(this.#judging[place] as readonly Estimate[]);
    }
    return 'clear';
  }
}

/** A state that is none of the three, as a module of the user's own may have, counts as unknown. */
function worstOf(estimates: readonly Estimate[]): InhibitorState {
  let worst: InhibitorState = 'clear';
  for (let place = 0; place < estimates.length; place++) {
    const { state } = estimates[place] as Estimate;
    if (state === 'holds') return 'holds';
    if (state !== 'clear') worst = 'unknown';
  }
  return worst;
}
