import { z } from 'zod';
import { countElements } from '../network-draft.js';
import {
  channelsFirst,
  channelsLast,
  configOf,
  activated,
  inOrder,
  input,
  real,
  refuse,
  type Convert,
  type LayerCall,
  type Value,
} from './convert-layers.js';

/** Layers without weights: activations and spikes, and those that move elements. */

export const relu: Convert = (call) => {
  const config = configOf(
    call,
    z.looseObject({
      max_value: z.number().nullish(),
      negative_slope: z.union([z.literal(0), z.tuple([z.literal(0)])]).nullish(),
      threshold: z.union([z.literal(0), z.tuple([z.literal(0)])]).nullish(),
      axond_spike: z.boolean().default(false),
    }),
  );
  if (config.axond_spike) return spikes(call, 0);
  const most = config.max_value ?? undefined;
  if (most !== undefined && most !== 6) throw refuse(call, `max_value ${most}. Without one, or 6, is read.`);
  return activated(call, input(call), most === 6 ? 'relu6' : 'relu');
};

/** x above theta, else 0. A spike only where the configuration says `axond_spike`. */
export const thresholdedRelu: Convert = (call) => {
  const config = configOf(
    call,
    z.looseObject({ theta: z.number().default(1), axond_spike: z.boolean().default(false) }),
  );
  if (config.axond_spike) return spikes(call, config.theta);
  call.draft.assume(
    `${call.layer.name} (ThresholdedReLU) lets values pass, it does not spike. Set "axond_spike": true in its config for spikes.`,
  );
  const value = real(call, input(call));
  const { name } = call.layer;
  const node = call.draft.node(name, {
    op: 'activation',
    from: [value.node],
    function: 'thresholdedRelu',
    theta: config.theta,
  });
  return { ...value, node };
};

function spikes(call: LayerCall, theta: number): Value {
  const value = real(call, input(call));
  const threshold = call.draft.floats(`${call.layer.name}.threshold`, [1], Float32Array.of(theta));
  const node = call.draft.node(call.layer.name, { op: 'compare', from: [value.node], threshold, strict: true });
  return { ...value, node, spikes: true };
}

export const flatten: Convert = (call) => {
  const value = input(call);
  const { shape } = value;
  if (shape.length === 1) return value;
  const node = call.draft.node(call.layer.name, { op: 'flatten', from: [value.node] });
  const flat = { node, shape: [countElements(shape, call.layer.name)], spikes: value.spikes };
  // One channel, or one place: both orders are the same.
  const [channels, ...places] = shape;
  return channels === 1 || places.every((length) => length === 1) ? flat : { ...flat, flatOf: shape };
};

export const reshape: Convert = (call) => {
  const { target_shape: target } = configOf(
    call,
    z.looseObject({
      target_shape: z
        .array(
          z
            .number()
            .int()
            .min(-1)
            .max(1 << 20),
        )
        .min(1)
        .max(4),
    }),
  );
  const { draft, layer } = call;
  const value = inOrder(call, input(call));
  const elements = countElements(value.shape, layer.name);
  const known = target.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const last = target.map((length) => (length === -1 ? elements / known : length));
  if (target.filter((length) => length === -1).length > 1 || countElements(last, layer.name) !== elements)
    throw refuse(call, `to [${target.join(', ')}] from ${elements} elements.`);
  const turn = (node: string, order: number[]): string =>
    order.length === 1 ? node : draft.node(layer.name, { op: 'transpose', from: [node], order });
  const moved = draft.node(layer.name, {
    op: 'reshape',
    from: [turn(value.node, channelsLast(value.shape.length))],
    shape: last,
  });
  const shape = channelsFirst(last.length).map((axis) => last[axis] ?? 1);
  return { node: turn(moved, channelsFirst(last.length)), shape, spikes: value.spikes };
};

export const same: Convert = (call) => input(call);

export const add: Convert = (call) => {
  const values = merged(call);
  const [first] = values;
  if (!values.every(({ shape }) => shape.join() === first.shape.join())) throw refuse(call, shapesOf(values));
  const node = call.draft.node(call.layer.name, {
    op: 'add',
    from: values.map((value) => value.node),
    multipliers: values.map(() => 1),
  });
  return { ...first, node };
};

export const concatenate: Convert = (call) => {
  const values = merged(call);
  const [first] = values;
  const rank = first.shape.length;
  const { axis: given } = configOf(call, z.looseObject({ axis: z.number().int().default(-1) }));
  // Counted with the batch, channels last.
  const place = given < 0 ? given + rank : given - 1;
  const axis = channelsLast(rank)[place];
  const alike = values.every(
    ({ shape }) => shape.length === rank && shape.every((length, i) => i === axis || length === first.shape[i]),
  );
  if (axis === undefined || !alike) throw refuse(call, `along axis ${given}: ${shapesOf(values)}`);
  const total = values.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const node = call.draft.node(call.layer.name, { op: 'concat', from: values.map((value) => value.node), axis });
  const shape = first.shape.with(axis, total);
  countElements(shape, call.layer.name);
  return { ...first, node, shape };
};

/** The inputs of a layer that joins several, as real numbers in the order of TensorFlow.js. */
function merged(call: LayerCall): [Value, ...Value[]] {
  const [first, ...rest] = call.inputs.map((value) => real(call, inOrder(call, value)));
  if (first === undefined || rest.length === 0)
    throw refuse(call, `${call.inputs.length} inputs. It joins two or more.`);
  return [first, ...rest];
}

function shapesOf(values: readonly Value[]): string {
  return `its inputs are ${values.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')} (channels first).`;
}
