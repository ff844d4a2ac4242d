import type { Network } from './graph.js';
import { mostAxis } from './limits.js';
import { ModelError } from './model-error.js';
import { shapedTensor } from './tensors.js';
import { describeShape, describeValue, elementsOf, type Value } from './value.js';
import { pooled, take, type NodeOf } from './values-spiking.js';

export function inferBatchnorm(node: NodeOf<'batchnorm'>, input: Value, network: Network): Value {
  const { shape } = take(node.name, input, ['real']);
  for (const name of [node.gain, node.bias, node.mean, node.variance])
    shapedTensor(network, name, 'F32', [[shape[0] ?? 1]], node.name);
  const { values } = shapedTensor(network, node.variance, 'F32', [[shape[0] ?? 1]], node.name);
  const wrong = values.findIndex((each) => each < 0 || each + node.epsilon <= 0);
  if (wrong !== -1)
    throw new ModelError(
      `${node.name}: variance of channel ${wrong} is ${values[wrong] as number}, epsilon ${node.epsilon}. Their sum is above 0, and neither is below.`,
    );
  return { domain: 'real', shape };
}

export function inferActivation(node: NodeOf<'activation'>, input: Value): Value {
  const { shape } = take(node.name, input, ['real']);
  if (node.function === 'thresholdedRelu' && node.theta === undefined)
    throw new ModelError(`${node.name}: a thresholdedRelu without theta. Give it one.`);
  return { domain: 'real', shape };
}

export function inferAvgpool(node: NodeOf<'avgpool'>, input: Value): Value {
  take(node.name, input, ['real']);
  return { domain: 'real', shape: pooled(node, input) };
}

export function inferReshape(node: NodeOf<'reshape'>, input: Value): Value {
  if (elementsOf(node.shape) !== elementsOf(input.shape))
    throw new ModelError(
      `${node.name}: ${elementsOf(input.shape)} elements (${describeValue(input)}) into ${describeShape(node.shape)}. Give a shape of as many elements.`,
    );
  return { ...input, shape: node.shape };
}

export function inferTranspose(node: NodeOf<'transpose'>, input: Value): Value {
  const { order } = node;
  if (order.length !== input.shape.length || new Set(order).size !== order.length || Math.max(...order) >= order.length)
    throw new ModelError(
      `${node.name}: order ${describeShape(order)} for ${describeValue(input)}. Name each of its axes once.`,
    );
  return { ...input, shape: order.map((axis) => input.shape[axis] ?? 1) };
}

export function inferConcat(node: NodeOf<'concat' | 'qconcat'>, inputs: readonly Value[]): Value {
  if (node.op === 'qconcat') for (const each of inputs) take(node.name, each, ['codes']);
  const [first] = inputs as readonly [Value];
  let value = first;
  for (const each of inputs.slice(1)) {
    const fits =
      each.shape.length === first.shape.length &&
      each.shape.every((axis, place) => place === node.axis || axis === first.shape[place]);
    const joined = fits ? wider(value, each) : undefined;
    if (!joined || node.axis >= first.shape.length)
      throw new ModelError(
        `${node.name}: joins ${describeValue(first)} and ${describeValue(each)} along axis ${node.axis}. Give it inputs of one kind, scale and zero point, equal in all other axes.`,
      );
    value = joined;
  }
  const length = inputs.reduce((sum, { shape }) => sum + (shape[node.axis] ?? 0), 0);
  if (length > mostAxis)
    throw new ModelError(`${node.name}: axis ${node.axis} becomes ${length} long. Keep it within ${mostAxis}.`);
  return { ...value, shape: first.shape.with(node.axis, length) };
}

/** The value that holds both, or undefined if none does. */
function wider(a: Value, b: Value): Value | undefined {
  if (a.domain === 'spikes' && b.domain === 'spikes') return a.levels > b.levels ? a : { ...a, levels: b.levels };
  if (a.domain === 'sums' && b.domain === 'sums') return a.most > b.most ? a : { ...a, most: b.most };
  if (a.domain === 'codes' && b.domain === 'codes')
    return a.type === b.type && a.scale === b.scale && a.zeroPoint === b.zeroPoint ? a : undefined;
  return a.domain === 'real' && b.domain === 'real' ? a : undefined;
}
