import protobuf from 'protobufjs';
import { rankOf, volumeOf, type BenchNetwork, type SpikingLayer, type Volume } from './snn-networks.js';

/**
 * The networks of the bench as ONNX, computing the same function in the form that runs fastest there. Sums are whole
 * numbers, so a threshold T is Clip(sum + 1 − T, 0, 1): the bias carries 1 − T, and onnxruntime fuses convolution, bias
 * and Clip. In int8 the output codes do the clipping: with a scale of 1/255 everything from 1 up is code 255 and
 * everything from 0 down code 0, and layer, bias and threshold are one integer kernel.
 */
export function onnxFile(network: BenchNetwork, precision: 'float' | 'qdq'): Uint8Array {
  const graph = new GraphWriter();
  const codes = precision === 'qdq';
  const [first] = network.layers;
  if (first === undefined) throw new Error(`${network.name} has no layers`);
  const inputShape = shapeFor(first, first.input);
  graph.ports.input.push(port('x', codes ? types.u8 : types.f32, inputShape));
  let inputScale = 1;
  let value = codes ? graph.dequantize('x', inputScale) : 'x';
  for (const layer of network.layers) {
    const weightScale = codes ? graph.scalar(1) : undefined;
    const raw = codes ? graph.tensor(types.i8, weightShape(layer), layer.weight) : undefined;
    const weight =
      raw === undefined
        ? graph.tensor(types.f32, weightShape(layer), Float32Array.from(layer.weight))
        : graph.node('DequantizeLinear', [raw, weightScale ?? '', graph.zero(types.i8)]);
    const bias = Array.from({ length: layer.output[0] }, (_, c) => 1 - (layer.thresholds?.[c] ?? 1));
    const biasName = codes
      ? // The bias counts in input scale × weight scale.
        graph.node('DequantizeLinear', [
          graph.tensor(
            types.i32,
            [bias.length],
            Int32Array.from(bias, (b) => Math.round(b / inputScale)),
          ),
          graph.scalar(inputScale),
        ])
      : graph.tensor(types.f32, [bias.length], Float32Array.from(bias));
    if (rankOf(layer) === 0) {
      if (layer.input[1] * layer.input[2] > 1) value = graph.node('Flatten', [value], { axis: 1 });
      const output = layer.thresholds === undefined ? 'y' : undefined;
      value = graph.node('Gemm', [value, weight, biasName], { transB: 1 }, output);
    } else {
      const [padY, padX] = layer.padding;
      value = graph.node('Conv', [value, weight, biasName], {
        kernel_shape: layer.kernel,
        strides: [layer.input[1] === 1 ? 1 : layer.stride, layer.stride],
        pads: [padY, padX, padY, padX],
      });
    }
    if (layer.thresholds === undefined) continue;
    if (codes) {
      inputScale = 1 / 255;
      value = graph.requantize(value, inputScale);
    } else value = graph.node('Clip', [value, graph.scalar(0), graph.scalar(1)]);
    // The maximum of spikes is the spike of the maximum.
    if (layer.pooled) value = graph.node('MaxPool', [value], { kernel_shape: [2, 2], strides: [2, 2] });
    if (layer.pooled && codes) value = graph.requantize(value, inputScale);
  }
  graph.ports.output.push(port(value, types.f32, [1, network.layers.at(-1)?.output[0] ?? 0]));
  return graph.file(`bench-${network.name}`);
}

/** Numbers of `TensorProto.DataType`. */
const types = { f32: 1, u8: 2, i8: 3, i32: 6 } as const;
type ElementType = (typeof types)[keyof typeof types];
type Elements = Float32Array | Int32Array | Int8Array | Uint8Array;

/** One dimension is carried as a convolution of height 1: onnxruntime has its fast kernels for two. */
function shapeFor(layer: SpikingLayer, volume: Volume): number[] {
  return rankOf(layer) === 0 ? [1, volumeOf(volume)] : [1, ...volume];
}

function weightShape(layer: SpikingLayer): number[] {
  const outputs = layer.output[0];
  const fanIn = layer.weight.length / outputs;
  return rankOf(layer) === 0 ? [outputs, fanIn] : [outputs, layer.input[0], ...layer.kernel];
}

class GraphWriter {
  readonly ports: { input: object[]; output: object[] } = { input: [], output: [] };
  private readonly nodes: object[] = [];
  private readonly initializers: object[] = [];
  private named = 0;

  node(
    op: string,
    input: string[],
    attributes: Record<string, number | readonly number[]> = {},
    output = this.name(),
  ): string {
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number' ? { name, i: value, type: 2 } : { name, ints: value, type: 7 },
    );
    this.nodes.push({ input, output: [output], name: output, opType: op, attribute });
    return output;
  }

  tensor(dataType: ElementType, dims: readonly number[], values: Elements): string {
    const name = this.name();
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.push({ dims, dataType, name, rawData });
    return name;
  }

  scalar(value: number): string {
    return this.tensor(types.f32, [], Float32Array.of(value));
  }

  zero(type: typeof types.u8 | typeof types.i8): string {
    return this.tensor(type, [], Int8Array.of(0));
  }

  dequantize(codes: string, scale: number): string {
    return this.node('DequantizeLinear', [codes, this.scalar(scale), this.zero(types.u8)]);
  }

  requantize(value: string, scale: number): string {
    const codes = this.node('QuantizeLinear', [value, this.scalar(scale), this.zero(types.u8)]);
    return this.dequantize(codes, scale);
  }

  file(name: string): Uint8Array {
    const graph = { node: this.nodes, name, initializer: this.initializers, ...this.ports };
    const model = { irVersion: 8, producerName: 'axond bench', graph, opsetImport: [{ domain: '', version: 13 }] };
    return Model.encode(Model.fromObject(model)).finish();
  }

  private name(): string {
    return `v${this.named++}`;
  }
}

function port(name: string, elemType: ElementType, shape: readonly number[]): object {
  return { name, type: { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}

const field = (type: string, id: number): protobuf.IField => ({ type, id });
const many = (type: string, id: number): protobuf.IField => ({ rule: 'repeated', type, id });
const Model = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('GraphProto', 7),
        opsetImport: many('OperatorSetIdProto', 8),
      },
    },
    OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    GraphProto: {
      fields: {
        node: many('NodeProto', 1),
        name: field('string', 2),
        initializer: many('TensorProto', 5),
        input: many('ValueInfoProto', 11),
        output: many('ValueInfoProto', 12),
      },
    },
    NodeProto: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: field('string', 3),
        opType: field('string', 4),
        attribute: many('AttributeProto', 5),
      },
    },
    AttributeProto: {
      fields: { name: field('string', 1), i: field('int64', 3), ints: many('int64', 8), type: field('int32', 20) },
    },
    TensorProto: {
      fields: {
        dims: many('int64', 1),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
      },
    },
    ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
    TypeProto: { fields: { tensorType: field('TensorTypeProto', 1) } },
    TensorTypeProto: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: many('DimensionProto', 1) } },
    DimensionProto: { fields: { dimValue: field('int64', 1) } },
  },
}).lookupType('ModelProto');
