import { exp, log } from '../../../runtime/signal/math.js';

/**
 * Binary cross-entropy of the logits with targets from 0 to 1, in nats, as the mean over `weights`. Row i counts
 * weights[i] · (1 + (positiveWeight − 1) · target). Writes the gradient.
 */
export function binaryCrossEntropy(
  logits: Float32Array,
  targets: Float32Array,
  weights: Float32Array,
  positiveWeight: number,
  gradient: Float32Array,
): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] as number;
  if (total === 0) {
    gradient.fill(0);
    return 0;
  }
  let loss = 0;
  for (let i = 0; i < weights.length; i++) {
    const x = logits[i] as number;
    const y = targets[i] as number;
    const weight = ((weights[i] as number) * (1 + (positiveWeight - 1) * y)) / total;
    if (weight === 0) {
      gradient[i] = 0;
      continue;
    }
    const e = exp(-Math.abs(x));
    loss += weight * (Math.max(0, x) - x * y + log(1 + e));
    gradient[i] = weight * ((x >= 0 ? 1 : e) / (1 + e) - y);
  }
  return loss;
}
