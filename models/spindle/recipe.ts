import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { ModelError } from '../format/model-error.js';
import { sequenceNetworkSchema, sequenceTrainingSchema } from '../train/sequence/recipe.js';

/** Sleepers drawn one a seed (drivers/sleeper), whose true spindles are known. */
const sleepersSchema = z.strictObject({
  count: z.number().int().min(1).max(1000),
  /** Of sleep and waking, each. */
  minutes: z.number().min(5).max(480).default(40),
  firstSeed: z.number().int().min(0).max(0xffffffff).default(1000),
});
export type SleepersData = z.infer<typeof sleepersSchema>;

const timing = {
  /** By which the network may be late. */
  lateSeconds: z.number().min(0).max(1).default(0.25),
  /** The running quantiles settle: frames before that count nothing. */
  settleSeconds: z.number().min(0).max(600).default(10),
};

/** Where the frames come from that a spindle network learns. */
const dataSchema = z.discriminatedUnion('use', [
  /** The excerpts of a folder of DREAMS. */
  z.strictObject({
    use: z.literal('dreams'),
    ...timing,
    /** Whether expert 1's marks count in epochs scored as Wake; if not, expert 2's stand alone there. */
    expert1InWake: z.boolean().default(false),
    /** What a frame counts that expert 2 alone has scored. */
    expert2Weight: z.number().min(0).max(1).default(0.5),
    /** Generated sleepers beside them; together drawn `share` times as often as one excerpt. */
    sleepers: sleepersSchema.extend({ share: z.number().positive().max(100) }).optional(),
  }),
  /** Generated sleepers alone. */
  z.strictObject({ use: z.literal('sleepers'), ...timing, sleepers: sleepersSchema }),
]);
export type SpindleTiming = Pick<DreamsData, keyof typeof timing>;
export type DreamsData = Extract<z.infer<typeof dataSchema>, { use: 'dreams' }>;

/** All that `axond model train` reads of a spindle network besides the recordings. */
export const spindleRecipeSchema = z.strictObject({
  name: z.string().min(1).max(100),
  seed: z.number().int().min(0).max(0xffffffff),
  data: dataSchema,
  network: sequenceNetworkSchema,
  training: sequenceTrainingSchema,
  /** So many networks of the same kind, from different seeds: the logit is the mean of theirs. */
  networks: z.number().int().min(1).max(8).default(1),
  /** Operating points that the network's file brings; those of `runtime/detect/spindle-t1/runs.ts` if not given. */
  points: z.record(z.string().min(1).max(100), z.record(z.string(), z.number())).optional(),
  /** Beside these, `accurate`, `fast` and `sure` are chosen on the excerpts, each judged by a network that has not seen it. */
  choosePoints: z.boolean().default(false),
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
