import type { GraphNode, Network, Tensor } from '../../models/format/graph.js';
import { ModelError } from '../../models/format/model-error.js';
import { elementsOf, type Value } from '../../models/format/value.js';

/** Weights [row][column] from the spikes of an input or of a node; `step`: what they are whole multiples of, if known. */
export interface Synapses {
  readonly from: string;
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float64Array;
  readonly step: number;
}

type Nodes = ReadonlyMap<string, GraphNode>;

/**
 * All synapses of what a neuron reads: sums of dense layers of spikes, scaled or not. A spike of the tick before
 * (`previous`) is one of this tick: the chip has no synapse without delay. Throws ModelError for anything else.
 */
export function synapsesOf(name: string, network: Network, values: ReadonlyMap<string, Value>): readonly Synapses[] {
  const nodes: Nodes = new Map(network.graph.nodes.map((node) => [node.name, node]));
  return follow(name);

  function follow(name: string): readonly Synapses[] {
    const value = values.get(name);
    if (value?.domain === 'spikes') return [oneToOne(name, value)];
    const node = nodes.get(name);
    switch (node?.op) {
      case 'dense':
        return [dense(node)];
      case 'add':
        return node.from.flatMap((from, place) => scaled(follow(from), [node.multipliers[place] ?? 1], node.name));
      case 'scale':
      case 'readout': {
        const bias = node.bias === undefined ? undefined : tensorOf(node.bias).values.find((each) => each !== 0);
        if (bias !== undefined)
          throw new ModelError(
            `${node.name}: adds ${bias}. The chip adds nothing but spikes; use a drive of the neurons.`,
          );
        return scaled(follow(node.from[0]), tensorOf(node.scale).values, node.name);
      }
      default:
        throw new ModelError(
          `${name}: is ${node ? `a ${node.op} node` : 'no spikes'}. On the chip neurons read dense layers of spikes, added and scaled.`,
        );
    }
  }

  function dense(node: Extract<GraphNode, { op: 'dense' }>): Synapses {
    if (node.bias !== undefined || node.delays !== undefined)
      throw new ModelError(
        `${node.name}: has ${node.bias === undefined ? 'delays' : 'a bias'}; the chip has none. Leave it out.`,
      );
    const { shape, values: weights, type } = tensorOf(node.weight);
    const [rows = 1, columns = 1] = shape;
    const from = spikesOf(node.from[0], node.name);
    return { from, rows, columns, weights: Float64Array.from(weights), step: type === 'F32' ? NaN : 1 };
  }

  function oneToOne(name: string, value: Value): Synapses {
    const size = elementsOf(value.shape);
    const weights = new Float64Array(size * size);
    for (let at = 0; at < size; at++) weights[at * size + at] = 1;
    return { from: spikesOf(name, name), rows: size, columns: size, weights, step: 1 };
  }

  /** The input or neuron behind what must be spikes of one level. */
  function spikesOf(name: string, reader: string): string {
    const value = values.get(name);
    if (value?.domain !== 'spikes' || value.levels !== 1)
      throw new ModelError(`${reader}: reads ${name}, which is no spikes of one level. The chip carries nothing else.`);
    const node = nodes.get(name);
    if (node === undefined || node.op === 'neuron') return name;
    if (node.op === 'previous') return spikesOf(node.of, reader);
    if (node.op === 'flatten') return spikesOf(node.from[0], reader);
    throw new ModelError(`${name}: is a ${node.op} node. On the chip only inputs and neurons give spikes.`);
  }

  function tensorOf(name: string): Tensor {
    const tensor = network.tensors.get(name);
    if (!tensor) throw new ModelError(`${name}: no tensor of that name. Name one that the file has.`);
    return tensor;
  }
}

/** One factor for all rows, or one for each (or for each channel of them). */
function scaled(terms: readonly Synapses[], factors: ArrayLike<number>, name: string): readonly Synapses[] {
  return terms.map((term) => {
    const { rows, columns, weights, step } = term;
    if (rows % factors.length !== 0)
      throw new ModelError(`${name}: ${factors.length} factors for ${rows} rows. Give one each.`);
    const factor = (row: number): number => factors[Math.floor((row * factors.length) / rows)] as number;
    return {
      ...term,
      weights: weights.map((weight, at) => weight * factor(Math.floor(at / columns))),
      step: factors.length === 1 ? step * Math.abs(factors[0] as number) : NaN,
    };
  });
}
