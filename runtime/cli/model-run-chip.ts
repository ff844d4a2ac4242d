import { InvalidArgumentError } from 'commander';
import { openChip } from '../../firmware-bridge/neurocorex/chip.js';
import { placeNetwork, type Placement } from '../../firmware-bridge/neurocorex/placement.js';
import { differences, type RunModel } from '../../firmware-bridge/neurocorex/run-model.js';
import { createTwin } from '../../firmware-bridge/neurocorex/twin.js';
import { arrayFor } from '../../models/engine/ports.js';
import { createReference } from '../../models/engine/reference.js';
import type { Network } from '../../models/format/graph.js';
import type { ModelValues } from '../contracts.js';
import { openInput, type ModelInput } from './model-input.js';

/** A chip, or its twin on this machine where no port is named. */
export interface ChipPlace {
  readonly port?: string;
}

export function chipPlace(text: string): ChipPlace {
  const found = /^neurocorex(?::(?<port>.+))?$/.exec(text);
  if (!found) throw new InvalidArgumentError(`${text} is no chip. Write neurocorex:PORT, or neurocorex for its twin.`);
  const port = found.groups?.['port'];
  return port === undefined ? {} : { port };
}

export interface ChipRun {
  readonly engine: string;
  readonly notes: readonly string[];
  readonly late: number;
  readonly lost: number;
  readonly wraps: number;
  /** Spikes that are not as the twin's; null for the twin itself. */
  readonly differences: number | null;
  readonly ticks: readonly Record<string, number[]>[];
}

/** All ticks in one run of the chip, which begins at rest. @throws ModelError */
export async function runOnChip(
  network: Network,
  { port }: ChipPlace,
  { input, ticks: wanted, round }: { input: string; ticks?: number; round: boolean },
): Promise<ChipRun> {
  const values = openInput(input, createReference(network).inputs);
  const ticks = wanted ?? values.ticks;
  const placement = placeNetwork(network, { ticks, round });
  const twin = createTwin(placement, ticks);
  const given = wholeRun(values, ticks, placement.input.size);
  const expected = outputsOf(twin, given);
  const { late, lost, wraps } = twin.counts;
  const { notes } = placement;
  if (port === undefined)
    return {
      engine: twin.describe().engine,
      notes,
      late,
      lost,
      wraps,
      differences: null,
      ticks: byTick(placement, expected, ticks),
    };
  const chip = await openChip(placement, { port, ticks });
  try {
    const answer = outputsOf(chip, given);
    return {
      engine: chip.describe().engine,
      notes,
      late,
      lost,
      wraps,
      differences: differences(expected, answer),
      ticks: byTick(placement, answer, ticks),
    };
  } finally {
    await chip.close();
  }
}

/** What a person should know of it, a line each. */
export function remarksOf({ notes, late, lost, wraps, differences }: ChipRun): string[] {
  return [
    ...notes.map((note) => `on the chip: ${note}`),
    ...(late > 0 ? [`${late} input spikes came later, for one is taken a tick`] : []),
    ...(lost > 0 ? [`${lost} input spikes found no tick in this run`] : []),
    ...(wraps > 0 ? [`${wraps} times a membrane or a sum left the range of the chip: these spikes mean nothing`] : []),
    ...(differences === null
      ? []
      : [
          differences === 0
            ? 'every spike is as the twin says'
            : `${differences} spikes are not as the twin says: reset the board`,
        ]),
  ];
}

function wholeRun(values: ModelInput, ticks: number, size: number): Uint8Array {
  const given = new Uint8Array(ticks * size);
  for (let tick = 0; tick < ticks; tick++) given.set(values.at(tick)[0] ?? [], tick * size);
  return given;
}

function outputsOf(model: RunModel, input: Uint8Array): ModelValues[] {
  const outputs = model.outputs.map(arrayFor);
  model.step([input], outputs);
  return outputs;
}

function byTick({ outputs }: Placement, values: readonly ModelValues[], ticks: number): Record<string, number[]>[] {
  return Array.from({ length: ticks }, (_, tick) =>
    Object.fromEntries(
      outputs.map(({ name, neurons: { length } }, place) => [
        name,
        [...(values[place] ?? [])].slice(tick * length, (tick + 1) * length),
      ]),
    ),
  );
}
