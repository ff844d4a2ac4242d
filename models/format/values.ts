import type { GraphNode, Network } from './graph.js';
import { mostElements } from './limits.js';
import { ModelError } from './model-error.js';
import { checkTensor, weightOf } from './tensors.js';
import { elementsOf, type Value } from './value.js';
import * as float from './values-float.js';
import * as int8 from './values-int8.js';
import * as neuron from './values-neuron.js';
import * as spiking from './values-spiking.js';

export type { Value };

/** How often a shape that comes back through `previous` nodes is followed before the network is refused. */
const mostRounds = 16;

/**
 * What each input and node of a network gives, by name. Refuses with a ModelError every network that could not run:
 * names that are missing or twice, an order that does not hold, tensors of another type or shape, values of another
 * kind, sums that int32 may not hold, more memory than `mostElements`. An engine need not look again.
 */
export function inferValues(network: Network): ReadonlyMap<string, Value> {
  for (const [name, tensor] of network.tensors) checkTensor(name, tensor);
  const places = placesOf(network);
  for (const { name, node } of network.graph.outputs)
    if (!network.graph.nodes.some((each) => each.name === node))
      throw new ModelError(`output ${name}: reads ${node}, which is no node of the graph. Name one.`);
  const delayed = network.graph.nodes.filter((node) => node.op === 'previous');
  let assumed = new Map<string, Value | undefined>();
  for (let round = 0; round < mostRounds; round++) {
    const values = inferOnce(network, places, assumed);
    const next = new Map(delayed.map((node) => [node.of, values.get(node.of)]));
    if (delayed.every((node) => isSame(assumed.get(node.of), next.get(node.of)))) return complete(network, values);
    assumed = next;
  }
  throw new ModelError(
    `${delayed[0]?.name ?? 'previous'}: what it gives is not settled after ${mostRounds} ticks. Put a threshold, compare or neuron node into its cycle, and do not chain more than ${mostRounds - 2} previous nodes.`,
  );
}

/** Where each name stands: −1 for inputs. Refuses names that are used twice. */
function placesOf({ graph }: Network): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const add = (name: string, place: number): void => {
    if (places.has(name)) throw new ModelError(`${name}: two inputs or nodes have this name. Rename one.`);
    places.set(name, place);
  };
  graph.inputs.forEach(({ name }) => add(name, -1));
  graph.nodes.forEach(({ name }, place) => add(name, place));
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (outputs.has(name)) throw new ModelError(`output ${name}: two outputs have this name. Rename one.`);
    outputs.add(name);
  }
  return places;
}

/** One pass in the order of the nodes. What cannot be told before a `previous` node is known is left out. */
function inferOnce(
  network: Network,
  places: ReadonlyMap<string, number>,
  assumed: ReadonlyMap<string, Value | undefined>,
): Map<string, Value> {
  const values = new Map<string, Value>();
  const held = [...network.tensors.values()].reduce((sum, tensor) => sum + tensor.values.length, 0);
  const mostRead = mostElements + 2 * held;
  let elements = 0;
  let read = 0;
  for (const { name, shape, kind } of network.graph.inputs) {
    values.set(name, kind.domain === 'codes' ? int8.codes(name, kind, shape) : { ...kind, shape });
    elements += elementsOf(shape);
    spiking.checkMemory(elements, name);
  }
  network.graph.nodes.forEach((node, place) => {
    for (const field of Object.values(node))
      if (typeof field === 'string') read += network.tensors.get(field)?.values.length ?? 0;
    if (read > mostRead)
      throw new ModelError(
        `${node.name}: with it the nodes read ${read} elements of tensors, the file holds ${held}. Let fewer nodes share a tensor.`,
      );
    const value = inferNode(node, place, network, { places, values, assumed });
    if (!value) return;
    values.set(node.name, value);
    elements += elementsOf(value.shape);
    const input = 'from' in node ? values.get(node.from[0]) : undefined;
    if (input) elements += spiking.stateOf(node, input, network);
    spiking.checkMemory(elements, node.name);
  });
  return values;
}

interface Known {
  readonly places: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, Value>;
  readonly assumed: ReadonlyMap<string, Value | undefined>;
}

function inferNode(node: GraphNode, place: number, network: Network, known: Known): Value | undefined {
  if (node.op === 'previous') {
    if (!known.places.has(node.of))
      throw new ModelError(`${node.name}: delays ${node.of}, which is neither an input nor a node. Name one.`);
    return known.values.get(node.of) ?? known.assumed.get(node.of);
  }
  if (node.op === 'qconstant') return int8.inferQconstant(node, network);
  const inputs: Value[] = [];
  let complete = true;
  for (const name of node.from) {
    const from = known.places.get(name);
    if (from === undefined)
      throw new ModelError(`${node.name}: reads ${name}, which is neither an input nor a node. Name one.`);
    if (from >= place)
      throw new ModelError(
        `${node.name}: reads ${name}, which comes ${from === place ? 'to be by itself' : 'later'}. Put it before, or close the cycle through a previous node.`,
      );
    const value = known.values.get(name);
    if (value) inputs.push(value);
    else complete = false;
  }
  const [first] = inputs;
  return complete && first ? inferComplete(node, inputs, first, network) : foresee(node, first, network);
}

/** What a node gives whatever it reads: enough to follow the cycles of recurrent layers round to their start. */
function foresee(node: GraphNode, known: Value | undefined, network: Network): Value | undefined {
  if (node.op === 'add') return known;
  if (node.op !== 'dense') return undefined;
  const weight = weightOf(network, node.weight, node.name);
  const shape = weight.shape.slice(0, 1);
  return weight.type === 'F32' ? { domain: 'real', shape } : { domain: 'sums', shape, most: 0 };
}

function inferComplete(
  node: Exclude<GraphNode, { op: 'previous' | 'qconstant' }>,
  inputs: readonly Value[],
  input: Value,
  network: Network,
): Value {
  switch (node.op) {
    case 'dense':
      return spiking.inferDense(node, input, network);
    case 'conv1d':
    case 'conv2d':
      return spiking.inferConv(node, input, network);
    case 'threshold':
      return spiking.inferThreshold(node, inputs, network);
    case 'compare':
      return spiking.inferCompare(node, input, network);
    case 'maxpool':
      return spiking.inferMaxpool(node, input);
    case 'sumpool':
      return spiking.inferSumpool(node, input);
    case 'flatten':
      return { ...input, shape: [elementsOf(input.shape)] };
    case 'add':
      return spiking.inferAdd(node, inputs);
    case 'scale':
      return spiking.inferScale(node, input, network);
    case 'readout':
      return spiking.inferReadout(node, input, network);
    case 'delay':
      return spiking.inferDelay(node, input, network);
    case 'neuron':
      return neuron.inferNeuron(node, input, network);
    case 'cubafixed':
      return neuron.inferCubafixed(node, input, network);
    case 'delta':
      return neuron.inferDelta(node, input, network);
    case 'integrate':
      return neuron.inferIntegrate(node, input);
    case 'smooth':
      return neuron.inferSmooth(node, input, network);
    case 'batchnorm':
      return float.inferBatchnorm(node, input, network);
    case 'activation':
      return float.inferActivation(node, input);
    case 'avgpool':
      return float.inferAvgpool(node, input);
    case 'reshape':
      return float.inferReshape(node, input);
    case 'transpose':
      return float.inferTranspose(node, input);
    case 'concat':
    case 'qconcat':
      return float.inferConcat(node, inputs);
    case 'qdense':
      return int8.inferQdense(node, input, network);
    case 'qconv2d':
      return int8.inferQconv2d(node, input, network);
    case 'qmaxpool':
    case 'qavgpool':
      return int8.inferQpool(node, input);
    case 'qmean':
      return int8.inferQmean(node, input);
    case 'qadd':
    case 'qsubtract':
    case 'qmultiply':
      return int8.inferQbinary(node, [input, inputs[1] ?? input]);
    case 'qlookup':
      return int8.inferQlookup(node, input, network);
    case 'qsoftmax':
      return int8.inferQsoftmax(node, input);
    case 'qslice':
      return int8.inferQslice(node, input);
    case 'qpad':
      return int8.inferQpad(node, input);
    case 'quantize':
      return int8.inferQuantize(node, input);
    case 'dequantize':
      return int8.inferDequantize(node, input);
  }
}

function isSame(a: Value | undefined, b: Value | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function complete(network: Network, values: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  const open = network.graph.nodes.find(({ name }) => !values.has(name));
  if (open)
    throw new ModelError(
      `${open.name}: nothing says what shape it has, since it is fed only by what comes after it. Give the cycle an input.`,
    );
  return values;
}
