import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';

/** What a network and its training are: all that `axond model train` reads besides the data. */

const count = z.number().int().min(1).max(65536);
const few = z.number().int().min(1).max(64);

const pooling = {
  /** Windows that do not overlap, before the spike: the largest, or after it: the mean. */
  maxpool: few.default(1),
  avgpool: few.default(1),
};
const convolution = {
  channels: count,
  kernel: few,
  stride: few.default(1),
  padding: z.number().int().min(0).max(64).default(0),
  ...pooling,
};
/** A synapse, then max-pool, batch norm (if the recipe has it), spike and avg-pool; the last layer gives the logits. */
const layer = z.discriminatedUnion('layer', [
  z.strictObject({ layer: z.literal('conv2d'), ...convolution }),
  z.strictObject({ layer: z.literal('conv1d'), ...convolution }),
  z.strictObject({ layer: z.literal('dense'), units: count }),
]);
export type LayerRecipe = z.infer<typeof layer>;

const epochs = z.number().int().min(1).max(10_000);
const rate = z.number().positive().max(10);

const method = z.discriminatedUnion('use', [
  /** An ordinary network for comparison: ReLU where the others spike. */
  z.strictObject({ use: z.literal('relu'), epochs, rate }),
  /** Datta and others 2022: one step from the start, threshold at the Hoyer extremum. */
  z.strictObject({ use: z.literal('hoyer'), epochs, rate, regulariser: z.number().min(0).default(1e-8) }),
  /** Chowdhury and others 2021: thresholds from a percentile, then fewer steps stage by stage; 0 steps is ReLU. */
  z.strictObject({
    use: z.literal('iir'),
    percentile: z.number().min(50).max(100).default(99.7),
    scale: z.number().positive().max(10).default(0.3),
    calibration: count.default(512),
    stages: z
      .array(z.strictObject({ steps: z.number().int().min(0).max(64), epochs, rate }))
      .min(1)
      .refine((stages) => stages.at(-1)?.steps === 1, 'the last stage has 1 step')
      .refine(
        (stages) => stages.every(({ steps }, place) => steps > 0 || place === 0),
        'only the first stage has 0 steps (ReLU)',
      ),
  }),
]);

const path = z.string().min(1);
const data = z.discriminatedUnion('use', [
  z.strictObject({ use: z.literal('fashion-mnist') }),
  /** Files of the format of MNIST, plain or gzipped. */
  z.strictObject({
    use: z.literal('idx'),
    classes: few,
    train: z.strictObject({ images: path, labels: path }),
    test: z.strictObject({ images: path, labels: path }),
  }),
  /** A safetensors file: U8 train.inputs [samples, …], U8 train.labels [samples], and the same of test. */
  z.strictObject({ use: z.literal('arrays'), file: path, classes: few }),
]);
export type DataRecipe = z.infer<typeof data>;

export const recipeSchema = z.strictObject({
  name: z.string().min(1).max(100),
  seed: z.number().int().min(0).max(0xffffffff),
  data,
  layers: z.array(layer).min(1).max(64),
  batchNorm: z.boolean().default(false),
  method,
  /** Weights rounded to int8 in training as they are in the exported network. Not for `relu`. */
  quantise: z.boolean().default(true),
  /** The smallest weights of each layer go, from none before epoch `from` to a share of `sparsity` from epoch `to` on. */
  prune: z
    .strictObject({ sparsity: z.number().min(0).max(0.99), from: z.number().int().min(0), to: z.number().int().min(1) })
    .optional(),
  optimiser: z
    .discriminatedUnion('use', [
      z.strictObject({ use: z.literal('adam'), weightDecay: z.number().min(0).default(0) }),
      z.strictObject({
        use: z.literal('sgd'),
        momentum: z.number().min(0).max(0.999).default(0.9),
        weightDecay: z.number().min(0).default(0),
      }),
    ])
    .default({ use: 'adam', weightDecay: 0 }),
  batch: count.default(64),
  /** Samples that go through together; batch statistics are theirs. Divides `batch`. More workers than slices idle. */
  slice: count.default(32),
  augment: z
    .strictObject({ shift: z.number().int().min(0).max(16).default(0), flip: z.boolean().default(false) })
    .default({ shift: 0, flip: false }),
  /** Training samples that are kept aside to show accuracy after each epoch; they choose nothing. */
  validation: z.number().int().min(0).default(0),
});
export type Recipe = z.infer<typeof recipeSchema>;

/** A recipe is not one: a line a fault. */
export class RecipeError extends Error {
  override readonly name = 'RecipeError';
}

/** @param file its name, for messages. @throws RecipeError */
export function readRecipe(text: string, file: string): Recipe {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new RecipeError(`${file}: ${error.message}`);
    throw error;
  }
  const result = recipeSchema.safeParse(value);
  if (!result.success)
    throw new RecipeError(
      result.error.issues.map(({ path, message }) => `${file}: ${path.join('.') || 'recipe'}: ${message}`).join('\n'),
    );
  const recipe = result.data;
  if (recipe.batch % recipe.slice !== 0)
    throw new RecipeError(
      `${file}: slice: ${recipe.slice} does not divide batch ${recipe.batch}. Use one of its divisors.`,
    );
  return recipe;
}

/** A part of training: what stands for the spike, over how many steps, for how long. */
export interface Stage {
  readonly activation: 'relu' | 'hoyer' | 'threshold';
  readonly steps: number;
  readonly epochs: number;
  readonly rate: number;
}

export function stagesOf({ method }: Recipe): Stage[] {
  if (method.use === 'iir')
    return method.stages.map(({ steps, epochs, rate }) => ({
      activation: steps === 0 ? 'relu' : 'threshold',
      steps: Math.max(1, steps),
      epochs,
      rate,
    }));
  return [{ activation: method.use, steps: 1, epochs: method.epochs, rate: method.rate }];
}
