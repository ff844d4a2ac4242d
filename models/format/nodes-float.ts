import { z } from 'zod';
import { extent, node, nodeName, one, tensorName } from './node-parts.js';

/** Nodes of float networks beside the real forms of the spiking ones (dense, conv1d, conv2d, pools, add, flatten, compare). */
export const floatNodes = [
  /** (((x − mean) ÷ √(variance + epsilon)) × gain) + bias, each F32 [channels], in float32 as nodes-spiking.ts says. */
  node('batchnorm', {
    from: one,
    gain: tensorName,
    bias: tensorName,
    mean: tensorName,
    variance: tensorName,
    epsilon: z.number().min(0),
  }),
  /**
   * relu: x < 0 gives 0; relu6: and x > 6 gives 6; thresholdedRelu: x ≤ theta (1 if not given) gives 0; softmax: over the last
   * axis, less the largest. exp (of runtime/signal/math.ts) and what is made of it is in float64, rounded to float32 at the end.
   */
  node('activation', {
    from: one,
    function: z.enum(['relu', 'relu6', 'sigmoid', 'tanh', 'softmax', 'thresholdedRelu']),
    theta: z.number().optional(),
  }),
  /** Sum of the window (from 0, row by row) ÷ the number of its elements; padded ones do not count. */
  node('avgpool', {
    from: one,
    kernel: z.array(extent).min(1).max(2),
    stride: z.array(extent).min(1).max(2),
    padding: z.array(z.number().int().min(0)).min(2).max(4),
  }),
  /** The same elements under another shape. */
  node('reshape', { from: one, shape: z.array(extent).min(1).max(4) }),
  /** Axes in another order; [1, 0] swaps channels and length. */
  node('transpose', { from: one, order: z.array(z.number().int().min(0).max(3)).min(1).max(4) }),
  node('concat', { from: z.array(nodeName).min(2).max(64), axis: z.number().int().min(0).max(3) }),
] as const;
