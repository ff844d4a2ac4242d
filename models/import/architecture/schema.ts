import { parse } from 'yaml';
import { z } from 'zod';
import { ModelError } from '../../format/model-error.js';

/** The description of a network whose file holds tensors only; README.md in models/import documents it. */

const axes = z.union([
  z
    .number()
    .int()
    .min(1)
    .max(1 << 20),
  z
    .array(
      z
        .number()
        .int()
        .min(1)
        .max(1 << 20),
    )
    .length(2),
]);
const margins = z.union([z.number().int().min(0).max(4096), z.array(z.number().int().min(0).max(4096)).length(2)]);
const prefix = z.string().min(1).max(120);
const window = { stride: axes.optional(), padding: margins.default(0) };
const convolution = {
  ...window,
  stride: axes.default(1),
  dilation: axes.default(1),
  groups: z
    .number()
    .int()
    .min(1)
    .max(1 << 20)
    .default(1),
};
const number = z.number().refine(Number.isFinite);

const layers = [
  z.strictObject({ conv1d: prefix, ...convolution }),
  z.strictObject({ conv2d: prefix, ...convolution }),
  z.strictObject({ linear: prefix }),
  z.strictObject({ batchnorm: prefix, epsilon: z.number().min(0).default(1e-5) }),
  z.strictObject({ spike: number, strict: z.boolean().default(true) }),
  z.strictObject({ threshold: prefix, rawCodes: z.boolean().default(false) }),
  z.strictObject({ readout: prefix }),
  z.strictObject({ maxpool: axes, ...window }),
  z.strictObject({ sumpool: axes, ...window }),
  z.strictObject({ avgpool: axes, ...window }),
  z.strictObject({ activation: z.enum(['relu', 'sigmoid', 'tanh', 'softmax']) }),
  z.strictObject({ snntorch: prefix, reset: z.enum(['subtract', 'zero', 'none']).optional() }),
  z.strictObject({
    spikingjelly: z.strictObject({
      tau: z.number().min(1),
      threshold: number.default(1),
      resetValue: number.nullable().default(0),
      decayInput: z.boolean().default(true),
    }),
  }),
  z.strictObject({
    norse: z.strictObject({
      tauSynapseInverse: number.default(200),
      tauMembraneInverse: number.default(100),
      leak: number.default(0),
      threshold: number.default(1),
      resetValue: number.default(0),
      dt: z.number().positive().default(0.001),
    }),
  }),
] as const;
const kinds = [
  'conv1d',
  'conv2d',
  'linear',
  'batchnorm',
  'spike',
  'threshold',
  'readout',
  'maxpool',
  'sumpool',
  'avgpool',
  'activation',
  'snntorch',
  'spikingjelly',
  'norse',
] as const;

export type ArchitectureLayer = z.infer<(typeof layers)[number]> | 'flatten';

const extents = z
  .array(
    z
      .number()
      .int()
      .min(1)
      .max(1 << 20),
  )
  .min(1)
  .max(3);
const header = z.strictObject({
  name: z.string().max(200).default('network'),
  input: z.union([
    extents.transform((shape) => ({ shape, kind: { domain: 'real' as const } })),
    z
      .strictObject({ shape: extents, spikes: z.number().int().min(1).max(255) })
      .transform(({ shape, spikes }) => ({ shape, kind: { domain: 'spikes' as const, levels: spikes } })),
    z
      .strictObject({
        shape: extents,
        codes: z.enum(['u8', 'i8']),
        scale: z.number().positive(),
        zeroPoint: z.number().int().min(-128).max(255),
      })
      .transform(({ shape, codes, scale, zeroPoint }) => ({
        shape,
        kind: { domain: 'codes' as const, type: codes, scale, zeroPoint },
      })),
  ]),
  layers: z.array(z.unknown()).min(1).max(1000),
});

export interface Architecture {
  readonly name: string;
  readonly input: z.infer<typeof header>['input'];
  readonly layers: readonly ArchitectureLayer[];
}

const mostText = 100_000;

/** Throws ModelError naming the line of the description that is wrong. */
export function parseArchitecture(text: string): Architecture {
  if (text.length > mostText) throw new ModelError(`architecture: ${text.length} letters; the most is ${mostText}.`);
  const outer = header.safeParse(parsed(text));
  if (!outer.success) throw wrong('architecture', outer.error);
  return { ...outer.data, layers: outer.data.layers.map(parseLayer) };
}

function parsed(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new ModelError(`architecture: is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A layer is told by the one key that names its kind, so that a fault in it is a fault of that kind. */
function parseLayer(layer: unknown, at: number): ArchitectureLayer {
  const path = `architecture layer ${at + 1}`;
  if (layer === 'flatten') return layer;
  const keys = typeof layer === 'object' && layer !== null ? Object.keys(layer) : [];
  const kind = kinds.findIndex((name) => keys.includes(name));
  const schema = layers[kind];
  if (schema === undefined)
    throw new ModelError(
      `${path}: ${JSON.stringify(layer).slice(0, 100)} is no layer. Give flatten, or one with a key of ${kinds.join(', ')}.`,
    );
  const result = (schema as z.ZodType<Exclude<ArchitectureLayer, string>>).safeParse(layer);
  if (result.success) return result.data;
  throw wrong(`${path} (${kinds[kind] ?? ''})`, result.error);
}

function wrong(path: string, error: z.ZodError): ModelError {
  const [issue] = error.issues;
  const where = issue?.path.join('.') ?? '';
  return new ModelError(`${path}: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'is not valid'}.`);
}
