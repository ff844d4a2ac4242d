import { ModelError } from '../../format/model-error.js';
import type { Integrator } from '../discretise.js';
import type { ImportOptions } from '../importer.js';
import type { NirGraph } from './graph.js';
import type { NirNeuron } from './nodes.js';

/** How long a tick is and how neurons are stepped: NIR stores neither. */
export interface Stepping {
  /** Seconds; undefined when the file's own time is in ticks (Sinabs, Spyx) or nothing in it depends on time. */
  readonly tickSeconds?: number;
  readonly integrator: Integrator;
  readonly assumptions: readonly string[];
}

/**
 * The length of a tick, from the file's metadata `axond_dt`, else from the options, else from what exporters leave in the
 * constants: snnTorch and Lava store r = τ/dt for every neuron, Sinabs and Spyx store τ in ticks.
 */
export function chooseStepping(graph: NirGraph, options: ImportOptions): Stepping {
  const integrator = options.integrator ?? 'euler';
  const neurons = [...graph.nodes.values()].filter((node) => node.type === 'neuron');
  const hasDelay = [...graph.nodes.values()].some(({ type }) => type === 'Delay');
  const isTimed = neurons.some(({ tau }) => tau !== undefined);
  if (neurons.length === 0 && !hasDelay) return { integrator, assumptions: [] };
  // Without a time constant, nothing tells what a Delay counts in.
  const isInTicks = (isTimed || !hasDelay) && neurons.every(countsTicks);
  const given = graph.tickSeconds ?? options.tickSeconds;
  if (given === undefined && isInTicks)
    return { integrator, assumptions: isTimed ? assumedOfTicks(neurons, options) : [oneStepATick] };

  const assumptions: string[] = [];
  if (options.integrator === undefined && isTimed)
    assumptions.push('The integrator is not stored in NIR: taken is euler.');
  if (graph.tickSeconds !== undefined && options.tickSeconds !== undefined && graph.tickSeconds !== options.tickSeconds)
    assumptions.push(`The file says that a tick is ${graph.tickSeconds} s; ${options.tickSeconds} s was not used.`);
  if (given !== undefined && isInTicks)
    assumptions.push(
      `Times are taken as seconds, a tick as ${given} s, though every time constant is at least 1 and every r is 1 or 1 − 1/τ, as in files of Sinabs and Spyx that count in ticks. Leave out --dt if this is one.`,
    );
  if (given !== undefined) return { tickSeconds: given, integrator, assumptions };

  const tick = hasDelay && !isTimed ? undefined : commonRatio(neurons);
  if (tick === undefined)
    throw new ModelError(
      'NIR does not store how long a tick is, and its time constants do not tell: there are none, τ/r is not one number, or it is τ itself. Give the seconds of a tick (--dt).',
    );
  const round = Number(tick.toPrecision(4));
  assumptions.push(
    `NIR does not store the tick: ${round} s is proposed, because τ/r of every neuron is that.` +
      (isRound(tick)
        ? ''
        : ' It is no round number, so it may be wrong: Rockpool hides exp(−dt/τ) in r. Give --dt if you know it.'),
  );
  return { tickSeconds: round, integrator, assumptions };
}

const oneStepATick =
  'NIR does not store the tick. No neuron has a time constant and every r is 1: each input is added once a tick.';

/** A time constant of one tick or more with the r that Sinabs or Spyx stores; a neuron that only adds up has r = 1. */
function countsTicks({ tau, resistance, synapse, leak }: NirNeuron): boolean {
  if (synapse !== undefined) return false;
  if (tau === undefined) return resistance.values.every((r) => r === 1);
  const at = (values: ArrayLike<number>, n: number) => values[values.length === 1 ? 0 : n] as number;
  for (let n = 0; n < Math.max(tau.values.length, resistance.values.length); n++) {
    const [constant, r] = [at(tau.values, n), at(resistance.values, n)];
    const isSpyx = r > 0 && Math.abs(r - (1 - 1 / constant)) < 1e-4;
    if (constant < 1 || !(r === 1 || isSpyx)) return false;
  }
  return leak?.values.every((rest) => rest === 0) ?? true;
}

function assumedOfTicks(neurons: readonly NirNeuron[], { integrator }: ImportOptions): string[] {
  const resistances = neurons.flatMap(({ tau, resistance }) => (tau === undefined ? [] : [...resistance.values]));
  const decays = [
    ...(resistances.includes(1) ? ['exp(−1/τ) where r is 1, as Sinabs means it'] : []),
    ...(resistances.some((r) => r !== 1) ? ['1 − 1/τ where r is that, as Spyx stores it'] : []),
  ];
  return [
    'NIR does not store the tick. Every time constant is at least 1 and every r is 1 or 1 − 1/τ: taken as ticks.',
    `The decay of a tick is not stored either: taken is ${decays.join(', and ')}.`,
    ...(integrator === undefined ? [] : [`The step of the integrator ${integrator} (--integrator) was not used.`]),
  ];
}

/** The one τ/r of all neurons, and τ_syn/w_in of all synapses: there Euler's rule has a gain of 1. */
function commonRatio(neurons: readonly NirNeuron[]): number | undefined {
  let [least, most] = [Infinity, 0];
  for (const { tau, resistance, synapse } of neurons) {
    const pairs = [
      { constants: tau?.values ?? Float64Array.of(1), gains: resistance.values },
      ...(synapse === undefined ? [] : [{ constants: synapse.tau.values, gains: synapse.weight.values }]),
    ];
    for (const { constants, gains } of pairs)
      for (let n = 0; n < Math.max(constants.length, gains.length); n++) {
        const constant = constants[constants.length === 1 ? 0 : n] as number;
        const ratio = constant / (gains[gains.length === 1 ? 0 : n] as number);
        // As long as the time constant: r is 1, which says nothing of ticks.
        if (tau !== undefined && ratio >= constant) return undefined;
        least = Math.min(least, ratio);
        most = Math.max(most, ratio);
      }
  }
  return least > 0 && most - least <= 1e-4 * most && most <= 3600 ? (least + most) / 2 : undefined;
}

function isRound(seconds: number): boolean {
  return Math.abs(Number(seconds.toPrecision(2)) - seconds) <= 1e-4 * seconds;
}
