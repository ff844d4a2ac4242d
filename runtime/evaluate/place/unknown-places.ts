import type { GroundTruth } from './ground-truth.js';

/** Shares of the answers that are taken for known, from 0 to 1; null where there are none, or no threshold. */
export interface Acceptance {
  /** Of those to queries that have a right place. */
  readonly accepted: number | null;
  /** Of those to queries that have none. */
  readonly falseAccepted: number | null;
}

/** Takes for known what fits better than `threshold`; a fit of NaN is no answer. */
export function acceptance(fits: readonly number[], threshold: number, truth: GroundTruth): Acceptance {
  const share = (known: boolean): number | null => {
    const asked = fits.filter((fit, query) => !Number.isNaN(fit) && (truth[query] ?? []).length > 0 === known);
    if (asked.length === 0 || Number.isNaN(threshold)) return null;
    return asked.filter((fit) => fit > threshold).length / asked.length;
  };
  return { accepted: share(true), falseAccepted: share(false) };
}
