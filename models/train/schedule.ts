import { cos } from '../../runtime/signal/math.js';

/** From `rate` along half a cosine to 0; `part` is the share of the stage that is done. */
export function cosine(rate: number, part: number): number {
  return (rate * (1 + cos(Math.PI * part))) / 2;
}

/** Share of weights that are 0 in an epoch: rises along a cubic (Zhu and Gupta 2017), steeply first. */
export function sparsityAt(
  { sparsity, from, to }: { sparsity: number; from: number; to: number },
  epoch: number,
): number {
  if (epoch < from) return 0;
  const left = to > from ? Math.max(0, 1 - (epoch - from + 1) / (to - from + 1)) : 0;
  return sparsity * (1 - left ** 3);
}
