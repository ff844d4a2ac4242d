import type { Network, Tensor, TensorType } from './graph.js';
import { ModelError } from './model-error.js';
import { describeShape, elementsOf, sameShape } from './value.js';

const arrays = {
  I8: Int8Array,
  U8: Uint8Array,
  I4: Int8Array,
  B1: Int8Array,
  I32: Int32Array,
  F32: Float32Array,
  F64: Float64Array,
} as const;

/** A tensor whose type is known; of several types, `type` tells which array it holds. */
export type TensorOf<Type extends TensorType> = Type extends TensorType
  ? { readonly type: Type; readonly shape: readonly number[]; readonly values: InstanceType<(typeof arrays)[Type]> }
  : never;

export type Weight = TensorOf<'I8' | 'I4' | 'B1' | 'F32'>;
export const weightTypes = ['I8', 'I4', 'B1', 'F32'] as const;

/** The tensor that `user` names; refuses one that is missing or of another type. */
export function tensorOf<Type extends TensorType>(
  network: Network,
  name: string,
  types: Type | readonly Type[],
  user = 'the model',
): TensorOf<Type> {
  const allowed = typeof types === 'string' ? [types] : types;
  const tensor = network.tensors.get(name);
  if (!tensor) throw new ModelError(`${user}: the file has no tensor ${name}. Add it.`);
  if (!isOf(tensor, allowed))
    throw new ModelError(
      `${user}: tensor ${name} is ${describeTensor(tensor)}. Give it the type ${allowed.join(' or ')}.`,
    );
  return tensor;
}

/** Weights of a synapse: I8, I4 and B1 give integer sums, F32 gives real ones. */
export function weightOf(network: Network, name: string, user?: string): Weight {
  return tensorOf(network, name, weightTypes, user);
}

function isOf<Type extends TensorType>(tensor: Tensor, types: readonly Type[]): tensor is TensorOf<Type> {
  return types.some((type) => type === tensor.type) && tensor.values instanceof arrays[tensor.type];
}

/** A tensor that must have one of these shapes. */
export function shapedTensor<Type extends TensorType>(
  network: Network,
  name: string,
  types: Type | readonly Type[],
  shapes: readonly (readonly number[])[],
  user: string,
): TensorOf<Type> {
  const tensor = tensorOf(network, name, types, user);
  if (!shapes.some((shape) => sameShape(shape, tensor.shape))) {
    const wanted = [...new Set(shapes.map(describeShape))].join(' or ');
    throw new ModelError(`${user}: tensor ${name} is ${describeTensor(tensor)}. Give it the shape ${wanted}.`);
  }
  return tensor;
}

export function describeTensor({ type, shape }: Tensor): string {
  return `${type} ${describeShape(shape)}`;
}

/** Refuses a tensor whose elements are not what its type and shape say. */
export function checkTensor(name: string, tensor: Tensor): void {
  const { type, shape, values } = tensor;
  if (!(values instanceof arrays[type]) || values.length !== elementsOf(shape))
    throw new ModelError(
      `tensor ${name}: ${describeTensor(tensor)}, but held as ${values.length} elements of ${values.constructor.name}. Hold ${elementsOf(shape)} in a ${arrays[type].name}.`,
    );
  const bad = values.findIndex(outside[type]);
  if (bad !== -1)
    throw new ModelError(
      `tensor ${name}: element ${bad} is ${values[bad] as number}; ${type} holds ${holds[type]}. Correct it.`,
    );
}

const never = (): boolean => false;
const notFinite = (value: number): boolean => !Number.isFinite(value);
const outside: Record<TensorType, (value: number) => boolean> = {
  I8: never,
  U8: never,
  I32: never,
  I4: (value) => value < -8 || value > 7,
  B1: (value) => value !== 1 && value !== -1,
  F32: notFinite,
  F64: notFinite,
};
const holds: Record<TensorType, string> = {
  I8: '−128 … 127',
  U8: '0 … 255',
  I32: 'int32',
  I4: '−8 … 7',
  B1: '−1 or 1',
  F32: 'finite numbers',
  F64: 'finite numbers',
};
