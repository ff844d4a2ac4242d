import type { Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { describeShape, elementsOf } from '../../format/value.js';
import { Fields } from '../hdf5/fields.js';
import type { Hdf5Group } from '../hdf5/tree.js';
import type { ImportOptions } from '../importer.js';
import { NetworkDraft } from '../network-draft.js';

const mostLayers = 256;

/**
 * A network that lava-dl wrote for Loihi ("netx"): dense layers of current-based neurons in fixed point, in the order of
 * their numbers. Weights are whole, of −254 to 254, as the chip's 8 bits and sign give.
 */
export function translateNetx(file: Hdf5Group, fileBytes: number, options: ImportOptions): Network {
  const layers = file.groups.get('layer')?.groups ?? new Map<string, Hdf5Group>();
  const draft = new NetworkDraft(fileBytes);
  let flow: Flow | undefined;
  for (let number = 0; number < layers.size; number++) {
    const group = layers.get(String(number));
    if (group === undefined || number === mostLayers)
      throw new ModelError(
        `layer: has ${layers.size} layers, but ${group === undefined ? `none is called ${number}` : `the most is ${mostLayers}`}. Number them from 0 on.`,
      );
    flow = addLayer(draft, new Fields(`layer/${number}`, group), group, flow);
  }
  if (flow === undefined) throw new ModelError('layer: has no layers. Export the network again.');
  draft.assume("A layer's spikes reach the next within the tick; on Loihi each layer comes a tick later.");
  return draft.finish('lava-dl network', [{ name: 'spikes', node: flow.name }], 'lava-dl netx', options.tickSeconds);
}

interface Flow {
  readonly name: string;
  readonly size: number;
}

function addLayer(draft: NetworkDraft, fields: Fields, group: Hdf5Group, before: Flow | undefined): Flow {
  const { path } = fields;
  const type = fields.text('type');
  if (type === 'input' && before === undefined && !fields.has('weight') && !fields.has('bias'))
    return inputOf(draft, elementsOf([...fields.numbers('shape').values]), path);
  if (type === 'flatten' && before !== undefined) return before;
  if (type !== 'dense')
    throw new ModelError(
      `${path}: its type is ${JSON.stringify(type)}. Only dense layers of current-based neurons are read.`,
    );

  const { shape, values } = fields.ranked('weight', 2, '[outputs, inputs]');
  const [outputs = 0, inputs = 0] = shape;
  const from = before ?? inputOf(draft, inputs, path);
  if (from.size !== inputs)
    throw new ModelError(
      `${path}: weight has the shape ${describeShape(shape)}, but the layer before gives ${from.size}. Give a weight of [outputs, ${from.size}].`,
    );
  const sum = wideSum(draft, path, shape, values, from.name);
  const spikes = addNeuron(draft, path, group, sum);
  if (!fields.has('delay')) return { name: spikes, size: outputs };
  const delays = fields.whole('delay', outputs, 0);
  const ticks = draft.tensor(`${path}.ticks`, { type: 'I32', shape: [outputs], values: Int32Array.from(delays) });
  return { name: draft.node(`${path}.delay`, { op: 'delay', from: [spikes], ticks }), size: outputs };
}

function inputOf(draft: NetworkDraft, size: number, path: string): Flow {
  if (!Number.isInteger(size) || size < 1 || size > 1 << 20)
    throw new ModelError(`${path}: ${size} inputs. Give 1 to ${1 << 20}.`);
  return { name: draft.input({ name: 'spikes', shape: [size], kind: { domain: 'spikes', levels: 1 } }), size };
}

/** Sums of weights that may pass int8: those are halved, and both halves added. */
function wideSum(
  draft: NetworkDraft,
  path: string,
  shape: readonly number[],
  weights: Float32Array | Float64Array,
  from: string,
): string {
  const bad = weights.findIndex((weight) => !Number.isInteger(weight) || Math.abs(weight) > 254);
  if (bad !== -1)
    throw new ModelError(
      `${path}/weight: element ${bad} is ${weights[bad] as number}. Give whole numbers of −254 to 254.`,
    );
  const dense = (part: string, values: Int8Array) => {
    const weight = draft.tensor(`${path}.${part}`, { type: 'I8', shape, values });
    return draft.node(`${path}.${part}.sum`, { op: 'dense', from: [from], weight });
  };
  if (weights.every((weight) => Math.abs(weight) <= 127)) return dense('weight', Int8Array.from(weights));
  const low = Int8Array.from(weights, (weight) => Math.trunc(weight / 2));
  const high = Int8Array.from(weights, (weight, at) => weight - (low[at] as number));
  const half = dense('weight', low);
  const rest = low.every((weight, at) => weight === high[at]) ? half : dense('rest', high);
  return draft.node(`${path}.sum`, { op: 'add', from: [half, rest], multipliers: [1, 1] });
}

/** Loihi's neuron; the file keeps how much of 4096 decays, for the current one more than the register holds. */
function addNeuron(draft: NetworkDraft, path: string, layer: Hdf5Group, sum: string): string {
  const group = layer.groups.get('neuron');
  if (group === undefined) throw new ModelError(`${path} has no neuron. Export the network again.`);
  const neuron = new Fields(`${path}/neuron`, group);
  const type = neuron.text('type');
  if (type !== 'CUBA' && type !== 'LOIHI')
    throw new ModelError(`${path}/neuron: its type is ${JSON.stringify(type)}. Only CUBA neurons are read.`);
  const number = (name: string, least: number, otherwise?: number) =>
    neuron.whole(name, 1, least, otherwise)[0] ?? least;
  if (number('gradedSpike', 0, 0) !== 0)
    throw new ModelError(`${path}/neuron/gradedSpike: spikes that carry a size are not read. Train with binary ones.`);
  if (number('refDelay', 0, 1) > 1)
    throw new ModelError(`${path}/neuron/refDelay: a refractory time of more than a tick is not read. Train with 1.`);
  const register = (name: string, value: number) =>
    draft.tensor(`${path}.${name}`, { type: 'I32', shape: [1], values: Int32Array.of(value) });
  if (layer.datasets.has('bias')) throw new ModelError(`${path}/bias: biases are not read. Train without them.`);
  return draft.node(`${path}.neuron`, {
    op: 'cubafixed',
    from: [sum],
    currentDecay: register('currentDecay', number('iDecay', 1) - 1),
    voltageDecay: register('voltageDecay', number('vDecay', 0)),
    threshold: register('threshold', number('vThMant', 0)),
  });
}
