import type { Graph, GraphNode, Network, Tensor } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import type { TfliteFile, TfliteOperator, TfliteTensor } from './tflite-file.js';

export type Kind = Extract<GraphNode, { op: 'qdense' }>['output'];

/** A graph as it grows, operator by operator. Values lose their batch axis, which must be 1. */
export class Conversion {
  readonly file: TfliteFile;
  readonly inputs: Graph['inputs'] = [];
  readonly nodes: GraphNode[] = [];
  readonly tensors = new Map<string, Tensor>();
  /** Which input or node gives the tensor of an index. */
  readonly #names = new Map<number, string>();
  readonly #taken = new Set<string>();
  /** How often a name was wanted again. */
  readonly #repeats = new Map<string, number>();
  /** How many bytes of constants may still be copied: tensors may share one buffer, and must not add up to far more. */
  #uncopied: number;

  constructor(file: TfliteFile, bytes: number) {
    this.file = file;
    this.#uncopied = 4 * bytes + 4096;
    for (const index of file.inputs) {
      const tensor = this.tensor(index);
      const name = this.#rename(tensor.name);
      if (tensor.constant || this.#names.has(index))
        throw new ModelError(`input ${name}: a constant, or named twice. The file is damaged: get it anew.`);
      this.#names.set(index, name);
      const kind =
        tensor.type === 'f32' ? { domain: 'real' as const } : { domain: 'codes' as const, ...codesOf(tensor) };
      this.inputs.push({ name, shape: shapeOf(tensor), kind });
    }
  }

  tensor(index: number | undefined): TfliteTensor {
    const tensor = index === undefined ? undefined : this.file.tensors[index];
    if (!tensor) throw new ModelError(`An operator reads tensor ${index ?? 'none'}, which the file does not have.`);
    return tensor;
  }

  /** A name that no other node has. */
  #rename(name: string): string {
    let free = shortName(name);
    // With room for the number.
    const base = free.slice(0, 150);
    while (this.#taken.has(free)) {
      const count = (this.#repeats.get(base) ?? 1) + 1;
      this.#repeats.set(base, count);
      free = `${base} (${count})`;
    }
    this.#taken.add(free);
    return free;
  }

  /** The name for what an operator's output tensor will hold; `part` for a step on the way to it. */
  nameFor(index: number, part = ''): string {
    return this.#rename(shortName(this.tensor(index).name) + part);
  }

  /** The tensor of this index is what the node of this name gives. */
  gives(index: number, name: string): void {
    if (this.#names.has(index) || this.tensor(index).constant)
      throw new ModelError(`${name}: tensor ${index} is filled twice. The file is damaged: get it anew.`);
    this.#names.set(index, name);
  }

  /** Name of the input or node that holds what an operator reads; constants become nodes. */
  reads(index: number | undefined, user: string): string {
    const tensor = this.tensor(index);
    const name = index === undefined ? undefined : this.#names.get(index);
    if (name !== undefined) return name;
    if (!tensor.constant || index === undefined)
      throw new ModelError(`${user}: reads ${tensor.name}, which nothing before it fills. Variables are not run.`);
    if (tensor.type !== 'i8' && tensor.type !== 'u8')
      throw new ModelError(
        `${user}: reads the constant ${tensor.name} of type ${tensor.type}. Only codes (i8) are read.`,
      );
    const made = this.nameFor(index);
    const output = codesOf(tensor);
    this.#copy(tensor.constant.length);
    const shape = shapeOf(tensor);
    const bytes = tensor.constant.slice();
    this.put(
      `${made}.codes`,
      tensor.type === 'i8'
        ? { type: 'I8', shape, values: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) }
        : { type: 'U8', shape, values: bytes },
    );
    this.nodes.push({ op: 'qconstant', name: made, codes: `${made}.codes`, output });
    this.#names.set(index, made);
    return made;
  }

  put(name: string, tensor: Tensor): string {
    this.tensors.set(name, tensor);
    return name;
  }

  #copy(bytes: number): void {
    this.#uncopied -= bytes;
    if (this.#uncopied < 0)
      throw new ModelError('Constants that share bytes add up to more than four times the file. Get the file anew.');
  }

  /** The bytes of a constant of one of these types; `what` is how the operator calls it. */
  constant(
    index: number | undefined,
    types: readonly string[],
    what: string,
  ): { tensor: TfliteTensor; view: DataView } {
    const tensor = this.tensor(index);
    if (!tensor.constant)
      throw new ModelError(`${what}: ${tensor.name} is not stored in the file. It must be a constant.`);
    if (!types.includes(tensor.type))
      throw new ModelError(`${what}: ${tensor.name} is ${tensor.type}. Only ${types.join(' and ')} is read here.`);
    this.#copy(tensor.constant.length);
    const { buffer, byteOffset, byteLength } = tensor.constant;
    return { tensor, view: new DataView(buffer, byteOffset, byteLength) };
  }

  i8s(index: number | undefined, what: string): { tensor: TfliteTensor; values: Int8Array } {
    const { tensor, view } = this.constant(index, ['i8'], what);
    return { tensor, values: new Int8Array(view.buffer, view.byteOffset, view.byteLength).slice() };
  }

  f32s(index: number | undefined, what: string): { tensor: TfliteTensor; values: Float32Array } {
    const { tensor, view } = this.constant(index, ['f32'], what);
    return {
      tensor,
      values: Float32Array.from({ length: view.byteLength / 4 }, (_, at) => view.getFloat32(4 * at, true)),
    };
  }

  /** Whole numbers of 32 or 64 bits, that must fit in 32. */
  i32s(index: number | undefined, what: string): { tensor: TfliteTensor; values: Int32Array } {
    const { tensor, view } = this.constant(index, ['i32', 'i64'], what);
    if (tensor.type === 'i32')
      return {
        tensor,
        values: Int32Array.from({ length: view.byteLength / 4 }, (_, at) => view.getInt32(4 * at, true)),
      };
    const wide = Array.from({ length: view.byteLength / 8 }, (_, at) => Number(view.getBigInt64(8 * at, true)));
    const large = wide.find((value) => value !== (value | 0));
    if (large !== undefined)
      throw new ModelError(
        `${what}: ${tensor.name} holds ${large}, more than int32 holds. Only smaller values are run.`,
      );
    return { tensor, values: Int32Array.from(wide) };
  }

  network(): Network {
    const outputs = this.file.outputs.map((index) => {
      const name = shortName(this.tensor(index).name);
      const node = this.#names.get(index);
      if (node === undefined)
        throw new ModelError(`output ${name}: nothing fills it. The file is damaged: get it anew.`);
      return { name, node };
    });
    const isQuantized = this.nodes.some(({ op }) => op.startsWith('q'));
    const assumptions = isQuantized
      ? ["Codes are rounded as by TensorFlow Lite's default kernels (XNNPACK): once, in float32, halves to even."]
      : [];
    const { inputs, nodes, tensors } = this;
    return { graph: { version: 1, name: '', inputs, nodes, outputs, assumptions, provenance: {} }, tensors };
  }

  /** Each tensor of the file that a node or input gives, with that name. */
  *given(): Iterable<readonly [TfliteTensor, string]> {
    for (const [index, name] of this.#names) yield [this.tensor(index), name];
  }
}

/** The first of the names that a fused operator joins, cut to what a graph holds with room for endings. */
function shortName(name: string): string {
  return (name.split(';')[0] ?? '').slice(0, 160) || 'value';
}

/** Shape without the batch. A scalar counts as one element, and a tensor of one axis has no batch. */
export function shapeOf({ name, shape }: TfliteTensor): number[] {
  if (shape.length === 0) return [1];
  if (shape.length === 1) return [...shape];
  if (shape[0] !== 1)
    throw new ModelError(`${name}: shape [${shape.join(', ')}]. The first axis is the batch, and must be 1.`);
  return shape.slice(1);
}

/** An axis of the file's tensor as one of the value without its batch; the batch itself is −1. */
export function axisOf({ shape }: TfliteTensor, axis: number): number {
  return (axis < 0 ? axis + shape.length : axis) - (shape.length > 1 ? 1 : 0);
}

export function codesOf({ name, type, scales, zeroPoints }: TfliteTensor): Kind {
  const [scale] = scales;
  const zeroPoint = zeroPoints[0] ?? 0;
  if (type !== 'i8' && type !== 'u8' && type !== 'i16')
    throw new ModelError(`${name}: type ${type}. Values are i8, u8 or i16 codes, or f32 in a float network.`);
  if (scale === undefined || scales.length > 1 || zeroPoints.length > 1)
    throw new ModelError(
      `${name}: ${scales.length} scales. A value of codes has one; quantise the network per tensor.`,
    );
  return { type, scale, zeroPoint };
}

export function requireCounts(operator: TfliteOperator, inputs: readonly [number, number], outputs: number): void {
  const [least, most] = inputs;
  if (operator.inputs.length < least || operator.inputs.length > most || operator.outputs.length !== outputs)
    throw new ModelError(
      `${operator.name}: ${operator.inputs.length} inputs and ${operator.outputs.length} outputs. The file is damaged: get it anew.`,
    );
}
