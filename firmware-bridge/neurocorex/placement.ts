import type { GraphNode, Network } from '../../models/format/graph.js';
import { ModelError } from '../../models/format/model-error.js';
import { elementsOf } from '../../models/format/value.js';
import { inferValues } from '../../models/format/values.js';
import {
  fromInput,
  fromNeuron,
  inputs,
  most,
  neurons,
  one,
  parameterSlot,
  silentTables,
  type ChipTables,
} from './protocol.js';
import { findStep } from './step.js';
import { synapsesOf, type Synapses } from './synapses.js';

/** A network as it stands on the chip. */
export interface Placement {
  readonly name: string;
  readonly tables: ChipTables;
  readonly input: { readonly name: string; readonly size: number };
  /** Neurons of the chip, in the order of the output's elements. */
  readonly outputs: readonly { readonly name: string; readonly neurons: readonly number[] }[];
  readonly layers: readonly { readonly name: string; readonly neurons: number; readonly synapses: number }[];
  /** A neuron gets spikes from another one. */
  readonly recurrent: boolean;
  /** What a weight of 1 on the chip is in the network. */
  readonly step: number;
  /** How the chip differs from the network, a line each. */
  readonly notes: readonly string[];
}

export interface PlacementOptions {
  /** Ticks of a run. */
  readonly ticks: number;
  /** Weights that are no whole multiples of one step are rounded to 8 bits, instead of refused. */
  readonly round: boolean;
}

/**
 * The tables for a network of integrate-and-fire neurons: `neuron` nodes with a decay of 1 (what leaks is the drive, the
 * same for all), reset to 0 at a spike, fed by dense layers. Throws ModelError with the reason for every other network.
 */
export function placeNetwork(network: Network, options: PlacementOptions): Placement {
  const { graph } = network;
  const values = inferValues(network);
  const [input, second] = graph.inputs;
  if (!input || second)
    throw new ModelError(`${graph.inputs.length} inputs: the chip has one of up to ${inputs} spikes.`);
  const size = elementsOf(input.shape);
  if (input.kind.domain !== 'spikes' || input.kind.levels !== 1 || size > inputs)
    throw new ModelError(`input ${input.name}: the chip takes up to ${inputs} spikes of one level.`);

  const populations = graph.nodes.filter((node) => node.op === 'neuron');
  const parts = populations.map((node) => {
    const count = elementsOf(values.get(node.name)?.shape ?? []);
    const cell = cellOf(node, count, network);
    const terms = synapsesOf(node.from[0], network, values).map((term) => ({
      ...term,
      weights: term.weights.map((weight, at) => weight * cell.gain(Math.floor(at / term.columns))),
    }));
    return { name: node.name, count, ...cell, terms };
  });
  const leak = commonLeak(parts);
  const outputs = graph.outputs.map(({ name, node }) => {
    if (!parts.some((part) => part.name === node))
      throw new ModelError(`output ${name}: reads ${node}, which is no neuron. The chip gives spikes of neurons only.`);
    return { name, node };
  });

  const from = (name: string): boolean => name === input.name;
  const recurrent = parts.some(({ terms }) => terms.some((term) => !from(term.from)));
  const order = new Map<string, number>();
  let total = 0;
  for (const { name, count } of parts) {
    order.set(name, total);
    total += count;
  }
  const place = spacing(parts, order, total, recurrent);
  const { step, weightOf, rounding } = findStep(
    parts.flatMap(({ terms }) => terms),
    Math.max(...parts.map((part) => roomFor(part, input.name))),
    options.round,
  );

  const tables = silentTables();
  const inUnits = (value: number): number => (value / step) * one;
  tables.leaks[8] = Math.round(inUnits(leak));
  for (const { name, count, thresholds, strict, terms } of parts) {
    const first = order.get(name) ?? 0;
    for (let row = 0; row < count; row++) {
      const neuron = place(first + row);
      // On a grid of 1/1024 `above` is the next point, `at least` the first that is no lower.
      const threshold = inUnits(thresholds[row] as number);
      const height = strict ? Math.floor(threshold) + 1 : Math.ceil(threshold);
      let largest = 0;
      for (const term of terms) {
        for (let column = 0; column < term.columns; column++) {
          const weight = weightOf(term.weights[row * term.columns + column] as number);
          if (weight === 0) continue;
          if (from(term.from)) {
            add(tables.feedForward, fromInput(neuron, column), weight, `${name}: input ${column}`);
            largest = Math.max(largest, weight);
          } else {
            const sender = place((order.get(term.from) ?? 0) + column);
            if (sender === neuron)
              throw new ModelError(
                `${name}: neuron ${row} feeds itself, which the chip does not do as published. Set it to 0.`,
              );
            add(tables.recurrent, fromNeuron(neuron, sender), weight, `${name}: ${term.from} ${column}`);
          }
        }
      }
      if (height < 1 || height - 1 + largest * one - Math.min(0, tables.leaks[8] as number) > most)
        throw new ModelError(
          `${name}: neuron ${row} has a threshold of ${height / one} and a weight of ${largest}, in steps of ${step}. The chip holds membranes from above 0 to 127.999: make them smaller against the other weights, or round.`,
        );
      tables.thresholds[parameterSlot(neuron)] = height;
    }
  }
  const idle = tables.leaks[8] as number;
  if (idle * (options.ticks + 1) > most)
    throw new ModelError(
      `a leak of ${leak} a tick takes a silent neuron below what the chip holds within ${Math.floor(most / idle)} ticks, and it comes out at the top as a spike. Use shorter runs, or a smaller leak.`,
    );
  return {
    name: graph.name,
    tables,
    input: { name: input.name, size },
    outputs: outputs.map(({ name, node }) => ({
      name,
      neurons: Array.from({ length: parts.find((part) => part.name === node)?.count ?? 0 }, (_, at) =>
        place((order.get(node) ?? 0) + at),
      ),
    })),
    layers: parts.map(({ name, count, terms }) => ({
      name,
      neurons: count,
      synapses: terms.reduce((sum, { weights }) => sum + weights.length, 0),
    })),
    recurrent,
    step,
    notes: notesOf(recurrent, rounding),
  };
}

interface Part {
  readonly name: string;
  readonly count: number;
  readonly thresholds: ArrayLike<number>;
  readonly strict: boolean;
  readonly leak: readonly number[];
  readonly terms: readonly Synapses[];
}

/** What the chip can do of a neuron node, or the reason why it cannot. */
function cellOf(node: Extract<GraphNode, { op: 'neuron' }>, count: number, { tensors }: Network) {
  const spread = (name: string | undefined, otherwise: number): number[] => {
    const values = name === undefined ? undefined : tensors.get(name)?.values;
    return Array.from({ length: count }, (_, at) => values?.[values.length === 1 ? 0 : at] ?? otherwise);
  };
  const refuse = (reason: string): never => {
    throw new ModelError(`${node.name}: ${reason}`);
  };
  const decay = spread(node.decay, 1).find((each) => each !== 1);
  if (decay !== undefined)
    refuse(
      `decays by ${decay} a tick; the chip takes the same amount from every membrane. Use a decay of 1 and a drive.`,
    );
  if (node.synapseDecay !== undefined)
    refuse('has a current that decays; on the chip a spike is gone after a tick. Leave it out.');
  if (node.current === 'old')
    refuse('takes the current of the tick before. Use the new one: the chip is late by itself.');
  if (node.threshold === undefined) refuse('has no threshold. Give it one: the chip sends nothing but spikes.');
  if (node.reset !== 'set' || spread(node.resetValue, 0).some((each) => each !== 0))
    refuse('is not set to 0 at a spike. Use reset set, to 0: the chip does nothing else.');
  if (spread(node.initial, 0).some((each) => each !== 0)) refuse('does not begin at 0. Leave initial out.');
  const gains = spread(node.gain, 1);
  return {
    thresholds: spread(node.threshold, Infinity),
    strict: node.strict,
    leak: spread(node.drive, 0).map((drive) => -drive),
    gain: (row: number): number => gains[row] ?? 1,
  };
}

function commonLeak(parts: readonly Part[]): number {
  const all = parts.flatMap(({ name, leak }) => leak.map((each) => ({ name, leak: each })));
  const first = all[0];
  if (!first) throw new ModelError('there is no neuron node. The chip has nothing but neurons.');
  const other = all.find(({ leak }) => leak !== first.leak);
  if (other)
    throw new ModelError(
      `${other.name}: a drive of ${-other.leak}, where another neuron has ${-first.leak}. The chip has one leak for all.`,
    );
  return first.leak;
}

/** The highest membrane that one input spike can bring about. */
function roomFor({ count, thresholds, terms }: Part, input: string): number {
  let room = 0;
  for (let row = 0; row < count; row++) {
    let largest = 0;
    for (const { from, columns, weights } of terms)
      if (from === input)
        for (let column = 0; column < columns; column++)
          largest = Math.max(largest, weights[row * columns + column] as number);
    room = Math.max(room, (thresholds[row] as number) + largest);
  }
  return room;
}

/**
 * Where each neuron stands on the chip. Where one feeds the neuron before it, every second place stays empty: that weight
 * would never count. With recurrent weights the last neuron stays empty, for its current would be everybody's.
 */
function spacing(parts: readonly Part[], order: ReadonlyMap<string, number>, total: number, recurrent: boolean) {
  const feedsBefore = parts.some(({ name, count, terms }) =>
    terms.some(({ from, columns, weights }) => {
      const sender = order.get(from);
      if (sender === undefined) return false;
      const receiver = order.get(name) ?? 0;
      return Array.from({ length: count }, (_, row) => receiver + row + 1 - sender).some(
        (column, row) => column >= 0 && column < columns && weights[row * columns + column] !== 0,
      );
    }),
  );
  const apart = feedsBefore ? 2 : 1;
  const room = recurrent ? Math.floor((neurons - 1 + apart - 1) / apart) : neurons;
  if (total > room)
    throw new ModelError(
      `${total} neurons: the chip has ${neurons}${recurrent ? `, of which a network like this one can use ${room}` : ''}. Use fewer.`,
    );
  return (index: number): number => index * apart;
}

function add(matrix: Int8Array, at: number, weight: number, name: string): void {
  const sum = (matrix[at] as number) + weight;
  if (sum < -128 || sum > 127)
    throw new ModelError(`${name}: its weights add up to ${sum} steps. The chip holds -128 to 127.`);
  matrix[at] = sum;
}

function notesOf(recurrent: boolean, rounding: number): string[] {
  return [
    'a spike is answered two ticks later at the earliest, in every layer; the engine answers in the same tick',
    'a neuron that spikes loses what comes in that tick, and rests for the next one',
    'inputs that spike together come one after the other, a tick each',
    ...(recurrent
      ? [
          'what neurons send each other is added again in every tick for as long as any neuron spiked in the tick before',
        ]
      : []),
    ...(rounding > 0 ? [`weights are rounded, by up to ${(100 * rounding).toPrecision(2)} % of the largest`] : []),
  ];
}
