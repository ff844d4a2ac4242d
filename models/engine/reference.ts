import type { Model, ModelValues } from '../../runtime/contracts.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { inferValues } from '../format/values.js';
import type { NodeContext, NodeStep } from './node-context.js';
import { describeNetwork, newArray, portOf, takeInput, valueOf } from './ports.js';
import { prepareNode } from './prepare-node.js';
import { NetworkState } from './state.js';

/**
 * The network in plain TypeScript, node after node as the comments of the node schemas say: what every other engine
 * must equal bit for bit. Throws ModelError for a network that does not fit together.
 */
export function createReference(network: Network): Model {
  const { graph, tensors } = network;
  const values = inferValues(network);
  const arrays = new Map<string, ModelValues>();
  for (const [name, value] of values) arrays.set(name, newArray(value));
  const state = new NetworkState();
  const afterTick: NodeStep[] = [];
  const context: NodeContext = {
    value: (name) => valueOf(values, name),
    array(name) {
      const array = arrays.get(name);
      if (!array) throw new ModelError(`${name}: no input or node of that name. Name one that the graph has.`);
      return array;
    },
    tensor(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new ModelError(`${name}: no tensor of that name. Name one that the file has.`);
      return tensor;
    },
    state(node, part, initial) {
      const array = initial.slice() as typeof initial;
      state.add(node, part, array, initial);
      return array;
    },
    afterTick: (step) => afterTick.push(step),
  };
  const steps = [...graph.nodes.map((node) => prepareNode(node, context)), ...afterTick];
  const inputArrays = graph.inputs.map(({ name }) => context.array(name));
  const inputValues = graph.inputs.map(({ name }) => context.value(name));
  const outputArrays = graph.outputs.map(({ node }) => context.array(node));
  let workingBytes = state.byteLength;
  for (const array of arrays.values()) workingBytes += array.byteLength;

  return {
    inputs: graph.inputs.map(({ name }) => portOf(name, context.value(name))),
    outputs: graph.outputs.map(({ name, node }) => portOf(name, context.value(node))),
    step(inputs, outputs) {
      for (let i = 0; i < inputArrays.length; i++)
        takeInput(inputs[i] as ModelValues, inputValues[i] as (typeof inputValues)[0], inputArrays[i] as ModelValues);
      for (let i = 0; i < steps.length; i++) (steps[i] as NodeStep)();
      for (let i = 0; i < outputArrays.length; i++) (outputs[i] as ModelValues).set(outputArrays[i] as ModelValues);
    },
    reset() {
      state.reset();
    },
    stateBytes: state.byteLength,
    saveState(into) {
      state.save(into);
    },
    loadState(from) {
      state.load(from);
    },
    setState(node, membranes) {
      state.setMembrane(node, membranes);
    },
    describe: () => describeNetwork(network, values, 'reference', workingBytes),
  };
}
