import type { Model, ModelLayer, ModelPort, ModelValues } from '../../runtime/contracts.js';
import type { GraphNode, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { mostElements, mostSum } from '../format/limits.js';
import { tensorOf } from '../format/tensors.js';
import { describeShape, elementsOf, type Value } from '../format/value.js';
import { inferValues } from '../format/values.js';
import { bufferFor, codeArray, isCodes, type Buffer, type CodeBuffer, type RealBuffer } from './buffers.js';
import * as elementwise from './elementwise.js';
import type { Kernel } from './elementwise.js';
import * as moving from './moving.js';
import { denseSynapses, requantizationOf, sumWindow, writeCodes } from './synapses.js';
import { windowLayer, type WindowNode } from './window-layer.js';

/**
 * Runs networks of int8 nodes, in the arithmetic of arithmetic.ts. Such a network has no state: what it carries from tick to
 * tick goes through its inputs and outputs.
 */
export function createInt8(network: Network): Model {
  const values = inferValues(network);
  const buffers = new Map<string, Buffer>();
  for (const [name, value] of values) buffers.set(name, bufferFor(realOrCodes(name, value)));
  const bufferOf = (name: string): Buffer => {
    const buffer = buffers.get(name);
    if (!buffer) throw new ModelError(`${name}: neither an input nor a node.`);
    return buffer;
  };
  const scratch: number[] = [];
  const kernels = network.graph.nodes.flatMap((node) => {
    const from = 'from' in node ? node.from.map(bufferOf) : [];
    return kernelFor(node, from, bufferOf(node.name), network, scratch) ?? [];
  });
  const inputs = network.graph.inputs.map(({ name }) => bufferOf(name));
  const outputs = network.graph.outputs.map(({ node }) => bufferOf(node));
  const ports = {
    inputs: network.graph.inputs.map(({ name }, place) => portOf(name, inputs[place] as Buffer)),
    outputs: network.graph.outputs.map(({ name }, place) => portOf(name, outputs[place] as Buffer)),
  };
  return {
    ...ports,
    step(given, taken) {
      transfer(given, inputs, ports.inputs, true);
      for (let place = 0; place < kernels.length; place++) (kernels[place] as Kernel)();
      transfer(taken, outputs, ports.outputs, false);
    },
    reset() {
      // No state.
    },
    stateBytes: 0,
    saveState() {
      // No state.
    },
    loadState(from) {
      if (from.length !== 0) throw new ModelError(`A state of ${from.length} bytes. An int8 network has none.`);
    },
    setState(node) {
      throw new ModelError(`${node}: an int8 network has no state. Give it through an input.`);
    },
    describe: () => ({
      name: network.graph.name,
      engine: 'int8',
      weightBytes: [...network.tensors.values()].reduce((sum, tensor) => sum + tensor.values.byteLength, 0),
      workingBytes:
        [...buffers.values()].reduce((sum, buffer) => sum + buffer.values.byteLength, 0) +
        scratch.reduce((sum, bytes) => sum + bytes, 0),
      layers: network.graph.nodes.map((node) => layerOf(node, values.get(node.name), network)),
    }),
  };
}

function transfer(
  given: readonly ModelValues[],
  buffers: readonly Buffer[],
  ports: readonly ModelPort[],
  isInput: boolean,
): void {
  for (let place = 0; place < buffers.length; place++) {
    const outside = given[place];
    const inside = (buffers[place] as Buffer).values;
    if (outside?.length !== inside.length)
      throw new ModelError(
        `${ports[place]?.name ?? ''}: ${outside?.length ?? 0} values. It has ${inside.length}; give arrays in the order of the ports.`,
      );
    if (isInput) inside.set(outside);
    else outside.set(inside);
  }
}

function portOf(name: string, buffer: Buffer): ModelPort {
  const { shape } = buffer.kind;
  if (!isCodes(buffer)) return { name, shape, type: 'f32' };
  const { type, scale, zeroPoint } = buffer.kind;
  return { name, shape, type: type === 'i16' ? 'i32' : type, scale, zeroPoint };
}

function realOrCodes(name: string, value: Value): Buffer['kind'] {
  if (value.domain === 'codes' || value.domain === 'real') return value;
  throw new ModelError(`${name}: gives ${value.domain}. A network of int8 nodes holds codes and real values only.`);
}

/** Nothing for a constant: its buffer is filled once. `scratch` learns of what a kernel holds besides. */
function kernelFor(
  node: GraphNode,
  from: readonly Buffer[],
  output: Buffer,
  network: Network,
  scratch: number[],
): Kernel | undefined {
  const [first, second] = from;
  switch (node.op) {
    case 'qconstant':
      output.values.set(tensorOf(network, node.codes, ['I8', 'U8'], node.name).values);
      return undefined;
    case 'qdense': {
      const [input, out] = [codesIn(node, first), codesIn(node, output)];
      checkWide(node, input, network);
      const synapses = denseSynapses(node, input.kind, network);
      const to = requantizationOf(node, input.kind, network);
      const sums = new Int32Array(synapses.outputs);
      scratch.push(sums.byteLength);
      return () => {
        sumWindow(synapses, input.values, 0, sums);
        writeCodes(to, sums, out.values, 0);
      };
    }
    case 'qconv2d':
    case 'qmaxpool':
    case 'qavgpool':
      return slide(node, codesIn(node, first), codesIn(node, output), network, scratch);
    case 'qmean':
      return elementwise.mean(node, codesIn(node, first), codesIn(node, output));
    case 'qadd':
    case 'qsubtract':
      return elementwise.sumOrDifference(node, codesIn(node, first), codesIn(node, second), codesIn(node, output));
    case 'qmultiply':
      return elementwise.product(node, codesIn(node, first), codesIn(node, second), codesIn(node, output));
    case 'qlookup':
      return elementwise.lookup(node, codesIn(node, first), codesIn(node, output), network);
    case 'qsoftmax':
      return elementwise.softmax(node, codesIn(node, first), codesIn(node, output));
    case 'quantize':
      return elementwise.quantize(node, realIn(node, first), codesIn(node, output));
    case 'dequantize':
      return elementwise.dequantize(codesIn(node, first), realIn(node, output));
    case 'reshape':
    case 'flatten':
      return moving.copy(anyIn(node, first).values, output.values);
    case 'transpose': {
      const input = anyIn(node, first);
      return moving.transpose(node.order, input.kind.shape, input.values, output.values);
    }
    case 'qslice': {
      const input = anyIn(node, first);
      return moving.slice(node, input.kind.shape, input.values, output.values);
    }
    case 'qconcat':
    case 'concat':
      return moving.concat(
        node.axis,
        from.map(({ kind, values }) => ({ shape: kind.shape, values })),
        output.values,
      );
    case 'qpad': {
      const input = codesIn(node, first);
      output.values.fill(input.kind.zeroPoint);
      return moving.pad(node.before, input.kind.shape, output.kind.shape, input.values, output.values);
    }
    default:
      throw new ModelError(
        `${node.name}: ${node.op} is not run among int8 nodes. Load the network with another engine.`,
      );
  }
}

/** A convolution or pool at each of its places; what pads it lies in a copy of the input with margins. */
function slide(node: WindowNode, input: CodeBuffer, output: CodeBuffer, network: Network, scratch: number[]): Kernel {
  if (node.op === 'qconv2d') checkWide(node, input, network);
  else if (input.kind.type === 'i16') throw narrow(node);
  const [height = 1, width = 1, channels = 1] = input.kind.shape;
  const [rows = 1, columns = 1] = output.kind.shape;
  const [top, left, bottom, right] = node.padding;
  const [down, across] = node.stride;
  const padded = [top + height + bottom, left + width + right, channels];
  const paddedWidth = left + width + right;
  const layer = windowLayer(node, input.kind, paddedWidth, network);
  const [tall, wide] = layer.span;
  const isPadded = node.padding.some((margin) => margin > 0);
  if (elementsOf(padded) > mostElements)
    throw new ModelError(`${node.name}: with its padding its input is ${describeShape(padded)}. Pad it by less.`);
  const source = isPadded ? codeArray(input.kind.type, elementsOf(padded)).fill(layer.padding) : input.values;
  if (isPadded) scratch.push(source.byteLength);
  const fill = isPadded ? moving.pad([top, left, 0], input.kind.shape, padded, input.values, source) : undefined;
  return () => {
    fill?.();
    for (let row = 0, to = 0; row < rows; row++) {
      const y = row * down;
      const insideRows = Math.min(y + tall, top + height) - Math.max(y, top);
      for (let column = 0; column < columns; column++, to += layer.channels) {
        const x = column * across;
        const insideColumns = Math.min(x + wide, left + width) - Math.max(x, left);
        layer.compute(source, (y * paddedWidth + x) * channels, output.values, to, insideRows * insideColumns);
      }
    }
  };
}

/** Sums of i16 codes must fit in int32 as well, which the file's check does not ask for. */
function checkWide(node: Extract<GraphNode, { op: 'qdense' | 'qconv2d' }>, input: CodeBuffer, network: Network): void {
  if (input.kind.type !== 'i16') return;
  if (node.op === 'qdense') throw narrow(node);
  const { values, shape } = tensorOf(network, node.weight, 'I8', node.name);
  const row = values.length / (shape[0] ?? 1);
  for (let start = 0; start < values.length; start += row) {
    let sum = 0;
    for (let place = start; place < start + row; place++) sum += Math.abs(values[place] as number);
    if (sum * 2 ** 15 + 2 ** 30 > mostSum)
      throw new ModelError(`${node.name}: its sums of i16 codes can pass int32. Use i8 codes, or smaller weights.`);
  }
}

function narrow({ name, op }: GraphNode): ModelError {
  return new ModelError(`${name}: ${op} of i16 codes is not run; only qconv2d is. Use i8 codes.`);
}

function codesIn(node: GraphNode, buffer: Buffer | undefined): CodeBuffer {
  if (!buffer || !isCodes(buffer))
    throw new ModelError(`${node.name}: ${node.op} works on codes. Put quantize before it.`);
  const wide = buffer.kind.type === 'i16';
  if (wide && node.op !== 'qconv2d' && node.op !== 'qpad' && node.op !== 'dequantize' && node.op !== 'quantize')
    throw narrow(node);
  return buffer;
}

function realIn(node: GraphNode, buffer: Buffer | undefined): RealBuffer {
  if (!buffer || isCodes(buffer)) throw new ModelError(`${node.name}: ${node.op} works on real values here.`);
  return buffer;
}

function anyIn(node: GraphNode, buffer: Buffer | undefined): Buffer {
  if (!buffer) throw new ModelError(`${node.name}: ${node.op} reads nothing. Name an input.`);
  return buffer;
}

function layerOf(node: GraphNode, value: Value | undefined, network: Network): ModelLayer {
  const { name, op } = node;
  const shape = value?.shape ?? [];
  if (node.op !== 'qdense' && node.op !== 'qconv2d') return { name, op, shape, parameters: 0, denseOperations: 0 };
  const weights = network.tensors.get(node.weight)?.values.length ?? 0;
  const biases = node.bias === undefined ? 0 : (network.tensors.get(node.bias)?.values.length ?? 0);
  const places = node.op === 'qdense' ? 1 : elementsOf(shape.slice(0, 2));
  return { name, op, shape, parameters: weights + biases, denseOperations: weights * places };
}
