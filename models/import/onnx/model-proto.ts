import { ModelError } from '../../format/model-error.js';
import { WireReader } from './wire.js';

/**
 * The part of ONNX's protobuf messages that an importer of networks needs. Field numbers: onnx.proto. Tensors are kept as
 * views into the file and decoded when a node wants them.
 */

export interface OnnxModel {
  readonly producer: string;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly graphName: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly domain: string;
  /** Names of values; empty for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'integers'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: TensorProto }
  | { readonly kind: 'other' };

export interface OnnxPort {
  readonly name: string;
  /** Number of TensorProto.DataType; 0 if the port is no tensor. */
  readonly elementType: number;
  /** Undefined where an axis has no fixed length. */
  readonly shape: readonly (number | undefined)[];
}

export interface TensorProto {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  /** Little-endian elements, or else `numbers` holds them. */
  readonly raw?: Uint8Array;
  readonly numbers: TensorNumbers;
  readonly external: boolean;
}

/** Elements that stand in a field of their own: packed floats, doubles or varints as bytes, or unpacked one by one. */
export interface TensorNumbers {
  readonly packed: readonly { readonly kind: 'float' | 'double' | 'integer'; readonly bytes: Uint8Array }[];
  readonly single: readonly number[];
}

const most = { nodes: 4096, tensors: 16384, ports: 1024, opsets: 64, names: 64, attributes: 64, integers: 4096 };

export function readModelProto(bytes: Uint8Array): OnnxModel {
  const reader = new WireReader(bytes, 'model');
  let producer = '';
  let opset = 0;
  let opsets = 0;
  let graph: ReturnType<typeof readGraph> | undefined;
  while (reader.next()) {
    if (reader.field === 2) producer = reader.text();
    else if (reader.field === 7) graph = readGraph(reader.message('graph'));
    else if (reader.field === 8) {
      if (++opsets > most.opsets) throw reader.damaged('too many operator sets');
      const { domain, version } = readOperatorSet(reader.message('operator set'));
      if (domain === '' || domain === 'ai.onnx') opset = version;
    } else reader.skip();
  }
  if (graph === undefined) throw new ModelError('ONNX model: no graph in it. The file is damaged or no ONNX model.');
  if (opset < 7)
    throw new ModelError(
      `ONNX model: operator set ${opset}; 7 or later is read. Export with opset_version=13 or later.`,
    );
  return { producer, opset, ...graph };
}

function readOperatorSet(reader: WireReader): { domain: string; version: number } {
  let domain = '';
  let version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = reader.text();
    else if (reader.field === 2) version = reader.number();
    else reader.skip();
  }
  return { domain, version };
}

function readGraph(reader: WireReader): Omit<OnnxModel, 'producer' | 'opset'> {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, TensorProto>();
  const inputs: OnnxPort[] = [];
  const outputs: OnnxPort[] = [];
  let graphName = '';
  while (reader.next()) {
    if (reader.field === 1) {
      if (nodes.length === most.nodes) throw new ModelError(`ONNX graph: more than ${most.nodes} nodes.`);
      nodes.push(readNode(reader.message('node')));
    } else if (reader.field === 2) graphName = reader.text();
    else if (reader.field === 5) {
      if (initializers.size === most.tensors)
        throw new ModelError(`ONNX graph: more than ${most.tensors} initializers.`);
      const tensor = readTensor(reader.message('tensor'));
      if (initializers.has(tensor.name))
        throw new ModelError(`ONNX graph: two initializers are named "${tensor.name}". Names must differ.`);
      initializers.set(tensor.name, tensor);
    } else if (reader.field === 11 || reader.field === 12) {
      const ports = reader.field === 11 ? inputs : outputs;
      if (ports.length === most.ports) throw new ModelError(`ONNX graph: more than ${most.ports} inputs or outputs.`);
      ports.push(readPort(reader.message('input or output')));
    } else if (reader.field === 15)
      throw new ModelError('ONNX graph: sparse initializers are not read. Export the weights dense.');
    else reader.skip();
  }
  return { graphName, nodes, initializers, inputs: inputs.filter(({ name }) => !initializers.has(name)), outputs };
}

function readNode(reader: WireReader): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let op = '';
  let name = '';
  let domain = '';
  while (reader.next()) {
    if (reader.field === 1 || reader.field === 2) {
      const names = reader.field === 1 ? inputs : outputs;
      if (names.length === most.names) throw reader.damaged(`more than ${most.names} inputs or outputs`);
      names.push(reader.text());
    } else if (reader.field === 3) name = reader.text();
    else if (reader.field === 4) op = reader.text();
    else if (reader.field === 5) {
      if (attributes.size === most.attributes) throw reader.damaged(`more than ${most.attributes} attributes`);
      const { name: key, attribute } = readAttribute(reader.message('attribute'));
      attributes.set(key, attribute);
    } else if (reader.field === 7) domain = reader.text();
    else reader.skip();
  }
  return { op, name, domain, inputs, outputs, attributes };
}

/** Numbers of AttributeProto.AttributeType. */
const attributeTypes = { float: 1, integer: 2, text: 3, tensor: 4, integers: 7 };

function readAttribute(reader: WireReader): { name: string; attribute: Attribute } {
  let name = '';
  let type = 0;
  let float = 0;
  let integer = 0;
  let text = '';
  let tensor: TensorProto | undefined;
  const integers: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) float = reader.float();
    else if (reader.field === 3) integer = reader.number();
    else if (reader.field === 4) text = reader.text();
    else if (reader.field === 5) tensor = readTensor(reader.message('tensor'));
    else if (reader.field === 8) reader.integers(integers, most.integers);
    else if (reader.field === 20) type = reader.number();
    else reader.skip();
  }
  const attribute: Attribute =
    type === attributeTypes.float
      ? { kind: 'float', value: float }
      : type === attributeTypes.integer
        ? { kind: 'integer', value: integer }
        : type === attributeTypes.text
          ? { kind: 'text', value: text }
          : type === attributeTypes.integers
            ? { kind: 'integers', value: integers }
            : type === attributeTypes.tensor && tensor !== undefined
              ? { kind: 'tensor', value: tensor }
              : { kind: 'other' };
  return { name, attribute };
}

function readPort(reader: WireReader): OnnxPort {
  let name = '';
  let elementType = 0;
  let shape: (number | undefined)[] = [];
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) {
      const type = reader.message('type');
      while (type.next()) {
        if (type.field !== 1) {
          type.skip();
          continue;
        }
        const tensor = type.message('tensor type');
        while (tensor.next()) {
          if (tensor.field === 1) elementType = tensor.number();
          else if (tensor.field === 2) shape = readShape(tensor.message('shape'));
          else tensor.skip();
        }
      }
    } else reader.skip();
  }
  return { name, elementType, shape };
}

function readShape(reader: WireReader): (number | undefined)[] {
  const shape: (number | undefined)[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    if (shape.length === 8) throw reader.damaged('more than 8 axes');
    const axis = reader.message('axis');
    let length: number | undefined;
    while (axis.next()) {
      if (axis.field === 1) length = axis.number();
      else axis.skip();
    }
    shape.push(length);
  }
  return shape;
}

function readTensor(reader: WireReader): TensorProto {
  const dims: number[] = [];
  const packed: { kind: 'float' | 'double' | 'integer'; bytes: Uint8Array }[] = [];
  const single: number[] = [];
  let name = '';
  let dataType = 0;
  let raw: Uint8Array | undefined;
  let external = false;
  while (reader.next()) {
    const { field, wire } = reader;
    if (field === 1) reader.integers(dims, 8);
    else if (field === 2) dataType = reader.number();
    else if (field === 4 || field === 5 || field === 7 || field === 10 || field === 11) {
      const kind = field === 4 ? 'float' : field === 10 ? 'double' : 'integer';
      if (wire === 2) {
        if (packed.length === most.integers) throw reader.damaged('too many pieces of packed numbers');
        packed.push({ kind, bytes: reader.block() });
      } else single.push(kind === 'float' ? reader.float() : kind === 'double' ? reader.double() : reader.number());
    } else if (field === 8) name = reader.text();
    else if (field === 9) raw = reader.block();
    else if (field === 13) {
      external = true;
      reader.skip();
    } else if (field === 14) external ||= reader.number() === 1;
    else reader.skip();
  }
  return { name, dataType, dims, ...(raw && { raw }), numbers: { packed, single }, external };
}
