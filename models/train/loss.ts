import { exp, log } from '../../runtime/signal/math.js';
import type { Activation } from './layer.js';

export interface Tally {
  /** Sum of the cross-entropies, in nats. */
  loss: number;
  correct: number;
}

/**
 * Cross-entropy of the softmax of the logits, which are the mean over the steps. Adds to `tally` and writes the gradient
 * of the loss divided by `batch`.
 */
export function crossEntropy(
  { volume, steps, values, gradient }: Activation,
  labels: Uint8Array,
  images: number,
  batch: number,
  tally: Tally,
): void {
  const classes = volume.channels;
  const logits = values.values;
  const target = gradient.values;
  const mean = new Float64Array(classes);
  for (let i = 0; i < images; i++) {
    const label = labels[i] as number;
    let best = 0;
    for (let c = 0; c < classes; c++) {
      let sum = 0;
      for (let step = 0; step < steps; step++) sum += logits[(step * images + i) * classes + c] as number;
      mean[c] = sum / steps;
      if ((mean[c] as number) > (mean[best] as number)) best = c;
    }
    if (best === label) tally.correct++;
    const most = mean[best] as number;
    let total = 0;
    for (let c = 0; c < classes; c++) total += exp((mean[c] as number) - most);
    tally.loss += log(total) + most - (mean[label] as number);
    for (let c = 0; c < classes; c++) {
      const share = exp((mean[c] as number) - most) / total - (c === label ? 1 : 0);
      for (let step = 0; step < steps; step++) target[(step * images + i) * classes + c] = share / (batch * steps);
    }
  }
}
