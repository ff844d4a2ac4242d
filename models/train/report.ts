import type { Network } from '../format/graph.js';
import { operationsOf, type Plan } from './plan.js';
import { elementsOf } from './volume.js';

/**
 * Estimated synaptic energy: the arithmetic alone of 45 nm silicon (Horowitz, ISSCC 2014), as papers on spiking networks
 * count it. A model, not the power of a computer, where memory and idle current weigh more.
 */
const picojoulesOfMac = 4.6;
const picojoulesOfAddition = 0.9;

export interface LayerReport {
  readonly name: string;
  /** Multiplications of a dense pass. */
  readonly operations: number;
  /** Share of inputs that are not 0, mean over the samples. */
  readonly inputRate: number;
  /** Share of weights that are 0. */
  readonly sparsity: number;
  readonly estimatedSynapticNanojoules: number;
}

export interface EnergyReport {
  readonly layers: readonly LayerReport[];
  readonly estimatedSynapticNanojoules: number;
  /** The same shapes with a multiplication for every weight and input. */
  readonly estimatedDenseNanojoules: number;
  readonly model: string;
}

/** @param activity inputs other than 0 of each layer, over `samples` samples */
export function reportEnergy(
  plan: Plan,
  network: Network,
  activity: readonly number[],
  samples: number,
  spiking: boolean,
): EnergyReport {
  const layers = plan.blocks.map((block, place) => {
    const operations = operationsOf(block);
    const inputRate = (activity[place] ?? 0) / (samples * elementsOf(block.input));
    const weights = Float32Array.from(network.tensors.get(`${block.name}.weight`)?.values ?? []);
    const zeros = weights.filter((weight) => weight === 0).length;
    // The first layer takes codes, which multiply; spikes only add, and only where they are.
    const adds = spiking && place > 0;
    const picojoules = adds ? picojoulesOfAddition * inputRate * operations : picojoulesOfMac * operations;
    return {
      name: block.name,
      operations,
      inputRate,
      sparsity: zeros / weights.length,
      estimatedSynapticNanojoules: picojoules / 1000,
    };
  });
  return {
    layers,
    estimatedSynapticNanojoules: layers.reduce((sum, layer) => sum + layer.estimatedSynapticNanojoules, 0),
    estimatedDenseNanojoules: layers.reduce((sum, { operations }) => sum + (picojoulesOfMac * operations) / 1000, 0),
    model: `${picojoulesOfMac} pJ a multiplication and addition, ${picojoulesOfAddition} pJ an addition (45 nm); arithmetic only`,
  };
}
