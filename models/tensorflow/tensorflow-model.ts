import type { Model, ModelValues } from '../../runtime/contracts.js';
import { describeNetwork, portOf } from '../engine/ports.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { elementsOf } from '../format/value.js';
import { inferValues } from '../format/values.js';
import { loadTensorFlow, type Tensor } from './library.js';
import { channelsFirst, channelsLast, operationOf, type Build } from './operations.js';

/**
 * A float network without state, run by TensorFlow.js. Refuses a network of codes, sums or neurons, and says which
 * package to install if TensorFlow.js is missing. Unlike the own engines, a step allocates: TensorFlow.js makes tensors,
 * all of which are freed when it ends.
 */
export async function createTensorFlow(network: Network): Promise<Model> {
  const { graph } = network;
  const values = inferValues(network);
  for (const [name, { domain }] of values)
    if (domain !== 'real' && domain !== 'spikes')
      throw new ModelError(
        `${name}: holds ${domain}. TensorFlow.js runs float networks; the own engines run integers.`,
      );
  const tf = await loadTensorFlow();
  const build: Build = {
    tf,
    network,
    values,
    constant: (elements, shape) => tf.keep(tf.tensor(elements, shape, 'float32')),
  };
  const nodes = graph.nodes.map((node) => ({
    name: node.name,
    from: 'from' in node ? node.from : [],
    apply: operationOf(node, build),
  }));
  const portFor = (name: string, node: string): Model['inputs'][number] => {
    const value = values.get(node);
    if (!value) throw new ModelError(`${name}: shows ${node}, which is neither an input nor a node.`);
    return portOf(name, value);
  };
  const inputs = graph.inputs.map(({ name }) => portFor(name, name));
  const outputs = graph.outputs.map(({ name, node }) => portFor(name, node));
  const staged = inputs.map(({ shape }) => new Float32Array(elementsOf(shape)));

  function step(given: readonly ModelValues[], into: readonly ModelValues[]): void {
    const held = new Map<string, Tensor>();
    inputs.forEach(({ name, shape }, place) => {
      const input = staged[place] as Float32Array;
      const values = given[place] as ModelValues;
      if (values.length !== input.length)
        throw new ModelError(
          `input ${name} of ${values.length} values, but the network takes ${input.length}. Give as many.`,
        );
      input.set(values);
      held.set(name, channelsLast(tf, tf.tensor(input, shape), shape));
    });
    for (const { name, from, apply } of nodes) held.set(name, apply(from.map((each) => held.get(each) as Tensor)));
    graph.outputs.forEach(({ node }, place) => {
      const { shape } = outputs[place] as Model['outputs'][number];
      (into[place] as ModelValues).set(channelsFirst(tf, held.get(node) as Tensor, shape).dataSync());
    });
  }

  let workingBytes = 0;
  for (const { shape } of values.values()) workingBytes += 4 * elementsOf(shape);
  return {
    inputs,
    outputs,
    step(given, into) {
      tf.tidy(() => {
        step(given, into);
      });
    },
    reset() {
      // Nothing is kept from step to step.
    },
    stateBytes: 0,
    saveState() {
      // As above.
    },
    loadState(from) {
      if (from.length !== 0) throw new ModelError(`a state of ${from.length} bytes, but this network has none.`);
    },
    setState(node) {
      throw new ModelError(`${node}: has no state to set. TensorFlow.js runs networks without state.`);
    },
    describe: () => describeNetwork(network, values, 'tensorflow', workingBytes),
  };
}
