import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ModelError } from '../format/model-error.js';
import { readSafetensors } from '../format/safetensors.js';
import { createDataset, type ArrayPair, type ByteArray, type Dataset } from './dataset.js';
import { readIdx } from './idx.js';
import type { DataRecipe } from './recipe.js';

/** Where Debian's package puts them. */
const fashionMnist = '/usr/share/datasets/fashion-mnist';

/** @param folder that relative paths start at. @throws ModelError */
export function loadData(data: DataRecipe, folder: string): Dataset {
  if (data.use === 'fashion-mnist') {
    if (!existsSync(fashionMnist))
      throw new ModelError(
        `Fashion-MNIST is not at ${fashionMnist}. Install it: sudo apt-get install dataset-fashion-mnist`,
      );
    const pair = (prefix: string): { images: string; labels: string } => ({
      images: join(fashionMnist, `${prefix}-images-idx3-ubyte.gz`),
      labels: join(fashionMnist, `${prefix}-labels-idx1-ubyte.gz`),
    });
    return idxData(pair('train'), pair('t10k'), 10);
  }
  if (data.use === 'arrays') return arraysData(resolve(folder, data.file), data.classes);
  const inFolder = ({ images, labels }: { images: string; labels: string }): { images: string; labels: string } => ({
    images: resolve(folder, images),
    labels: resolve(folder, labels),
  });
  return idxData(inFolder(data.train), inFolder(data.test), data.classes);
}

function idxData(
  train: { readonly images: string; readonly labels: string },
  test: { readonly images: string; readonly labels: string },
  classes: number,
): Dataset {
  const pair = ({ images, labels }: typeof train): ArrayPair => {
    const { shape, values } = readIdx(readBytes(images), images);
    // Files of images leave out the one channel.
    const [count = 0, ...rest] = shape;
    return {
      inputs: { shape: rest.length === 2 ? [count, 1, ...rest] : shape, values },
      labels: readIdx(readBytes(labels), labels),
    };
  };
  return createDataset(pair(train), pair(test), classes);
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ModelError(`${path}: cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  }
}

function arraysData(path: string, classes: number): Dataset {
  const { tensors } = readSafetensors(readBytes(path));
  const array = (name: string): ByteArray => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== 'U8')
      throw new ModelError(
        `${path}: ${name} is ${tensor?.dtype ?? 'missing'}. Give U8 train.inputs, train.labels, test.inputs and test.labels.`,
      );
    return { shape: tensor.shape, values: tensor.bytes };
  };
  const pair = (set: string): ArrayPair => ({ inputs: array(`${set}.inputs`), labels: array(`${set}.labels`) });
  return createDataset(pair('train'), pair('test'), classes);
}
