import { z } from 'zod';
import { mostAxis } from './limits.js';

/** What the schemas of all kinds of nodes share. */

export const nodeName = z.string().min(1).max(200);
export const tensorName = z.string().min(1).max(200);

export const extent = z.number().int().min(1).max(mostAxis);
export const shape = z.array(extent).min(1).max(4);
const padding = z.number().int().min(0).max(4096);

/**
 * `real`: float32. `codes`: integers q that stand for scale × (q − zeroPoint), i16 in an Int32Array. `spikes`: whole
 * numbers from 0 to `levels`; an engine takes larger ones for `levels`.
 */
export const port = z.strictObject({
  name: nodeName,
  shape,
  kind: z.discriminatedUnion('domain', [
    z.strictObject({ domain: z.literal('real') }),
    z.strictObject({
      domain: z.literal('codes'),
      type: z.enum(['u8', 'i8', 'i16']),
      scale: z.number().positive(),
      zeroPoint: z.number().int().min(-128).max(255),
    }),
    z.strictObject({ domain: z.literal('spikes'), levels: z.number().int().min(1).max(255) }),
  ]),
});

/** One or two axes of a window that slides over the last axes of its input. `padding`: before and after, per axis. */
export const window1 = {
  stride: extent,
  padding: z.tuple([padding, padding]),
  dilation: extent,
};
export const window2 = {
  stride: z.tuple([extent, extent]),
  /** top, left, bottom, right */
  padding: z.tuple([padding, padding, padding, padding]),
  dilation: z.tuple([extent, extent]),
};

export const node = <Op extends string, Shape extends z.core.$ZodLooseShape>(op: Op, fields: Shape) =>
  z.strictObject({ op: z.literal(op), name: nodeName, ...fields });
export const one = z.tuple([nodeName]);
export const two = z.tuple([nodeName, nodeName]);
