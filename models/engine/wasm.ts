import type { Model, ModelValues } from '../../runtime/contracts.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { elementsOf, type Value } from '../format/value.js';
import { inferValues } from '../format/values.js';
import type { NodeContext, NodeStep, StateArray } from './node-context.js';
import { arrayKinds, describeNetwork, portOf, valueOf } from './ports.js';
import { prepareNode } from './prepare-node.js';
import { recordBytes } from './records.js';
import { NetworkState } from './state.js';
import { planNetwork } from './wasm-plan.js';

/**
 * The network on SIMD kernels, equal to the reference bit for bit; a node without a kernel runs the reference's code on
 * the same memory. `module` is assembly/kernels.wasm. Throws ModelError for a network that does not fit together.
 */
export function createWasm(network: Network, module: WebAssembly.Module): Model {
  const { graph, tensors } = network;
  const values = inferValues(network);
  const plan = planNetwork(network, values);

  const records = plan.phases.flatMap((phase) => ('records' in phase ? phase.records : []));
  const program = new Int32Array((records.length * recordBytes) / 4);
  records.forEach((record, place) => {
    program.set(record, (place * recordBytes) / 4);
  });
  let at = plan.memory.constant(program);
  const memory = plan.memory.create();
  const run = runOf(new WebAssembly.Instance(module, { env: { memory } }));

  const array = (name: string): ModelValues => viewOf(memory, plan.address(name), valueOf(values, name));
  const state = new NetworkState();
  const afterTick: NodeStep[] = [];
  let fallbackBytes = 0;
  const context: NodeContext = {
    value: (name) => valueOf(values, name),
    array,
    tensor(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new ModelError(`${name}: no tensor of that name. Name one that the file has.`);
      fallbackBytes += tensor.values.byteLength;
      return tensor;
    },
    state<Kind extends StateArray>(node: string, part: string, initial: Kind): Kind {
      const kept = initial.slice() as Kind;
      state.add(node, part, kept, initial);
      return kept;
    },
    afterTick: (step) => afterTick.push(step),
  };
  const steps: NodeStep[] = plan.phases.map((phase) => {
    if ('node' in phase) return prepareNode(phase.node, context);
    for (const { node, part, at: place, initial } of phase.states) {
      const Kind = initial.constructor as new (buffer: ArrayBuffer, at: number, length: number) => StateArray;
      state.add(node, part, new Kind(memory.buffer, place, initial.length), initial);
    }
    const from = at;
    at += phase.records.length * recordBytes;
    const to = at;
    return () => {
      run(from, to);
    };
  });
  steps.push(...afterTick);

  const inputArrays = graph.inputs.map(({ name }) => array(name));
  const outputArrays = graph.outputs.map(({ node }) => array(node));
  const weightBytes = plan.memory.constantBytes + fallbackBytes;
  const workingBytes = memory.buffer.byteLength - plan.memory.constantBytes + 2 * state.byteLength;
  const description = { ...describeNetwork(network, values, 'wasm', workingBytes), weightBytes };

  return {
    inputs: graph.inputs.map(({ name }) => portOf(name, valueOf(values, name))),
    outputs: graph.outputs.map(({ name, node }) => portOf(name, valueOf(values, node))),
    step(inputs, outputs) {
      for (let i = 0; i < inputArrays.length; i++) copy(inputs[i], inputArrays[i] as ModelValues, 'input');
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
    describe: () => description,
  };
}

function copy(given: ModelValues | undefined, into: ModelValues, what: string): void {
  if (given?.length !== into.length)
    throw new ModelError(
      `${what} of ${given?.length ?? 0} values, but the network takes ${into.length}. Give as many.`,
    );
  into.set(given);
}

function viewOf({ buffer }: WebAssembly.Memory, at: number, value: Value): ModelValues {
  return new arrayKinds[portOf('', value).type](buffer, at, elementsOf(value.shape));
}

function runOf({ exports }: WebAssembly.Instance): (at: number, end: number) => void {
  const { run } = exports;
  if (typeof run !== 'function') throw new Error('the module of kernels exports no function run');
  return run as (at: number, end: number) => void;
}
