import { ModelError } from '../../format/model-error.js';
import type { NetworkDraft } from '../network-draft.js';
import { readConstant, type Constant } from './constant.js';
import { toReal, toSpikes, type DynamicFlow, type Flow, type Real, type Spikes } from './flow.js';
import type { Attribute, OnnxNode } from './model-proto.js';

/** One node of an ONNX graph with the values that it takes. Every refusal names the operation and the node. */
export class Call {
  readonly op: string;
  /** The node's name, or that of its output. */
  readonly name: string;
  /** Of inputs that are comparisons. */
  private readonly spikes: Spikes[] = [];

  readonly draft: NetworkDraft;
  readonly opset: number;
  private readonly node: OnnxNode;
  private readonly flows: readonly (Flow | undefined)[];

  constructor(draft: NetworkDraft, opset: number, node: OnnxNode, flows: readonly (Flow | undefined)[]) {
    this.draft = draft;
    this.opset = opset;
    this.node = node;
    this.flows = flows;
    this.op = node.op;
    this.name = node.name || node.outputs[0] || node.op;
  }

  refuse(problem: string): ModelError {
    return new ModelError(`${this.op} "${this.name}": ${problem}`);
  }

  /** How many inputs are given, the left out ones among them not counted at the end. */
  get inputs(): number {
    return this.flows.length;
  }

  optional(place: number): Flow | undefined {
    return this.flows[place];
  }

  input(place: number): Flow {
    const flow = this.flows[place];
    if (flow === undefined) throw this.refuse(`input ${place} is missing.`);
    if (flow.form === 'constant' || flow.form === 'quantized')
      this.draft.spend(flow.constant.values.byteLength, this.name);
    return flow;
  }

  /** Depends on the network's input; a comparison counts as 0 and 1. */
  dynamic(place: number): DynamicFlow {
    const flow = this.input(place);
    if (flow.form === 'truth') return (this.spikes[place] ??= toSpikes(this.draft, flow));
    if (flow.form === 'constant' || flow.form === 'quantized')
      throw this.refuse(`input ${place} is a constant. It must depend on the network's input.`);
    return flow;
  }

  real(place: number): Real {
    return toReal(this.draft, this.name, this.dynamic(place));
  }

  constant(place: number): Constant {
    const flow = this.input(place);
    if (flow.form !== 'constant')
      throw this.refuse(`input ${place} depends on the network's input. It must be a constant of the file.`);
    return flow.constant;
  }

  /** A constant of real numbers, dequantised where it stands behind a DequantizeLinear. */
  reals(place: number): { shape: readonly number[]; values: Float32Array } {
    const flow = this.input(place);
    if (flow.form === 'quantized') return { shape: flow.constant.shape, values: dequantised(flow) };
    const { shape, values } = this.constant(place);
    return { shape, values: values instanceof Float32Array ? values : Float32Array.from(values) };
  }

  /** Of a constant, dequantised or not. */
  weightShape(place: number): readonly number[] {
    const flow = this.input(place);
    return flow.form === 'quantized' ? flow.constant.shape : this.constant(place).shape;
  }

  /** One number, the same for all elements. */
  scalar(place: number): number {
    const { values } = this.reals(place);
    const [value] = values;
    if (value === undefined || values.length !== 1)
      throw this.refuse(`input ${place} has ${values.length} elements. One is needed.`);
    return value;
  }

  integer(name: string, otherwise: number): number {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    if (attribute.kind === 'integer') return attribute.value;
    throw this.wrongKind(name, attribute, 'an integer');
  }

  integers(name: string): readonly number[] | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined || attribute.kind === 'integers') return attribute?.value;
    throw this.wrongKind(name, attribute, 'a list of integers');
  }

  float(name: string, otherwise: number): number {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    if (attribute.kind === 'float') return attribute.value;
    throw this.wrongKind(name, attribute, 'a float');
  }

  text(name: string, otherwise: string): string {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    if (attribute.kind === 'text') return attribute.value;
    throw this.wrongKind(name, attribute, 'a text');
  }

  tensor(name: string): Constant | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return undefined;
    if (attribute.kind === 'tensor') return readConstant(attribute.value);
    throw this.wrongKind(name, attribute, 'a tensor');
  }

  has(attribute: string): boolean {
    return this.node.attributes.has(attribute);
  }

  private wrongKind(name: string, { kind }: Attribute, wanted: string): ModelError {
    return this.refuse(`attribute ${name} is of kind ${kind}. It must be ${wanted}.`);
  }
}

/** What a DequantizeLinear makes of a constant: scale × (q − zero point), rounded to float32. */
export function dequantised(flow: Extract<Flow, { form: 'quantized' }>): Float32Array {
  const { constant, scale, zeroPoint, axis } = flow;
  const slice = constant.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const values = new Float32Array(constant.values.length);
  for (let i = 0; i < values.length; i++) {
    const channel = scale.length === 1 ? 0 : Math.floor(i / slice) % scale.length;
    const zero = zeroPoint[zeroPoint.length === 1 ? 0 : channel] as number;
    values[i] = Math.fround((constant.values[i] as number) - zero) * (scale[channel] as number);
  }
  return values;
}
