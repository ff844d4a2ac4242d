import { ModelError } from '../format/model-error.js';
import type { Recipe } from './recipe.js';
import { elementsOf, pooled, type Pair, type Volume } from './volume.js';

/** A convolution's window; padding the same on both sides. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

/** A layer of a recipe with its shapes, and where its numbers lie among all parameters and running averages. */
export interface Block {
  readonly name: string;
  readonly kind: 'conv1d' | 'conv2d' | 'dense';
  readonly input: Volume;
  /** None for dense, whose input counts as flat. */
  readonly window?: Window;
  /** After the synapse, after max-pooling, and after the spike and avg-pooling. */
  readonly sums: Volume;
  readonly pooled: Volume;
  readonly output: Volume;
  readonly maxpool: Pair;
  readonly avgpool: Pair;
  /** Weights are [depth][channels of sums], depth in the order [kernel rows][kernel columns][input channels]. */
  readonly depth: number;
  /** Real value of an input of 1: 1/255 for codes, 1/window after avg-pooling. */
  readonly inputScale: number;
  /** Largest input number: 255 for codes, 1 for spikes, the window's size after avg-pooling. */
  readonly inputMost: number;
  readonly last: boolean;
  readonly batchNorm: boolean;
  /** Places in the parameters; `gain` and `shift` of batch norm, `bias` of the last layer. */
  readonly at: {
    readonly weight: number;
    readonly bias: number;
    readonly gain: number;
    readonly shift: number;
    /** V of `threshold`, v of `hoyer`, and the leak. */
    readonly threshold: number;
    readonly leak: number;
  };
  /** Places in the running averages. */
  readonly running: { readonly mean: number; readonly variance: number; readonly extremum: number };
}

export interface Plan {
  readonly input: Volume;
  readonly classes: number;
  readonly blocks: readonly Block[];
  readonly parameters: number;
  readonly running: number;
}

/** @throws ModelError if the layers do not fit the data. */
export function planNetwork(recipe: Pick<Recipe, 'layers' | 'batchNorm'>, input: Volume, classes: number): Plan {
  const blocks: Block[] = [];
  let parameters = 0;
  let running = 0;
  const take = (length: number): number => {
    parameters += length;
    return parameters - length;
  };
  const follow = (length: number): number => {
    running += length;
    return running - length;
  };
  let current = input;
  let scale = 1 / 255;
  let most = 255;
  for (const [place, layer] of recipe.layers.entries()) {
    const name = `${layer.layer === 'dense' ? 'dense' : 'conv'}${place + 1}`;
    const last = place === recipe.layers.length - 1;
    const { window, sums } = synapse(name, layer, current);
    const flat = layer.layer === 'conv1d';
    const across = (size: number): Pair => (flat ? [1, size] : [size, size]);
    const maxpool = layer.layer === 'dense' ? ([1, 1] as const) : across(layer.maxpool);
    const avgpool = layer.layer === 'dense' ? ([1, 1] as const) : across(layer.avgpool);
    const afterMax = pooled(sums, maxpool);
    const output = pooled(afterMax, avgpool);
    if (elementsOf(output) === 0)
      throw new ModelError(`${name}: nothing is left of ${say(sums)} after pooling. Pool less.`);
    const depth = window ? window.kernel[0] * window.kernel[1] * current.channels : elementsOf(current);
    const batchNorm = recipe.batchNorm && !last;
    blocks.push({
      name,
      kind: layer.layer,
      input: current,
      ...(window ? { window } : {}),
      sums,
      pooled: afterMax,
      output,
      maxpool,
      avgpool,
      depth,
      inputScale: scale,
      inputMost: most,
      last,
      batchNorm,
      at: {
        weight: take(depth * sums.channels),
        bias: take(last ? sums.channels : 0),
        gain: take(batchNorm ? sums.channels : 0),
        shift: take(batchNorm ? sums.channels : 0),
        threshold: take(last ? 0 : 1),
        leak: take(last ? 0 : 1),
      },
      running: {
        mean: follow(batchNorm ? sums.channels : 0),
        variance: follow(batchNorm ? sums.channels : 0),
        extremum: follow(last ? 0 : 1),
      },
    });
    current = output;
    most = avgpool[0] * avgpool[1];
    scale = 1 / most;
  }
  const end = blocks.at(-1);
  if (end?.kind !== 'dense' || end.sums.channels !== classes)
    throw new ModelError(
      `${end?.name ?? 'layers'}: the last layer gives the logits of ${classes} classes. End with { layer: dense, units: ${classes} }.`,
    );
  return { input, classes, blocks, parameters, running };
}

function synapse(name: string, layer: Recipe['layers'][number], input: Volume): { window?: Window; sums: Volume } {
  if (layer.layer === 'dense') return { sums: { height: 1, width: 1, channels: layer.units } };
  if (layer.layer === 'conv1d' && input.height !== 1)
    throw new ModelError(`${name}: conv1d on ${say(input)}, which is no sequence. Use conv2d.`);
  const both = (size: number, along: number): Pair => (layer.layer === 'conv1d' ? [along, size] : [size, size]);
  const window = { kernel: both(layer.kernel, 1), stride: both(layer.stride, 1), padding: both(layer.padding, 0) };
  const places = (size: number, axis: 0 | 1): number =>
    Math.floor((size + 2 * window.padding[axis] - window.kernel[axis]) / window.stride[axis]) + 1;
  const sums = { height: places(input.height, 0), width: places(input.width, 1), channels: layer.channels };
  if (sums.height < 1 || sums.width < 1)
    throw new ModelError(`${name}: a kernel of ${layer.kernel} is larger than its padded input ${say(input)}.`);
  return { window, sums };
}

function say({ height, width, channels }: Volume): string {
  return `[${channels}, ${height}, ${width}]`;
}

/** Multiplications of a dense pass over one sample. */
export function operationsOf(block: Block): number {
  return elementsOf(block.sums) * block.depth;
}
