import type { GraphNode, Network } from './graph.js';
import { mostElements, mostLevels, mostSum, mostTicks } from './limits.js';
import { ModelError } from './model-error.js';
import { shapedTensor, tensorOf, weightOf, type Weight } from './tensors.js';
import { describeShape, describeValue, elementsOf, rangeOfCodes, sameShape, type Value } from './value.js';
import { slide } from './windows.js';

export type NodeOf<Op extends GraphNode['op']> = Extract<GraphNode, { op: Op }>;
type Domain = Value['domain'];

/** Refuses a value of another domain. */
export function take<Of extends Domain>(
  user: string,
  value: Value,
  domains: readonly Of[],
): Extract<Value, { domain: Of }> {
  if (isIn(value, domains)) return value;
  throw new ModelError(
    `${user}: its input is ${describeValue(value)}. It takes ${domains.join(' or ')}: put the node that converts it between.`,
  );
}

function isIn<Of extends Domain>(value: Value, domains: readonly Of[]): value is Extract<Value, { domain: Of }> {
  return domains.some((domain) => domain === value.domain);
}

export function takeRank(user: string, value: Value, rank: number, axes: string): void {
  if (value.shape.length !== rank)
    throw new ModelError(`${user}: its input is ${describeValue(value)}. Give it one of shape ${axes}.`);
}

/** Largest magnitude of what a weight is multiplied with. */
export function largest(value: Extract<Value, { domain: 'codes' | 'spikes' | 'sums' }>): number {
  if (value.domain === 'spikes') return value.levels;
  if (value.domain === 'sums') return value.most;
  const [low, high] = rangeOfCodes(value.type);
  return Math.max(value.zeroPoint - low, high - value.zeroPoint);
}

export function sums(user: string, shape: readonly number[], most: number): Value {
  if (most > mostSum)
    throw new ModelError(
      `${user}: a sum can reach ${most}, more than int32 holds (${mostSum}). Use smaller weights, fewer inputs or fewer levels.`,
    );
  return { domain: 'sums', shape, most };
}

function spikes(user: string, shape: readonly number[], levels: number, fix: string): Value {
  if (levels > mostLevels)
    throw new ModelError(`${user}: counts spikes up to ${levels}, more than a byte holds (${mostLevels}). ${fix}`);
  return { domain: 'spikes', shape, levels };
}

/** Integer weights give sums of at most Σ|w| of the heaviest output × the largest input; float32 weights give real ones. */
function synapse(
  node: NodeOf<'dense' | 'conv1d' | 'conv2d'>,
  input: Value,
  network: Network,
  weight: Weight,
  shape: readonly number[],
): Value {
  const outputs = weight.shape[0] ?? 1;
  if (node.bias !== undefined) {
    if (weight.type !== 'F32')
      throw new ModelError(
        `${node.name}: has ${weight.type} weights and the bias ${node.bias}. Integer sums take none: fold it into the threshold or the readout.`,
      );
    shapedTensor(network, node.bias, 'F32', [[outputs]], node.name);
  }
  if (weight.type === 'F32') {
    take(node.name, input, ['real', 'spikes']);
    return { domain: 'real', shape };
  }
  return sums(
    node.name,
    shape,
    heaviest(weight.values, outputs) * largest(take(node.name, input, ['codes', 'spikes', 'sums'])),
  );
}

/** Σ|w| of the output for which it is largest. */
export function heaviest(weights: Int8Array, outputs: number): number {
  const row = weights.length / outputs;
  let most = 0;
  for (let start = 0; start < weights.length; start += row) {
    let sum = 0;
    for (let at = start; at < start + row; at++) sum += Math.abs(weights[at] as number);
    most = Math.max(most, sum);
  }
  return most;
}

function wrongWeight(node: { readonly name: string }, weight: Weight, input: Value, wanted: string): ModelError {
  return new ModelError(
    `${node.name}: weight is ${weight.type} ${describeShape(weight.shape)}, but its input is ${describeValue(input)}. Give a weight of ${wanted}.`,
  );
}

export function inferDense(node: NodeOf<'dense'>, input: Value, network: Network): Value {
  takeRank(node.name, input, 1, '[units] (through a flatten node)');
  const weight = weightOf(network, node.weight, node.name);
  const [outputs = 1, inputs] = weight.shape;
  if (weight.shape.length !== 2 || inputs !== input.shape[0])
    throw wrongWeight(node, weight, input, `[outputs, ${elementsOf(input.shape)}]`);
  if (node.delays !== undefined) {
    take(node.name, input, ['spikes']);
    ticksOf(network, node.delays, [weight.shape], node.name);
  }
  return synapse(node, input, network, weight, [outputs]);
}

/** Whole ticks of 0 … `mostTicks`; returns the largest. */
function ticksOf(network: Network, name: string, shapes: readonly (readonly number[])[], user: string): number {
  const { values } = shapedTensor(network, name, 'I32', shapes, user);
  let most = 0;
  for (const ticks of values) {
    if (ticks < 0 || ticks > mostTicks)
      throw new ModelError(`${user}: tensor ${name} asks for ${ticks} ticks. Use 0 to ${mostTicks}.`);
    most = Math.max(most, ticks);
  }
  return most;
}

export function inferConv(node: NodeOf<'conv1d' | 'conv2d'>, input: Value, network: Network): Value {
  const flat = node.op === 'conv1d';
  takeRank(node.name, input, flat ? 2 : 3, flat ? '[channels, length]' : '[channels, height, width]');
  const weight = weightOf(network, node.weight, node.name);
  const [channels = 1, ...lengths] = input.shape;
  const [outputs = 1, group = 0, ...kernel] = weight.shape;
  if (weight.shape.length !== (flat ? 3 : 4) || group * node.groups !== channels)
    throw wrongWeight(
      node,
      weight,
      input,
      `[outputs, ${channels % node.groups === 0 ? channels / node.groups : 'channels / groups'}, ${flat ? 'kernel' : 'height, width'}]`,
    );
  if (outputs % node.groups !== 0)
    throw new ModelError(
      `${node.name}: ${outputs} outputs in ${node.groups} groups. Give a number of outputs that the groups divide.`,
    );
  const window =
    node.op === 'conv1d'
      ? { kernel, stride: [node.stride], padding: node.padding, dilation: [node.dilation] }
      : { kernel, stride: node.stride, padding: node.padding, dilation: node.dilation };
  return synapse(node, input, network, weight, [outputs, ...slide(node.name, lengths, window)]);
}

export function inferThreshold(node: NodeOf<'threshold'>, inputs: readonly Value[], network: Network): Value {
  const [first, second] = inputs as readonly [Value, Value?];
  const { shape } = take(node.name, first, ['sums']);
  const channels = shape[0] ?? 1;
  const threshold = tensorOf(network, node.threshold, 'I32', node.name);
  const levels = threshold.shape.at(-2) ?? 0;
  if (second) {
    const counts = take(node.name, second, ['spikes']);
    if (!sameShape(counts.shape, shape))
      throw new ModelError(
        `${node.name}: its second input is ${describeValue(second)}, the first ${describeValue(first)}. Give both one shape.`,
      );
    shapedTensor(network, node.threshold, 'I32', [[counts.levels + 1, levels, channels]], node.name);
  } else shapedTensor(network, node.threshold, 'I32', [[levels, channels]], node.name);
  const mode = shapedTensor(network, node.mode, 'U8', [[channels]], node.name);
  const wrong = mode.values.findIndex((each) => each > 2);
  if (wrong !== -1)
    throw new ModelError(
      `${node.name}: mode of channel ${wrong} is ${mode.values[wrong] as number}. Use 0 (n ≥ T), 1 (n ≤ T) or 2 (constant).`,
    );
  threshold.values.forEach((each, at) => {
    if (mode.values[at % channels] === 2 && each !== 0 && each !== 1)
      throw new ModelError(
        `${node.name}: channel ${at % channels} is constant (mode 2) and its T is ${each}. Use 0 or 1.`,
      );
  });
  return spikes(node.name, shape, levels, 'Use at most 255 thresholds a channel.');
}

/** One entry, one for each channel or one for each element: entry ⌊i ÷ (elements ÷ entries)⌋ is that of element i. */
export function spread(shape: readonly number[], channels = true): readonly (readonly number[])[] {
  return channels ? [[1], [shape[0] ?? 1], shape] : [[1], shape];
}

export function inferCompare(node: NodeOf<'compare'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['real']);
  shapedTensor(network, node.threshold, 'F32', spread(shape), node.name);
  return { domain: 'spikes', shape, levels: 1 };
}

/** Shape after a pooling over the last axes. No window lies wholly in the padding. */
export function pooled(node: NodeOf<'maxpool' | 'sumpool' | 'avgpool'>, input: Value): number[] {
  const axes = node.kernel.length;
  takeRank(node.name, input, axes + 1, axes === 1 ? '[channels, length]' : '[channels, height, width]');
  if (node.stride.length !== axes || node.padding.length !== 2 * axes)
    throw new ModelError(
      `${node.name}: kernel ${describeShape(node.kernel)}, stride ${describeShape(node.stride)}, padding ${describeShape(node.padding)}. Give a stride for each axis, and a padding before and after it.`,
    );
  node.padding.forEach((padding, at) => {
    if (padding >= (node.kernel[at % axes] ?? 1))
      throw new ModelError(
        `${node.name}: padding ${describeShape(node.padding)} leaves windows of ${describeShape(node.kernel)} without an element. Pad by less than the kernel.`,
      );
  });
  const [channels = 1, ...lengths] = input.shape;
  return [channels, ...slide(node.name, lengths, node)];
}

export function inferMaxpool(node: NodeOf<'maxpool'>, input: Value): Value {
  return { ...take(node.name, input, ['spikes', 'sums', 'real']), shape: pooled(node, input) };
}

export function inferSumpool(node: NodeOf<'sumpool'>, input: Value): Value {
  const value = take(node.name, input, ['spikes', 'sums', 'real']);
  const shape = pooled(node, input);
  const window = elementsOf(node.kernel);
  if (value.domain === 'real') return { domain: 'real', shape };
  if (value.domain === 'sums') return sums(node.name, shape, value.most * window);
  return spikes(
    node.name,
    shape,
    value.levels * window,
    `Use a window of at most ${Math.floor(mostLevels / value.levels)} elements.`,
  );
}

export function inferAdd(node: NodeOf<'add'>, inputs: readonly Value[]): Value {
  if (node.multipliers.length !== inputs.length)
    throw new ModelError(
      `${node.name}: ${node.multipliers.length} multipliers for ${inputs.length} inputs. Give one for each.`,
    );
  const [first] = inputs as readonly [Value];
  const odd = inputs.find((each) => each.domain !== first.domain || !sameShape(each.shape, first.shape));
  if (odd)
    throw new ModelError(
      `${node.name}: adds ${describeValue(first)} and ${describeValue(odd)}. Give it inputs of one kind and shape.`,
    );
  const { shape, domain } = take(node.name, first, ['spikes', 'sums', 'real']);
  if (domain === 'real') return { domain, shape };
  const most = inputs.reduce(
    (total, each, place) =>
      total + (each.domain === 'real' ? 0 : Math.abs(node.multipliers[place] ?? 0) * largest(each)),
    0,
  );
  return domain === 'spikes' && node.multipliers.every((each) => each === 1)
    ? spikes(node.name, shape, most, 'Add fewer of them.')
    : sums(node.name, shape, most);
}

export function inferScale(node: NodeOf<'scale'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['real', 'spikes']);
  shapedTensor(network, node.scale, 'F32', spread(shape), node.name);
  if (node.bias !== undefined) shapedTensor(network, node.bias, 'F32', spread(shape), node.name);
  return { domain: 'real', shape };
}

export function inferReadout(node: NodeOf<'readout'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['sums']);
  const either = [[1], [shape[0] ?? 1]];
  shapedTensor(network, node.scale, 'F32', either, node.name);
  if (node.bias !== undefined) shapedTensor(network, node.bias, 'F32', either, node.name);
  return { domain: 'real', shape };
}

export function inferDelay(node: NodeOf<'delay'>, input: Value, network: Network): Value {
  ticksOf(network, node.ticks, spread(input.shape, false), node.name);
  return input;
}

/** Elements of state that a node keeps from tick to tick, as float32 or int32. */
export function stateOf(node: GraphNode, input: Value, network: Network): number {
  const elements = elementsOf(input.shape);
  const ring = (name: string): number =>
    elements * (1 + tensorOf(network, name, 'I32').values.reduce((most, each) => Math.max(most, each), 0));
  if (node.op === 'dense') return node.delays === undefined ? 0 : ring(node.delays);
  if (node.op === 'delay') return ring(node.ticks);
  if (node.op === 'neuron') return 3 * elements;
  if (node.op === 'cubafixed') return 2 * elements;
  if (node.op === 'smooth') return 4 * elements * (tensorOf(network, node.sections, 'F64').shape[0] ?? 1);
  return node.op === 'delta' || node.op === 'integrate' ? elements : 0;
}

export function checkMemory(elements: number, user: string): void {
  if (elements > mostElements)
    throw new ModelError(
      `${user}: with it the values and states of the network have ${elements} elements. Keep all of them together under ${mostElements}: use smaller inputs, larger strides or shorter delays.`,
    );
}
