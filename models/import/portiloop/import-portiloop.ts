import { z } from 'zod';
import { graphSchema, type Graph, type GraphNode, type Network, type Tensor } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { inferValues } from '../../format/values.js';
import { mostJsonBytes } from '../file-format.js';

/**
 * Portiloop's detector of sleep spindles as plain integers in JSON: three convolutions along time with ReLU, each with a
 * max-pool after it, a gated recurrent unit, and one output. Inputs: `x_in`, the last samples, and `h_in`, the unit's state;
 * outputs: `h_out`, to be given back as `h_in`, and `y`.
 */
const real = z.number();
const code = z.number().int().min(-128).max(127);
const scale = real.positive();
const extent = z.number().int().min(1).max(4096);
const tensor = z.object({
  shape: z.array(extent).max(3),
  scale: z.array(scale).min(1).max(4096),
  zero_point: z.number().int().min(-128).max(127),
  data: z
    .array(
      z
        .number()
        .int()
        .min(-(2 ** 31))
        .max(2 ** 31 - 1),
    )
    .max(1 << 20),
});
const activation = z.object({ shape: z.array(extent).min(1).max(4), scale, zero_point: code });
const table = z.array(code).length(256);
const schema = z.object({
  tensors: z.object({
    conv1_w: tensor,
    conv1_b: tensor,
    conv2_w: tensor,
    conv2_b: tensor,
    conv3_w: tensor,
    conv3_b: tensor,
    gru_kernel: tensor,
    gru_bias_in: tensor,
    gru_recurrent: tensor,
    gru_bias_rec: tensor,
    one: tensor,
    dense_w: tensor,
    dense_b: tensor,
  }),
  activations: z.object({
    x_in: activation,
    h_in: activation,
    conv1_relu: activation,
    conv2_relu: activation,
    conv3_relu: activation,
    gates_x: activation,
    gates_h: activation,
    z_pre: activation,
    z: activation,
    z_times_h: activation,
    one_minus_z: activation,
    r_pre: activation,
    r: activation,
    r_times_hn: activation,
    n_pre: activation,
    n: activation,
    omz_times_n: activation,
    h_out: activation,
    y_pre: activation,
    y: activation,
  }),
  lut: z.object({ z: table, r: table, n_tanh: table, y: table, index: z.literal('q+128') }),
});
type Parts = z.infer<typeof schema>;
type Activation = keyof Parts['activations'];
type Stored = keyof Parts['tensors'];

export function importPortiloop(bytes: Uint8Array): Network {
  const parts = parse(bytes);
  const tensors = new Map<string, Tensor>();
  const kind = (name: Activation) => {
    const { scale, zero_point: zeroPoint } = parts.activations[name];
    return { type: 'i8' as const, scale, zeroPoint };
  };
  const written = (name: Activation, low = -128) => ({ output: kind(name), low, high: 127 });
  const put = (name: string, type: 'I8' | 'I32' | 'F32', shape: number[], values: readonly number[]): string => {
    const length = shape.reduce((product, axis) => product * axis, 1);
    if (values.length !== length)
      throw new ModelError(`${name}: ${values.length} values for the shape [${shape.join(', ')}]. Give ${length}.`);
    const outside = type === 'I8' ? values.find((value) => value < -128 || value > 127) : undefined;
    if (outside !== undefined) throw new ModelError(`${name}: holds ${outside}. Codes are −128 to 127.`);
    const array = type === 'I8' ? Int8Array : type === 'I32' ? Int32Array : Float32Array;
    tensors.set(name, { type, shape, values: array.from(values) });
    return name;
  };
  const synapses = (weight: Stored, bias: Stored, shape = parts.tensors[weight].shape) => {
    const { scale, data } = parts.tensors[weight];
    return {
      weight: put(weight, 'I8', shape, data),
      weightScale: put(`${weight}.scale`, 'F32', [scale.length], scale),
      bias: put(bias, 'I32', parts.tensors[bias].shape, parts.tensors[bias].data),
    };
  };
  const nodes: GraphNode[] = [];
  const add = (node: GraphNode): string => {
    nodes.push(node);
    return node.name;
  };
  const window = { stride: [1, 1], padding: [0, 0, 0, 0] } as { stride: [1, 1]; padding: [0, 0, 0, 0] };
  const [, samples = 1] = parts.activations.x_in.shape.slice(1);
  let trunk = add({ op: 'reshape', name: 'image', from: ['x_in'], shape: [1, samples, 1] });
  let width = samples;
  for (const layer of [1, 2, 3] as const) {
    const relu = `conv${layer}_relu` as const;
    const { shape } = parts.tensors[`conv${layer}_w`];
    const [outputs = 1, taps = 1, inputs = 1] = shape;
    trunk = add({
      op: 'qconv2d',
      name: relu,
      from: [trunk],
      ...synapses(`conv${layer}_w`, `conv${layer}_b`, [outputs, 1, taps, inputs]),
      ...window,
      dilation: [1, 1],
      groups: 1,
      ...written(relu, parts.activations[relu].zero_point),
    });
    width -= taps - 1;
    // The file does not state the pools: each leaves what the next layer needs.
    const left = layer === 3 ? (parts.tensors.gru_kernel.shape[1] ?? 1) / outputs : widthBefore(parts, layer);
    const kernel = width - left + 1;
    if (!Number.isInteger(kernel) || kernel < 1)
      throw new ModelError(
        `${relu}: ${width} places, but the next layer needs ${left}. They leave no max-pool between.`,
      );
    trunk = add({
      op: 'qmaxpool',
      name: `pool${layer}`,
      from: [trunk],
      kernel: [1, kernel],
      ...window,
      ...written(relu),
    });
    width = left;
  }
  const flat = add({ op: 'transpose', name: 'channels_first', from: [trunk], order: [0, 2, 1] });

  const units = parts.activations.h_in.shape[1] ?? 1;
  add({ op: 'qdense', name: 'gates_x', from: [flat], ...synapses('gru_kernel', 'gru_bias_in'), ...written('gates_x') });
  add({
    op: 'qdense',
    name: 'gates_h',
    from: ['h_in'],
    ...synapses('gru_recurrent', 'gru_bias_rec'),
    ...written('gates_h'),
  });
  for (const gates of ['gates_x', 'gates_h'])
    for (const [place, gate] of ['z', 'r', 'n'].entries())
      add({ op: 'qslice', name: `${gates}_${gate}`, from: [gates], axis: 0, start: place * units, length: units });
  const two = (op: 'qadd' | 'qsubtract' | 'qmultiply', name: Activation, first: string, second: string): string =>
    add({ op, name, from: [first, second], ...written(name) });
  const lookup = (name: Activation, from: string, lut: 'z' | 'r' | 'n_tanh' | 'y'): string =>
    add({
      op: 'qlookup',
      name,
      from: [from],
      table: put(`${name}.table`, 'I8', [256], parts.lut[lut]),
      output: kind(name),
    });
  lookup('z', two('qadd', 'z_pre', 'gates_x_z', 'gates_h_z'), 'z');
  lookup('r', two('qadd', 'r_pre', 'gates_x_r', 'gates_h_r'), 'r');
  two('qmultiply', 'r_times_hn', 'r', 'gates_h_n');
  lookup('n', two('qadd', 'n_pre', 'gates_x_n', 'r_times_hn'), 'n_tanh');
  const { one } = parts.tensors;
  const unity = { type: 'i8' as const, scale: one.scale[0] ?? 1, zeroPoint: one.zero_point };
  add({ op: 'qconstant', name: 'one', codes: put('one.codes', 'I8', [1], one.data), output: unity });
  two('qsubtract', 'one_minus_z', 'one', 'z');
  two('qmultiply', 'z_times_h', 'z', 'h_in');
  two('qmultiply', 'omz_times_n', 'one_minus_z', 'n');
  two('qadd', 'h_out', 'z_times_h', 'omz_times_n');
  add({ op: 'qdense', name: 'y_pre', from: ['h_out'], ...synapses('dense_w', 'dense_b'), ...written('y_pre') });
  lookup('y', 'y_pre', 'y');

  const port = (name: 'x_in' | 'h_in') => ({
    name,
    shape: parts.activations[name].shape.slice(1),
    kind: { domain: 'codes' as const, ...kind(name) },
  });
  const graph: z.input<typeof graphSchema> = {
    version: 1,
    name: 'portiloop',
    inputs: [port('h_in'), port('x_in')],
    nodes,
    outputs: ['h_out', 'y'].map((name) => ({ name, node: name })),
  };
  const network = { graph: checked(graph), tensors };
  inferValues(network);
  return network;
}

function widthBefore(parts: Parts, layer: 1 | 2): number {
  const next = layer === 1 ? 2 : 3;
  const [, , places = 1] = parts.activations[`conv${next}_relu`].shape;
  return places + (parts.tensors[`conv${next}_w`].shape[1] ?? 1) - 1;
}

function parse(bytes: Uint8Array): Parts {
  if (bytes.length > mostJsonBytes)
    throw new ModelError(`The file has ${bytes.length} bytes; at most ${mostJsonBytes} of JSON are read.`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ModelError(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ModelError(
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}. Give a Portiloop network as integers.`,
  );
}

function checked(graph: z.input<typeof graphSchema>): Graph {
  const parsed = graphSchema.safeParse(graph);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ModelError(`The network does not fit: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`);
}
