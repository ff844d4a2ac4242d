import type { OutputTiming } from '../contracts.js';
import type { EnvelopeClock } from '../loop/clock.js';

/** Where a stimulus stands in the signal: the sample at which it sounded, to within `uncertainty` samples in 95 of 100. */
export interface Sounded {
  readonly sample: number;
  readonly uncertainty: number;
}

/**
 * `startedUs` is the time of the receipt `started`; the clock that of the samples, as it was when the stimulus sounded
 * or later. Pure. NaN before the first sample.
 */
export function soundedAt(
  startedUs: number,
  clock: Pick<EnvelopeClock, 'indexAt' | 'periodUs'>,
  { delayUs, within95Us }: OutputTiming,
): Sounded {
  return {
    sample: clock.indexAt(startedUs + delayUs),
    uncertainty: within95Us / clock.periodUs,
  };
}
