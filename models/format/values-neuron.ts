import type { Network } from './graph.js';
import { mostSum } from './limits.js';
import { ModelError } from './model-error.js';
import { shapedTensor } from './tensors.js';
import type { Value } from './value.js';
import { spread, take, type NodeOf } from './values-spiking.js';

export function inferNeuron(node: NodeOf<'neuron'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['real']);
  if ((node.synapseDecay === undefined) !== (node.synapseGain === undefined))
    throw new ModelError(
      `${node.name}: has ${node.synapseDecay === undefined ? 'synapseGain without synapseDecay' : 'synapseDecay without synapseGain'}. Give both or neither.`,
    );
  if (node.reset !== 'none' && node.threshold === undefined)
    throw new ModelError(`${node.name}: reset is ${node.reset}, but it has no threshold. Give one, or reset none.`);
  const given = [
    node.synapseDecay,
    node.synapseGain,
    node.decay,
    node.gain,
    node.drive,
    node.threshold,
    node.resetValue,
    node.initial,
  ];
  for (const name of given) if (name !== undefined) shapedTensor(network, name, 'F32', spread(shape, false), node.name);
  return node.threshold === undefined ? { domain: 'real', shape } : { domain: 'spikes', shape, levels: 1 };
}

/** Loihi's ranges; the input is small enough that its current wraps at most once. */
export function inferCubafixed(node: NodeOf<'cubafixed'>, input: Value, network: Network): Value {
  const { shape, most } = take(node.name, input, ['sums']);
  if (most > 1 << 17)
    throw new ModelError(
      `${node.name}: its input can reach ${most}; its 24-bit current takes at most ${1 << 17}. Use smaller weights or fewer inputs.`,
    );
  const within = (name: string, low: number, high: number): void => {
    const { values } = shapedTensor(network, name, 'I32', spread(shape, false), node.name);
    const wrong = values.find((each) => each < low || each > high);
    if (wrong !== undefined)
      throw new ModelError(`${node.name}: tensor ${name} holds ${wrong}. Use ${low} to ${high}.`);
  };
  within(node.currentDecay, 0, 4095);
  within(node.voltageDecay, 0, 4096);
  within(node.threshold, 0, (1 << 17) - 1);
  if (node.bias !== undefined) within(node.bias, -(1 << 23), 1 << 23);
  return { domain: 'spikes', shape, levels: 1 };
}

export function inferDelta(node: NodeOf<'delta'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['real']);
  const theta = shapedTensor(network, node.theta, 'F32', spread(shape, false), node.name);
  const wrong = theta.values.find((each) => each <= 0);
  if (wrong !== undefined) throw new ModelError(`${node.name}: theta is ${wrong}. Give one above 0.`);
  return { domain: 'sums', shape, most: node.levels };
}

export function inferIntegrate(node: NodeOf<'integrate'>, input: Value): Value {
  const { domain, shape } = take(node.name, input, ['sums', 'real']);
  return domain === 'real' ? { domain, shape } : { domain, shape, most: mostSum };
}

export function inferSmooth(node: NodeOf<'smooth'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['real']);
  const sections = network.tensors.get(node.sections)?.shape[0] ?? 1;
  if (sections > 64) throw new ModelError(`${node.name}: has ${sections} sections. Use at most 64.`);
  const { values } = shapedTensor(network, node.sections, 'F64', [[sections, 6]], node.name);
  for (let section = 0; section < sections; section++)
    if (values[section * 6 + 3] !== 1)
      throw new ModelError(
        `${node.name}: a0 of section ${section} is ${values[section * 6 + 3] as number}. Divide the section by its a0.`,
      );
  return { domain: 'real', shape };
}
