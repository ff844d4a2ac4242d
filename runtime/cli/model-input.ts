import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { arrayFor } from '../../models/engine/ports.js';
import { uniform } from '../bench/snn-networks.js';
import type { ModelPort, ModelValues } from '../contracts.js';
import { UsageError } from './output.js';

/** Values for the ports of a model, tick after tick. */
export interface ModelInput {
  /** Ticks that it has; more begin again. */
  readonly ticks: number;
  at(tick: number): readonly ModelValues[];
}

/** `random:SEED`, or a JSON file: an object of values by input name, a list of such, or one input's values alone. */
export function openInput(input: string, ports: readonly ModelPort[]): ModelInput {
  const seed = /^random:(\d{1,10})$/.exec(input)?.[1];
  if (seed !== undefined) {
    const random = uniform(Number(seed));
    return { ticks: 1, at: () => ports.map((port) => randomValues(port, random)) };
  }
  const ticks = ticksIn(input, ports).map((of, tick) => ports.map((port) => valuesOf(input, tick, port, of)));
  return { ticks: ticks.length, at: (tick) => ticks[tick % ticks.length] ?? [] };
}

/** Real values in [−1, 1), codes of the whole range, one spike in seven elements. */
function randomValues(port: ModelPort, random: () => number): ModelValues {
  const array = arrayFor(port);
  for (let i = 0; i < array.length; i++) {
    const u = random();
    array[i] = port.type === 'f32' ? 2 * u - 1 : port.scale !== undefined ? Math.floor(256 * u) : Number(u < 1 / 7);
  }
  return array;
}

/** Numbers, nested or flat. */
type Values = number | readonly Values[];
const values: z.ZodType<Values> = z.lazy(() => z.union([z.number(), z.array(values)]));
const tick = z.record(z.string(), values);

function ticksIn(path: string, ports: readonly ModelPort[]): Record<string, Values>[] {
  const content = readJson(path);
  const alone = values.safeParse(content);
  if (alone.success && ports.length === 1) return [{ [ports[0]?.name ?? '']: alone.data }];
  const parsed = z.union([z.array(tick).min(1), tick.transform((one) => [one])]).safeParse(content);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--input: ${path} is neither an object of values by input name nor a list of such objects.`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`--input: ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function valuesOf(path: string, place: number, port: ModelPort, of: Record<string, Values>): ModelValues {
  const given = of[port.name];
  if (given === undefined) throw new UsageError(`--input: ${path}: tick ${place} has no values for ${port.name}.`);
  const flat = flatten(given);
  const array = arrayFor(port);
  if (flat.length !== array.length)
    throw new UsageError(
      `--input: ${path}: tick ${place} has ${flat.length} values for ${port.name}. Give ${array.length}: [${port.shape.join(', ')}].`,
    );
  array.set(flat);
  const wrong = port.type === 'f32' ? -1 : flat.findIndex((value, at) => value !== array[at]);
  if (wrong >= 0)
    throw new UsageError(`--input: ${path}: tick ${place}: ${flat[wrong] ?? ''} for ${port.name} is no ${port.type}.`);
  return array;
}

function flatten(given: Values): number[] {
  return typeof given === 'number' ? [given] : given.flatMap(flatten);
}
