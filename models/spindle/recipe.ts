import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { ModelError } from '../format/model-error.js';
import { sequenceNetworkSchema, sequenceTrainingSchema } from '../train/sequence/recipe.js';

/** Where the frames come from that a spindle network learns. */
const dataSchema = z.discriminatedUnion('use', [
  /** The excerpts of a folder of DREAMS. */
  z.strictObject({
    use: z.literal('dreams'),
    /** By which the network may be late. */
    lateSeconds: z.number().min(0).max(1).default(0.25),
    /** The running quantiles settle: frames before that count nothing. */
    settleSeconds: z.number().min(0).max(600).default(10),
    /** Whether expert 1's marks count in epochs scored as Wake; if not, expert 2's stand alone there. */
    expert1InWake: z.boolean().default(false),
    /** What a frame counts that expert 2 alone has scored. */
    expert2Weight: z.number().min(0).max(1).default(0.5),
  }),
]);
export type DreamsData = Extract<z.infer<typeof dataSchema>, { use: 'dreams' }>;

/** All that `axond model train` reads of a spindle network besides the recordings. */
export const spindleRecipeSchema = z.strictObject({
  name: z.string().min(1).max(100),
  seed: z.number().int().min(0).max(0xffffffff),
  data: dataSchema,
  network: sequenceNetworkSchema,
  training: sequenceTrainingSchema,
});
export type SpindleRecipe = z.infer<typeof spindleRecipeSchema>;

const sources: readonly unknown[] = dataSchema.options.map(({ shape }) => shape.use.value);

/** Whether a text is a recipe for a network of sequences rather than of samples with classes. */
export function isSpindleRecipe(text: string): boolean {
  try {
    const value: unknown = parse(text);
    const found = z.object({ data: z.object({ use: z.string() }) }).safeParse(value);
    return found.success && sources.includes(found.data.data.use);
  } catch (error) {
    if (error instanceof YAMLParseError) return false;
    throw error;
  }
}

/** @param file its name, for messages. @throws ModelError with a line a fault */
export function readSpindleRecipe(text: string, file: string): SpindleRecipe {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new ModelError(`${file}: ${error.message}`);
    throw error;
  }
  const result = spindleRecipeSchema.safeParse(value);
  if (result.success) return result.data;
  throw new ModelError(
    result.error.issues.map(({ path, message }) => `${file}: ${path.join('.') || 'recipe'}: ${message}`).join('\n'),
  );
}
