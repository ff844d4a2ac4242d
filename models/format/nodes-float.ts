import { z } from 'zod';
import { extent, node, nodeName, one, tensorName } from './node-parts.js';

/** Nodes of float networks beside the real forms of the spiking ones (dense, conv1d, conv2d, pools, add, flatten, compare). */
export const floatNodes = [
  /** (x − mean) ÷ √(variance + epsilon) × gain + bias, each F32 [channels]. */
  node('batchnorm', {
    from: one,
    gain: tensorName,
    bias: tensorName,
    mean: tensorName,
    variance: tensorName,
    epsilon: z.number().min(0),
  }),
  node('activation', {
    from: one,
    function: z.enum(['relu', 'relu6', 'sigmoid', 'tanh', 'softmax', 'thresholdedRelu']),
    theta: z.number().optional(),
  }),
  /** Mean of the window; padded elements do not count. */
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
