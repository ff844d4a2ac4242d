import type { Detector } from '../contracts.js';
import { createEstimate, forget } from '../detect/estimate.js';

/** A user's own module: judges sleep and movement as bits in the hundreds of its signal tell it. */
export function create(): Detector {
  const sleep = createEstimate('sleep', 'uV', 'sleep');
  const movement = createEstimate('movement', 'uV', 'movement');
  const estimates = [sleep, movement];
  return {
    delaySamples: 0,
    settleSamples: 0,
    estimates,
    prepare: () => undefined,
    process(input, length) {
      if (length === 0) return;
      const code = Math.floor((input[length - 1] as number) / 100);
      sleep.value = code & 1;
      sleep.state = (code & 1) === 1 ? 'clear' : 'holds';
      movement.value = code & 2;
      movement.state = (code & 2) === 2 ? 'holds' : 'clear';
    },
    reset: () => forget(estimates),
  };
}
