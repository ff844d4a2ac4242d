import { z } from 'zod';
import { machineSchema, type Machine } from './machine.js';

/** What `axond bench --report` writes, for the owner of a board to send to whoever asked. */

/** Null where nothing came back to be timed, as in rounds in which a busy machine had disarmed axond. */
const figure = z.preprocess((value) => (Number.isNaN(value) ? null : value), z.number().nullable());
const microseconds = z.strictObject({ p50: figure, p99: figure, p999: figure, max: figure });
const ratio = z.strictObject({ p50: figure, p99: figure });

const loopSchema = z.object({
  hz: z.number(),
  channels: z.number(),
  scheduling: z.enum(['ordinary', 'fifo']),
  n: z.number(),
  lost: z.number(),
  samplesMissing: figure,
  rearmed: z.number(),
  axondUs: microseconds,
  floorUs: microseconds,
  ratio,
  rounds: z.array(ratio),
});
const engineSchema = z.object({
  name: z.string(),
  axondUs: z.number(),
  cUs: z.number(),
  ratioC: z.number(),
  rounds: z.object({ axond: z.array(z.number()), c: z.array(z.number()) }),
});
const detectSchema = z.object({
  channels: z.number(),
  rate: z.number(),
  axondUs: microseconds,
  floorUs: microseconds,
  ratio,
});

/** Figures, or in one line why there are none. */
const part = <T extends z.ZodType>(figures: T) =>
  z.union([z.strictObject({ figures }), z.strictObject({ failed: z.string() })]);

export const reportSchema = z.strictObject({
  kind: z.literal('axond-bench'),
  version: z.literal(1),
  axond: z.string(),
  node: z.string(),
  machine: machineSchema,
  /** Processes that wanted to run, the mean of a minute, before and after: what else was going on. */
  load: z.strictObject({ before: z.number(), after: z.number() }),
  /** °C of the warmest zone; a board that throttles is slower at the end. */
  temperature: z.strictObject({ before: z.number().nullable(), after: z.number().nullable() }),
  /** Bytes on a pseudo-terminal to a trigger byte on another, beside C programs of the same shape. */
  loop: part(z.array(loopSchema)),
  /** A step of a network beside the same sums in C. */
  engine: part(z.array(engineSchema)),
  /** Eight electrodes through features, networks and rules beside their band filters in C. */
  detect: part(detectSchema),
});
export type BenchReport = z.infer<typeof reportSchema>;

/** What is measured and asked; each measurement may fail without taking the others with it. */
export interface BenchRunner {
  readonly axond: string;
  readonly node: string;
  machine(): Machine;
  load(): number;
  temperature(): number | null;
  loop(): Promise<unknown>;
  engine(): Promise<unknown>;
  detect(): Promise<unknown>;
}

/** Measures one part after the other. Figures beyond the schema's do not enter the report. */
export async function benchReport(runner: BenchRunner): Promise<BenchReport> {
  const before = { load: runner.load(), temperature: runner.temperature() };
  const parts = {
    loop: await attempt(() => runner.loop()),
    engine: await attempt(() => runner.engine()),
    detect: await attempt(() => runner.detect()),
  };
  return reportSchema.parse({
    kind: 'axond-bench',
    version: 1,
    axond: runner.axond,
    node: runner.node,
    machine: runner.machine(),
    load: { before: before.load, after: runner.load() },
    temperature: { before: before.temperature, after: runner.temperature() },
    ...parts,
  });
}

async function attempt(measure: () => Promise<unknown>): Promise<{ figures: unknown } | { failed: string }> {
  try {
    return { figures: await measure() };
  } catch (error) {
    // Compilers and daemons name files of this machine in what follows.
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { failed: first };
  }
}
