import { ModelError } from '../format/model-error.js';
import type { Samples } from './slice-trainer.js';
import { channelsLast, elementsOf, type Volume } from './volume.js';

/** Codes with their classes, in memory that threads share; inputs channels last. */
export interface Dataset {
  readonly volume: Volume;
  readonly classes: number;
  readonly train: Samples;
  readonly test: Samples;
}

/** An array as files hold it: [samples], [samples, units], [samples, channels, length] or [samples, channels, height, width]. */
export interface ByteArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}
export interface ArrayPair {
  readonly inputs: ByteArray;
  readonly labels: ByteArray;
}

/** @throws ModelError if arrays do not fit each other, or a label is no class. */
export function createDataset(train: ArrayPair, test: ArrayPair, classes: number): Dataset {
  const volume = volumeOf(train.inputs.shape.slice(1));
  const other = volumeOf(test.inputs.shape.slice(1));
  if (other.height !== volume.height || other.width !== volume.width || other.channels !== volume.channels)
    throw new ModelError(
      `test inputs: [${test.inputs.shape.join(', ')}], but the training inputs are [${train.inputs.shape.join(', ')}]. Give samples of one shape.`,
    );
  return {
    volume,
    classes,
    train: samples('train', train, volume, classes),
    test: samples('test', test, volume, classes),
  };
}

function volumeOf(shape: readonly number[]): Volume {
  const [first = 0, second, third] = shape;
  if (shape.length === 1) return { height: 1, width: 1, channels: first };
  if (shape.length === 2 && second !== undefined) return { height: 1, width: second, channels: first };
  if (shape.length === 3 && second !== undefined && third !== undefined)
    return { height: second, width: third, channels: first };
  throw new ModelError(`inputs: samples of shape [${shape.join(', ')}]. Give [units], [channels, length] or images.`);
}

function samples(name: string, { inputs, labels }: ArrayPair, volume: Volume, classes: number): Samples {
  const size = elementsOf(volume);
  const [count = 0] = inputs.shape;
  if (count === 0 || size === 0) throw new ModelError(`${name} inputs: [${inputs.shape.join(', ')}] holds nothing.`);
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new ModelError(
      `${name} labels: [${labels.shape.join(', ')}] for inputs [${inputs.shape.join(', ')}]. Give one label a sample.`,
    );
  const wrong = labels.values.findIndex((label) => label >= classes);
  if (wrong !== -1)
    throw new ModelError(
      `${name} labels: number ${wrong} is ${labels.values[wrong] ?? 0}, but there are ${classes} classes (0 to ${classes - 1}).`,
    );
  const shared = { inputs: sharedBytes(count * size), labels: sharedBytes(count) };
  shared.labels.set(labels.values);
  for (let i = 0; i < count; i++) {
    const range = [i * size, (i + 1) * size] as const;
    channelsLast(inputs.values.subarray(...range), volume, shared.inputs.subarray(...range));
  }
  return shared;
}

export function sharedBytes(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(length));
}

export function sharedFloats(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}
