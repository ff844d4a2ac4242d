import { z } from 'zod';
import { extent, node, nodeName, one, tensorName, two } from './node-parts.js';

/**
 * Nodes of networks of codes, with the arithmetic of TensorFlow Lite as models/int8/arithmetic.ts pins it. A code q stands
 * for scale × (q − zeroPoint). Axes are in TensorFlow Lite's order, channels last and the batch left out: [height, width,
 * channels] or [units], and so are the elements. The nodes `reshape` and `transpose` serve codes as well.
 */

const codes = z.strictObject({
  type: z.enum(['i8', 'u8', 'i16']),
  scale: z.number().positive(),
  zeroPoint: z.number().int().min(-128).max(255),
});
/** What a node writes, and where it cuts off: a fused ReLU is a `low` at the zero point. */
const output = { output: codes, low: z.number().int().min(-32768).max(32767), high: z.number().int().max(32767) };

/** I8 [out, …], its scale F32 [1] or [out], zero point 0; bias I32 [out] of scale input × weight. */
const weights = { weight: tensorName, weightScale: tensorName, bias: tensorName.optional() };

const margin = z.number().int().min(0).max(4096);
const window = {
  stride: z.tuple([extent, extent]),
  /** top, left, bottom, right */
  padding: z.tuple([margin, margin, margin, margin]),
};
const axis = z.number().int().min(0).max(3);

export const int8Nodes = [
  /** weight [out, in]; the input counts as flat, whatever its shape. */
  node('qdense', { from: one, ...weights, ...output }),
  /** weight [out, height, width, in / groups]; a depthwise convolution has as many groups as channels. */
  node('qconv2d', {
    from: one,
    ...weights,
    ...window,
    dilation: z.tuple([extent, extent]),
    groups: extent,
    ...output,
  }),
  /** Padding never wins. */
  node('qmaxpool', { from: one, kernel: z.tuple([extent, extent]), ...window, ...output }),
  /** Padded elements do not count. */
  node('qavgpool', { from: one, kernel: z.tuple([extent, extent]), ...window, ...output }),
  /** Mean over height and width: [height, width, channels] to [channels]. */
  node('qmean', { from: one, ...output }),

  /** Two values of one shape, or the smaller repeated along the first axes of the larger; a single element serves all. */
  node('qadd', { from: two, ...output }),
  /** The first less the second. */
  node('qsubtract', { from: two, ...output }),
  node('qmultiply', { from: two, ...output }),

  /** One code for each code: `table` I8, U8 or I32 [256], from the smallest input code upwards. */
  node('qlookup', { from: one, table: tensorName, output: codes }),
  /** Over the last axis. */
  node('qsoftmax', { from: one, beta: z.number().positive(), output: codes }),

  /** Inputs of one scale and zero point. */
  node('qconcat', { from: z.array(nodeName).min(2).max(64), axis }),
  node('qslice', { from: one, axis, start: z.number().int().min(0), length: extent }),
  /** Margins hold the zero point. */
  node('qpad', { from: one, before: z.array(margin).min(1).max(4), after: z.array(margin).min(1).max(4) }),
  /** The same codes at each tick: I8 or U8, of any shape. */
  node('qconstant', { codes: tensorName, output: codes }),

  /**
   * Real to codes and back: q = clamp(round(fround(x ÷ scale)) + zeroPoint). Halves go to the even neighbour (ONNX) or
   * away from zero (TensorFlow Lite's reference).
   */
  node('quantize', { from: one, output: codes, halves: z.enum(['even', 'away']) }),
  node('dequantize', { from: one }),
] as const;
