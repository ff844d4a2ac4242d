import type { Network, Tensor } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';

/**
 * A dense layer as a learner holds it: float32 weights beside the int8 ones, in the same steps. What follows it is
 * either one threshold per unit or the readout.
 */
export interface DenseLayer {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** [units][inputs], in steps of the int8 weights. */
  readonly weights: Float32Array;
  /** The same as they came: learning stays within a bound of them. */
  readonly factory: Float32Array;
  /** Sums at or above which a unit spikes; none for the last layer. */
  readonly thresholds?: Float32Array;
  /** What makes the sums of the last layer real, a number each for every unit; none for a spiking layer. */
  readonly readout?: { readonly scale: Float32Array; readonly bias: Float32Array };
  /**
   * How many steps are 1 in the units of the learning rule, for each unit: in a spiking layer the mean of |threshold| for
   * all, in the last one 1 ÷ scale of its readout.
   */
  readonly steps: Float32Array;
}

/** Takes the named dense nodes out of a network; each must feed the next through one threshold, the last a readout or one. */
export function readDenseLayers(network: Network, names: readonly string[]): DenseLayer[] {
  const layers = names.map((name) => readDenseLayer(network, name));
  layers.forEach((layer, place) => {
    const next = layers[place + 1];
    if (next && next.inputs !== layer.units)
      throw new ModelError(
        `${next.name}: takes ${next.inputs} inputs, but ${layer.name} before it has ${layer.units} units. Name layers that follow each other.`,
      );
    if (next && !layer.thresholds)
      throw new ModelError(`${layer.name}: no threshold after it, but ${next.name} follows. Name the last layer last.`);
  });
  return layers;
}

function readDenseLayer(network: Network, name: string): DenseLayer {
  const node = network.graph.nodes.find((candidate) => candidate.name === name);
  if (node?.op !== 'dense' || node.delays !== undefined)
    throw new ModelError(`${name}: not a dense layer without delays. Name one: ${denseNames(network).join(', ')}.`);
  const weight = network.tensors.get(node.weight);
  const [units, inputs] = weight?.shape ?? [];
  if (weight?.type !== 'I8' || units === undefined || inputs === undefined)
    throw new ModelError(`${name}: weights of type ${weight?.type ?? 'none'}. Learning needs I8 weights [out, in].`);
  const shape = {
    name,
    inputs,
    units,
    weights: Float32Array.from(weight.values),
    factory: Float32Array.from(weight.values),
  };
  for (const after of network.graph.nodes) {
    if (!('from' in after) || after.from[0] !== name) continue;
    if (after.op === 'threshold') {
      const thresholds = oneThreshold(
        network.tensors.get(after.threshold),
        network.tensors.get(after.mode),
        units,
        after.name,
      );
      const steps = new Float32Array(units).fill(Math.max(1, mean(thresholds.map(Math.abs))));
      return { ...shape, thresholds, steps };
    }
    if (after.op === 'readout') {
      const scale = oneEach(network.tensors.get(after.scale), units, 1);
      if (!scale.every((each) => each > 0 && each < Infinity))
        throw new ModelError(`${after.name}: a scale is not above 0. Learning needs sums that grow with their class.`);
      const bias = oneEach(after.bias === undefined ? undefined : network.tensors.get(after.bias), units, 0);
      return { ...shape, readout: { scale, bias }, steps: scale.map((each) => 1 / each) };
    }
  }
  throw new ModelError(`${name}: neither a threshold nor a readout follows it. Learning needs one of them.`);
}

/** A tensor of one value holds for all units. */
function oneEach(tensor: Tensor | undefined, units: number, usual: number): Float32Array {
  const values = tensor?.values ?? [usual];
  return Float32Array.from({ length: units }, (_, unit) => values[values.length === 1 ? 0 : unit] ?? NaN);
}

function oneThreshold(
  threshold: Tensor | undefined,
  mode: Tensor | undefined,
  units: number,
  name: string,
): Float32Array {
  const plain = threshold?.values.length === units && mode?.values.every((each) => each === 0) === true;
  if (!plain)
    throw new ModelError(`${name}: learning needs one threshold a unit, all of mode 0 (n ≥ T). Fold the network so.`);
  return Float32Array.from(threshold.values);
}

/** The network with other weights, thresholds and readouts in the named dense layers; all else is shared with the old one. */
export function withDenseLayers(network: Network, layers: readonly DenseLayer[], note: string): Network {
  const tensors = new Map(network.tensors);
  for (const layer of layers) {
    const node = network.graph.nodes.find((candidate) => candidate.name === layer.name);
    if (node?.op !== 'dense') continue;
    const old = tensors.get(node.weight);
    if (old) tensors.set(node.weight, { ...old, values: Int8Array.from(layer.weights, quantise) });
    const after = network.graph.nodes.find((candidate) => 'from' in candidate && candidate.from[0] === layer.name);
    if (after?.op === 'readout' && layer.readout) setReadout(tensors, after, layer.readout);
    if (after?.op !== 'threshold' || !layer.thresholds) continue;
    const threshold = tensors.get(after.threshold);
    if (threshold)
      tensors.set(after.threshold, { ...threshold, values: Int32Array.from(layer.thresholds, Math.round) });
  }
  return { graph: { ...network.graph, assumptions: [...network.graph.assumptions, note] }, tensors };
}

function setReadout(
  tensors: Map<string, Tensor>,
  { scale, bias }: { readonly scale: string; readonly bias?: string | undefined },
  readout: NonNullable<DenseLayer['readout']>,
): void {
  for (const [name, values] of [[scale, readout.scale] as const, [bias, readout.bias] as const]) {
    const old = name === undefined ? undefined : tensors.get(name);
    // One value for all stays one.
    if (name !== undefined && old) tensors.set(name, { ...old, values: values.slice(0, old.values.length) });
  }
}

/** To the nearest step, ties to even, never −128: the kernels negate weights. */
function quantise(weight: number): number {
  const floor = Math.floor(weight);
  const part = weight - floor;
  const nearest = part > 0.5 || (part === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return Math.max(-127, Math.min(127, nearest));
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

function denseNames(network: Network): string[] {
  return network.graph.nodes.filter(({ op }) => op === 'dense').map(({ name }) => name);
}
