import type { Detector, Estimate } from '../contracts.js';
import { createEstimate, forget } from '../detect/estimate.js';

/**
 * A user's own module as tests of `gate.require` name it: says of its `reason` what the last code in the signal told it
 * to, 801 that it is clear, 802 that it holds, 803 something that is no state.
 */
export function create({ reason }: { reason?: Estimate['reason'] }): Detector {
  const verdict = createEstimate('verdict', 'uV', reason);
  return {
    delaySamples: 0,
    settleSamples: 0,
    estimates: [verdict],
    prepare: () => undefined,
    process(input, length) {
      for (let i = 0; i < length; i++) {
        const value = input[i] as number;
        if (value < 801 || value > 803) continue;
        verdict.value = value;
        verdict.state = value === 801 ? 'clear' : value === 802 ? 'holds' : ('asleep?' as 'unknown');
      }
    },
    reset: () => {
      forget([verdict]);
    },
  };
}
