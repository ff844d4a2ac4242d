import type { Network, Tensor } from '../../models/format/graph.js';

/**
 * The networks of `axond bench snn`, generated from a seed: T=1, int8 weights, one integer threshold a channel, chosen
 * so that every hidden layer fires at the rate that was asked for. Axond, the C floor and the peers are all made from
 * these layers.
 */
export interface SpikingLayer {
  readonly name: string;
  /** [channels, height, width]; a dense layer is a convolution whose kernel covers its whole input. */
  readonly input: Volume;
  /** Before the maximum over 2×2, if there is one. */
  readonly output: Volume;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: readonly [number, number];
  /** The largest of 2×2 sums is what meets the threshold. */
  readonly pooled: boolean;
  /** [output][channel][y][x] */
  readonly weight: Int8Array;
  /** A spike is a sum at or above. Without them the sums are the logits. */
  readonly thresholds?: Int32Array;
}

export type Volume = readonly [number, number, number];

export interface BenchNetwork {
  readonly name: string;
  /** `spikes`: 0 or 1 an element; `codes`: 0 … 255. */
  readonly input: 'spikes' | 'codes';
  readonly layers: readonly SpikingLayer[];
  readonly network: Network;
  /** [channels][height][width], other ones than those that the thresholds come from. */
  readonly examples: readonly Uint8Array[];
  /** Share of ones in the input, over the examples; of spikes only. */
  readonly inputActivity?: number;
  /** The same of what each hidden layer hands on. */
  readonly activity: readonly number[];
  /** What comes out for each example (spikes, where the last layer has thresholds too), by plain integer arithmetic. */
  readonly logits: readonly Int32Array[];
}

/** What a layer is asked to be; weights and thresholds come from the seed. */
interface Plan {
  readonly outputs: number;
  readonly kernel?: readonly [number, number];
  readonly stride?: number;
  readonly padding?: readonly [number, number];
  readonly pooled?: boolean;
}

interface Shape {
  readonly name: string;
  readonly input: Volume;
  readonly kind: 'spikes' | 'codes';
  readonly layers: readonly Plan[];
  /**
   * Inputs that the thresholds are taken from: a convolution has many positions in each, a dense layer one. With none
   * all layers have a threshold of 1, also the last.
   */
  readonly calibration: number;
}

const along: Plan = { outputs: 64, kernel: [1, 5], stride: 2, padding: [0, 2] };
const square = (outputs: number): Plan => ({ outputs, kernel: [3, 3], padding: [1, 1], pooled: true });

export const shapes: readonly Shape[] = [
  {
    name: 'mlp',
    input: [784, 1, 1],
    kind: 'spikes',
    layers: [{ outputs: 512 }, { outputs: 512 }, { outputs: 10 }],
    calibration: 400,
  },
  {
    name: 'conv1d',
    input: [8, 1, 256],
    kind: 'spikes',
    layers: [along, along, along, { outputs: 10 }],
    calibration: 24,
  },
  {
    name: 'conv2d',
    input: [3, 32, 32],
    kind: 'codes',
    layers: [square(32), square(64), square(64), { outputs: 10 }],
    calibration: 12,
  },
];

/** One hidden layer alone, for the curve of time against activity. */
export const hiddenLayer: Shape = {
  name: 'hidden',
  input: [512, 1, 1],
  kind: 'spikes',
  layers: [{ outputs: 512 }],
  calibration: 0,
};

export function generateNetwork(shape: Shape, activity: number, seed: number, exampleCount = 16): BenchNetwork {
  const random = uniform(seed);
  const draw = (): Uint8Array =>
    Uint8Array.from({ length: volumeOf(shape.input) }, () =>
      shape.kind === 'codes' ? Math.floor(random() * 256) : Number(random() < activity),
    );
  const hasLogits = shape.calibration > 0;
  const layers: SpikingLayer[] = [];
  let planes = Array.from({ length: shape.calibration }, draw);
  let input = shape.input;
  for (const [place, plan] of shape.layers.entries()) {
    const last = hasLogits && place === shape.layers.length - 1;
    const layer = drawLayer(`layer${place + 1}`, plan, input, random);
    const sums = planes.map((plane) => pooledSums(layer, plane));
    const thresholds = last ? undefined : thresholdsFor(sums, plan.outputs, activity);
    layers.push(thresholds === undefined ? layer : { ...layer, thresholds });
    if (thresholds !== undefined) planes = sums.map((of) => fire(of, thresholds));
    input = pooledVolume(layer);
  }
  const examples = Array.from({ length: exampleCount }, draw);
  const runs = examples.map((example) => runLayers(layers, example));
  const shareOf = (place: number): number => mean(runs.map(({ planes }) => mean(planes[place] ?? [])));
  const measured = Array.from({ length: layers.length }, (_, place) => shareOf(place));
  return {
    name: shape.name,
    input: shape.kind,
    layers,
    network: networkOf(shape, layers),
    examples,
    ...(shape.kind === 'codes' ? {} : { inputActivity: measured[0] ?? 0 }),
    activity: measured.slice(1),
    logits: runs.map(({ planes, sums }) => (hasLogits ? sums : Int32Array.from(planes.at(-1) ?? []))),
  };
}

/** Planes that enter each layer, and the sums of the last one. */
function runLayers(layers: readonly SpikingLayer[], input: Uint8Array): { planes: Uint8Array[]; sums: Int32Array } {
  const planes = [input];
  let sums: Int32Array = new Int32Array(0);
  for (const [place, layer] of layers.entries()) {
    sums = pooledSums(layer, planes[place] ?? input);
    if (layer.thresholds !== undefined) planes.push(fire(sums, layer.thresholds));
  }
  return { planes, sums };
}

/** [output][y][x], every input element that is not 0 added to the outputs that see it. */
function pooledSums(layer: SpikingLayer, input: Uint8Array): Int32Array {
  const [, inHeight, inWidth] = layer.input;
  const [outputs, height, width] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernel;
  const taps = kernelHeight * kernelWidth;
  const fanIn = layer.weight.length / outputs;
  const sums = new Int32Array(outputs * height * width);
  for (let at = 0; at < input.length; at++) {
    const value = input[at] as number;
    if (value === 0) continue;
    const channel = Math.floor(at / (inHeight * inWidth));
    const inY = Math.floor(at / inWidth) % inHeight;
    const inX = at % inWidth;
    for (let tap = 0; tap < taps; tap++) {
      const y = (inY + layer.padding[0] - Math.floor(tap / kernelWidth)) / layer.stride;
      const x = (inX + layer.padding[1] - (tap % kernelWidth)) / layer.stride;
      if (!Number.isInteger(y) || !Number.isInteger(x) || y < 0 || x < 0 || y >= height || x >= width) continue;
      const from = channel * taps + tap;
      const to = y * width + x;
      for (let output = 0; output < outputs; output++)
        (sums[output * height * width + to] as number) += value * (layer.weight[output * fanIn + from] as number);
    }
  }
  if (!layer.pooled) return sums;
  const pooled = new Int32Array(sums.length / 4);
  for (let to = 0; to < pooled.length; to++) {
    const row = Math.floor(to / (width / 2));
    const from = row * 2 * width + (to % (width / 2)) * 2;
    const above = Math.max(sums[from] as number, sums[from + 1] as number);
    pooled[to] = Math.max(above, sums[from + width] as number, sums[from + width + 1] as number);
  }
  return pooled;
}

function fire(sums: Int32Array, thresholds: Int32Array): Uint8Array {
  const positions = sums.length / thresholds.length;
  return Uint8Array.from(sums, (sum, at) => Number(sum >= (thresholds[Math.floor(at / positions)] as number)));
}

/** For each channel the least threshold that lets at most the wanted share of its sums fire. */
function thresholdsFor(sums: readonly Int32Array[], channels: number, activity: number): Int32Array {
  return Int32Array.from({ length: channels }, (_, channel) => {
    const all = sums
      .flatMap((of) => [...of.subarray((channel * of.length) / channels, ((channel + 1) * of.length) / channels)])
      .sort((a, b) => b - a);
    return (all[Math.round(activity * all.length)] ?? 0) + 1;
  });
}

function drawLayer(name: string, plan: Plan, input: Volume, random: () => number): SpikingLayer {
  const [channels, inHeight, inWidth] = input;
  const { outputs, kernel = [inHeight, inWidth], stride = 1, padding = [0, 0], pooled = false } = plan;
  const extent = (axis: 0 | 1, length: number): number =>
    Math.floor((length + 2 * padding[axis] - kernel[axis]) / stride) + 1;
  const weight = Int8Array.from({ length: outputs * channels * kernel[0] * kernel[1] }, () => {
    // The sum of three uniform numbers has a standard deviation of 1/2: weights of ±28, as trained ones have.
    const value = Math.round((random() + random() + random() - 1.5) * 56);
    return Math.max(-127, Math.min(127, value));
  });
  const output: Volume = [outputs, extent(0, inHeight), extent(1, inWidth)];
  return { name, input, output, kernel, stride, padding, pooled, weight };
}

/** The same layers as a model of axond. */
function networkOf(shape: Shape, layers: readonly SpikingLayer[]): Network {
  const tensors = new Map<string, Tensor>();
  const nodes: Network['graph']['nodes'] = [];
  let from = 'x';
  const add = (node: Network['graph']['nodes'][number]): void => {
    nodes.push(node);
    from = node.name;
  };
  for (const layer of layers) {
    const { name, stride, pooled, thresholds } = layer;
    const [padY, padX] = layer.padding;
    const weight = `${name}.weight`;
    const [outputs] = layer.output;
    const [channels] = layer.input;
    const rank = rankOf(layer);
    const row =
      rank === 0
        ? [layer.weight.length / outputs]
        : rank === 1
          ? [channels, layer.kernel[1]]
          : [channels, ...layer.kernel];
    tensors.set(weight, { type: 'I8', shape: [outputs, ...row], values: layer.weight });
    if (rank === 0) {
      if (layer.input[1] * layer.input[2] > 1) add({ op: 'flatten', name: `${name}.flat`, from: [from] });
      add({ op: 'dense', name, from: [from], weight });
    } else if (rank === 1) {
      add({ op: 'conv1d', name, from: [from], weight, stride, padding: [padX, padX], dilation: 1, groups: 1 });
    } else {
      const padding: [number, number, number, number] = [padY, padX, padY, padX];
      add({ op: 'conv2d', name, from: [from], weight, stride: [stride, stride], padding, dilation: [1, 1], groups: 1 });
    }
    if (pooled)
      add({ op: 'maxpool', name: `${name}.pool`, from: [from], kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] });
    if (thresholds === undefined) continue;
    const threshold = `${name}.threshold`;
    const mode = `${name}.mode`;
    tensors.set(threshold, { type: 'I32', shape: [1, outputs], values: thresholds });
    tensors.set(mode, { type: 'U8', shape: [outputs], values: new Uint8Array(outputs) });
    add({ op: 'threshold', name: `${name}.spikes`, from: [from], threshold, mode });
  }
  const [channels, height, width] = shape.input;
  const kind =
    shape.kind === 'codes'
      ? ({ domain: 'codes', type: 'u8', scale: 1, zeroPoint: 0 } as const)
      : ({ domain: 'spikes', levels: 1 } as const);
  const inputShape = height > 1 ? [channels, height, width] : width > 1 ? [channels, width] : [channels];
  return {
    graph: {
      version: 1,
      name: `bench ${shape.name}`,
      inputs: [{ name: 'x', shape: inputShape, kind }],
      nodes,
      outputs: [{ name: 'y', node: from }],
      assumptions: [],
      provenance: {},
    },
    tensors,
  };
}

/** Axes that the kernel slides along: 0 for a dense layer. */
export function rankOf({ input, output }: SpikingLayer): 0 | 1 | 2 {
  if (output[1] * output[2] === 1) return 0;
  return input[1] === 1 ? 1 : 2;
}

export function volumeOf(volume: Volume): number {
  return volume[0] * volume[1] * volume[2];
}

export function pooledVolume({ output: [channels, height, width], pooled }: SpikingLayer): Volume {
  return pooled ? [channels, height / 2, width / 2] : [channels, height, width];
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Uniform in [0, 1), the same on every machine (xorshift32). */
export function uniform(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
