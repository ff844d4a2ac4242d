import { z } from 'zod';
import { extent, node, nodeName, one, tensorName, window1, window2 } from './node-parts.js';

/**
 * Nodes of spiking networks, integer at T=1 or with one step per tick. A value is `codes`, `spikes` (0 … levels),
 * `sums` (int32) or `real` (float32). The weight decides: I8, I4 or B1 weights take codes, spikes or sums and give sums, exact
 * in int32 (refused at load if Σ|w|·largest input can pass 2³¹−1); F32 weights take real or spikes and give real.
 *
 * Real sums are made in float32, in one order: from the bias (or 0), inputs in the order of the weight's row, each step
 * rounded (`fround(sum + fround(w·x))`), inputs that are 0 left out. Codes count less their zero point; padding is 0
 * after that, so q = zeroPoint. What is before the first tick is 0 as well, in codes the zero point. All other real
 * arithmetic is in float32 too, each operation rounded, in the order in which it stands.
 *
 * A tensor of [1], [channels] or the whole shape: entry ⌊i ÷ (elements ÷ entries)⌋ is that of element i.
 */
const synapse = { weight: tensorName, bias: tensorName.optional() };

export const spikingNodes = [
  /** weight [out, in], bias [out] (F32 only). `delays`: I32 [out, in], whole ticks per synapse, spikes only. */
  node('dense', { from: one, ...synapse, delays: tensorName.optional() }),
  /** weight [out, in / groups, kernel]; cross-correlation. Output o belongs to group ⌊o ÷ (out ÷ groups)⌋. */
  node('conv1d', { from: one, ...synapse, ...window1, groups: extent }),
  /** weight [out, in / groups, height, width]; the order of its row is that of the sum. */
  node('conv2d', { from: one, ...synapse, ...window2, groups: extent }),

  /**
   * Sums to spikes by integers. `threshold` I32 [levels, channels] ([counts, levels, channels] when a second input, spikes
   * of the same shape, chooses the row); `mode` U8 [channels]: 0 n ≥ T, 1 n ≤ T, 2 constant T (0 or 1). Output: how
   * many of the levels hold. A count n chooses row n.
   */
  node('threshold', { from: z.array(nodeName).min(1).max(2), threshold: tensorName, mode: tensorName }),
  /** Real to spikes: x > threshold (strict) or x ≥ threshold; `threshold` F32 [1], [channels] or the whole shape. */
  node('compare', { from: one, threshold: tensorName, strict: z.boolean() }),

  /**
   * The first of the largest in the window (a NaN that comes first stays), of spikes, sums or real; padding never wins, and
   * is less than the kernel in all pools.
   */
  node('maxpool', {
    from: one,
    kernel: z.array(extent).min(1).max(2),
    stride: z.array(extent).min(1).max(2),
    padding: z.array(z.number().int().min(0)).min(2).max(4),
  }),
  /**
   * Sum of the window: spikes of levels × window, sums, or real (from 0, row by row). An average is a sum whose scale the
   * next layer carries.
   */
  node('sumpool', {
    from: one,
    kernel: z.array(extent).min(1).max(2),
    stride: z.array(extent).min(1).max(2),
    padding: z.array(z.number().int().min(0)).min(2).max(4),
  }),
  node('flatten', { from: one }),
  /**
   * Σ multiplier·input, all of one kind and shape: spikes with multipliers of 1 give spikes of more levels, with others
   * sums; sums stay sums; real stays real, the first product begins the sum.
   */
  node('add', { from: z.array(nodeName).min(2).max(8), multipliers: z.array(z.number().int()).min(2).max(8) }),
  /** x × scale (+ bias), real or spikes to real, F32 [1], [channels] or the whole shape. */
  node('scale', { from: one, scale: tensorName, bias: tensorName.optional() }),
  /** Sums to real: fround(fround(fround(n) × scale) + bias), F32 [1] or [channels]. */
  node('readout', { from: one, scale: tensorName, bias: tensorName.optional() }),

  /**
   * One tick of a neuron, in float32, every product and sum rounded, in this order:
   *   synapse (if `synapseDecay`): i' = synapseDecay·i + synapseGain·x; else i' = x
   *   drive d = i' (`current: new`) or the i of the tick before (`current: old`)
   *   resetAt `next` and it spiked in the tick before: the reset comes here, before the update
   *     (set: v = resetValue or 0; subtract: threshold is taken from the updated v, before it is compared)
   *   v = (decay·v + gain·d) + drive
   *   spike = v > threshold (strict) or v ≥ threshold; without `threshold` the output is v (real)
   *   resetAt `spike`: set v = resetValue or 0, or v −= threshold
   * All F32 of the whole shape or [1]. Input: real (spikes through a `scale`). discretise.ts makes them from time constants.
   * State: v (`initial` or 0 at first), i, and the spike before; a v that a scheduler sets counts as not having spiked.
   */
  node('neuron', {
    from: one,
    synapseDecay: tensorName.optional(),
    synapseGain: tensorName.optional(),
    current: z.enum(['new', 'old']).default('new'),
    decay: tensorName,
    gain: tensorName,
    drive: tensorName.optional(),
    threshold: tensorName.optional(),
    strict: z.boolean().default(true),
    reset: z.enum(['none', 'set', 'subtract']).default('none'),
    resetAt: z.enum(['spike', 'next']).default('spike'),
    resetValue: tensorName.optional(),
    initial: tensorName.optional(),
  }),
  /**
   * Loihi's current-based neuron in fixed point, bit for bit; all I32 of the whole shape or [1]. Input: sums n up to 2¹⁷.
   *   u = trunc(u·(4095 − currentDecay) ÷ 4096) + 64·n, brought into −2²³ < u ≤ 2²³ by ±2²⁴
   *   v = trunc(v·(4096 − voltageDecay) ÷ 4096) + u + bias, cut off at ±(2²³ − 1)
   *   spike = v > 64·threshold, then v = 0
   */
  node('cubafixed', {
    from: one,
    currentDecay: tensorName,
    voltageDecay: tensorName,
    bias: tensorName.optional(),
    threshold: tensorName,
  }),
  /** The value of `of` in the tick before, zeros (codes: the zero point) in the first; the one way to close a cycle. `of` may come later. */
  node('previous', { of: nodeName }),
  /** Each element some ticks ago, zeros (codes: the zero point) before: `ticks` I32, 0 to 4096, of the whole shape or [1]. */
  node('delay', { from: one, ticks: tensorName }),
  /**
   * Send on delta: e = x − reference; |e| ≥ theta sends m = trunc(e / theta), cut off at ±levels, and reference += m·theta;
   * else 0. Real in; out whole numbers of −levels … levels, kept as sums. `theta` F32 [1] or the whole shape.
   */
  node('delta', { from: one, theta: tensorName, levels: z.number().int().min(1).max(127) }),
  /** Adds what comes to what came: the receiving side of `delta`. Sums (the total stops at ±(2³¹−1)) or real; state: the total. */
  node('integrate', { from: one }),
  /**
   * Low-pass by second-order sections, F64 [sections, 6] as b0 b1 b2 a0 a1 a2 (a0 = 1), state in float64, output rounded to
   * real. Each section: y = b0·x + z1, z1 = (b1·x − a1·y) + z2, z2 = b2·x − a2·y.
   */
  node('smooth', { from: one, sections: tensorName }),
] as const;
