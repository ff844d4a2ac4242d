import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { fromInput, fromNeuron, parameterSlot, silentTables, type ChipTables, type Entry } from './protocol.js';

const pair = z.tuple([z.number(), z.number()]);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const schema = z.object({
  cases: z.array(
    z.object({
      /** Threshold and ticks at rest. */
      neurons: z.array(pair),
      /** Neuron, from where, weight. */
      inputs: z.array(triple),
      recurrent: z.array(triple),
      leak: z.number(),
      scale: z.number(),
      bias: z.number(),
      biased: z.number(),
      entries: z.array(pair),
      load: z.number(),
      host: z.string(),
      reply: z.string(),
      spikes: z.array(z.array(z.number())),
      membranes: z.array(z.number()),
    }),
  ),
});

/** Random runs, computed by another implementation: `fixtures/make-runs.py`. */
export const runs = schema.parse(
  JSON.parse(readFileSync('firmware-bridge/neurocorex/fixtures/runs.json', 'utf8')),
).cases;
export type RecordedRun = (typeof runs)[number];

export function tablesOf(run: RecordedRun): ChipTables {
  const tables = silentTables();
  for (const [n, [threshold, rest]] of run.neurons.entries()) {
    tables.thresholds[parameterSlot(n)] = threshold;
    tables.refractory[parameterSlot(n)] = rest;
  }
  for (const [n, input, weight] of run.inputs) tables.feedForward[fromInput(n, input)] = weight;
  for (const [n, from, weight] of run.recurrent) tables.recurrent[fromNeuron(n, from)] = weight;
  tables.leaks[8] = run.leak;
  tables.refractory[0] = run.scale;
  tables.bias = run.bias;
  tables.biased = run.biased;
  return tables;
}

export const entriesOf = (run: RecordedRun): Entry[] => run.entries.map(([wait, address]) => ({ wait, address }));
export const hex = (text: string): number[] => [...Buffer.from(text, 'hex')];
