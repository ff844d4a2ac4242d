import { cos } from '../../../runtime/signal/math.js';

/** Share of the steps in which the rate rises. */
const rising = 0.15;
const first = 1 / 25;
const last = 1e-4 / 25;

/**
 * Smith's one-cycle schedule: the rate rises from a 25th of its peak along half a cosine and falls to nearly 0; β₁ goes
 * the other way, 0.95 to 0.85 and back. `part` is the share of the steps that is done.
 */
export function oneCycle(peak: number, part: number): { rate: number; beta1: number } {
  const up = part < rising;
  const done = up ? part / rising : (part - rising) / (1 - rising);
  const blend = (from: number, to: number): number => to + ((from - to) * (1 + cos(Math.PI * done))) / 2;
  return { rate: peak * (up ? blend(first, 1) : blend(1, last)), beta1: up ? blend(0.95, 0.85) : blend(0.85, 0.95) };
}
