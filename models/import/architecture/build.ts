import type { Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { describeShape, elementsOf } from '../../format/value.js';
import { norse, snnTorch, spikingJelly, type Neuron } from '../discretise.js';
import { NetworkDraft } from '../network-draft.js';
import { neuronNode } from '../neuron-node.js';
import { slide } from '../../format/windows.js';
import type { Architecture, ArchitectureLayer } from './schema.js';
import { listWeights, type WeightArray, type Weights } from './weights.js';

/** A network from its description and the tensors that it names, layer after layer. */
export function buildNetwork(
  architecture: Architecture,
  weights: Weights,
  fileBytes: number,
  source: string,
  tickSeconds?: number,
): Network {
  const builder = new Builder(architecture, weights, fileBytes);
  architecture.layers.forEach((layer, at) => builder.add(layer, at + 1));
  return builder.finish(source, tickSeconds);
}

type Of<Key extends string> = Extract<ArchitectureLayer, Readonly<Record<Key, unknown>>>;

class Builder {
  readonly #architecture: Architecture;
  readonly #weights: Weights;
  readonly #draft: NetworkDraft;
  readonly #unused: Set<string>;
  #from: string;
  #shape: readonly number[];
  #isReal: boolean;

  constructor(architecture: Architecture, weights: Weights, fileBytes: number) {
    const { shape, kind } = architecture.input;
    this.#architecture = architecture;
    this.#weights = weights;
    this.#unused = new Set(weights.keys());
    this.#draft = new NetworkDraft(fileBytes);
    this.#from = this.#draft.input({ name: 'input', shape, kind });
    this.#shape = shape;
    this.#isReal = kind.domain === 'real';
  }

  finish(source: string, tickSeconds?: number): Network {
    if (this.#unused.size > 0)
      this.#draft.assume(`The description does not use these tensors: ${[...this.#unused].join(', ')}.`);
    return this.#draft.finish(this.#architecture.name, [{ name: 'output', node: this.#from }], source, tickSeconds);
  }

  add(layer: ArchitectureLayer, number: number): void {
    const from: [string] = [this.#from];
    if (layer === 'flatten')
      this.#next(this.#draft.node(`flatten${number}`, { op: 'flatten', from }), [elementsOf(this.#shape)]);
    else if ('conv1d' in layer || 'conv2d' in layer) this.#convolution(layer);
    else if ('linear' in layer) this.#linear(layer.linear);
    else if ('batchnorm' in layer) this.#batchnorm(layer);
    else if ('spike' in layer) {
      const threshold = this.#floats(`spike${number}.threshold`, { shape: [1], values: Float32Array.of(layer.spike) });
      this.#next(this.#draft.node(`spike${number}`, { op: 'compare', from, threshold, strict: layer.strict }));
      this.#isReal = false;
    } else if ('threshold' in layer) this.#threshold(layer);
    else if ('readout' in layer) {
      const scale = this.#floats(`${layer.readout}.scale`, this.#take(`${layer.readout}.scale`));
      const bias = this.#optional(`${layer.readout}.bias`);
      this.#next(
        this.#draft.node(`${layer.readout}.readout`, {
          op: 'readout',
          from,
          scale,
          ...(bias && { bias: this.#floats(`${layer.readout}.bias`, bias) }),
        }),
      );
      this.#isReal = true;
    } else if ('maxpool' in layer || 'sumpool' in layer || 'avgpool' in layer) this.#pool(layer, number);
    else if ('activation' in layer)
      this.#next(
        this.#draft.node(`${layer.activation}${number}`, { op: 'activation', from, function: layer.activation }),
      );
    else if ('snntorch' in layer) this.#snnTorch(layer);
    else if ('spikingjelly' in layer) this.#neuron(`spikingjelly${number}`, spikingJelly(layer.spikingjelly));
    else this.#neuron(`norse${number}`, norse(layer.norse));
  }

  #next(name: string, shape = this.#shape): void {
    this.#from = name;
    this.#shape = shape;
  }

  #optional(name: string): WeightArray | undefined {
    this.#unused.delete(name);
    return this.#weights.get(name);
  }

  /** The first of these names that the file has. */
  #take(...names: readonly string[]): WeightArray {
    for (const name of names) {
      const found = this.#optional(name);
      if (found !== undefined) return found;
    }
    throw new ModelError(
      `The description names ${names.join(' or ')}, which the file does not have. It has: ${listWeights(this.#weights)}.`,
    );
  }

  #floats(name: string, { shape, values }: WeightArray): string {
    return this.#draft.floats(name, shape.length === 0 ? [1] : shape, Float32Array.from(values));
  }

  /** Weights of 8 bits make integer sums, all others real ones. */
  #weight(prefix: string): { name: string; shape: readonly number[]; isInteger: boolean } {
    const name = `${prefix}.weight`;
    const { shape, values } = this.#take(name);
    const isInteger = values instanceof Int8Array;
    const tensor = isInteger
      ? this.#draft.tensor(name, { type: 'I8', shape, values })
      : this.#floats(name, { shape, values });
    return { name: tensor, shape, isInteger };
  }

  #synapse(prefix: string): { fields: { weight: string; bias?: string }; shape: readonly number[] } {
    const { name, shape, isInteger } = this.#weight(prefix);
    this.#isReal = !isInteger;
    // An integer layer's bias belongs to the readout or threshold that follows.
    const bias = isInteger ? undefined : this.#optional(`${prefix}.bias`);
    return { fields: { weight: name, ...(bias && { bias: this.#floats(`${prefix}.bias`, bias) }) }, shape };
  }

  #linear(prefix: string): void {
    const { fields, shape } = this.#synapse(prefix);
    this.#next(this.#draft.node(prefix, { op: 'dense', from: [this.#from], ...fields }), [shape[0] ?? 1]);
  }

  #convolution(layer: Of<'conv1d'> | Of<'conv2d'>): void {
    const prefix = 'conv1d' in layer ? layer.conv1d : layer.conv2d;
    const axes = 'conv1d' in layer ? 1 : 2;
    const { fields, shape } = this.#synapse(prefix);
    const [outputs = 1, , ...kernel] = shape;
    if (kernel.length !== axes || this.#shape.length !== axes + 1)
      throw new ModelError(
        `${prefix}: a conv${axes}d with a weight of ${describeShape(shape)} on an input of ${describeShape(this.#shape)}. Both have ${axes} axes beside the channels.`,
      );
    const [stride, dilation, padding] = [
      both(layer.stride, axes),
      both(layer.dilation, axes),
      both(layer.padding, axes),
    ];
    const [a = 0, b = 0] = padding;
    const lengths = slide(prefix, this.#shape.slice(1), {
      kernel,
      stride,
      dilation,
      padding: [...padding, ...padding],
    });
    const shared = { from: [this.#from] as [string], ...fields, groups: layer.groups };
    const pair = ([first = 1, second = 1]: number[]): [number, number] => [first, second];
    const node =
      axes === 1
        ? this.#draft.node(prefix, {
            op: 'conv1d',
            ...shared,
            stride: stride[0] ?? 1,
            dilation: dilation[0] ?? 1,
            padding: [a, a],
          })
        : this.#draft.node(prefix, {
            op: 'conv2d',
            ...shared,
            stride: pair(stride),
            dilation: pair(dilation),
            padding: [a, b, a, b],
          });
    this.#next(node, [outputs, ...lengths]);
  }

  #batchnorm({ batchnorm: prefix, epsilon }: Of<'batchnorm'>): void {
    const part = (...names: readonly string[]) =>
      this.#floats(`${prefix}.${names[0] ?? ''}`, this.#take(...names.map((name) => `${prefix}.${name}`)));
    this.#optional(`${prefix}.num_batches_tracked`);
    const gain = part('weight', 'gamma');
    const bias = part('bias', 'beta');
    const mean = part('running_mean', 'mean');
    const variance = part('running_var', 'var');
    this.#next(this.#draft.node(prefix, { op: 'batchnorm', from: [this.#from], gain, bias, mean, variance, epsilon }));
  }

  /** `rawCodes`: the thresholds are for sums of codes as they are; ours count them less the zero point z, so T − z·Σw. */
  #threshold({ threshold: prefix, rawCodes }: Of<'threshold'>): void {
    const stored = this.#take(`${prefix}.threshold`);
    const mode = this.#optional(`${prefix}.mode`) ?? {
      shape: stored.shape,
      values: new Uint8Array(stored.values.length),
    };
    this.#optional(`${prefix}.scale`);
    const channels = stored.shape.at(-1) ?? 1;
    const thresholds = Int32Array.from(stored.values);
    if (rawCodes) {
      const { kind } = this.#architecture.input;
      const { values } = this.#take(`${prefix}.weight`);
      const zeroPoint = kind.domain === 'codes' ? kind.zeroPoint : 0;
      const row = values.length / channels;
      thresholds.forEach((threshold, at) => {
        if (mode.values[at % channels] === 2) return;
        const channel = at % channels;
        let sum = 0;
        for (let weight = channel * row; weight < (channel + 1) * row; weight++) sum += values[weight] as number;
        thresholds[at] = threshold - zeroPoint * sum;
      });
    }
    const levels = stored.values.length / channels;
    const threshold = this.#draft.tensor(`${prefix}.threshold`, {
      type: 'I32',
      shape: [levels, channels],
      values: thresholds,
    });
    const modes = this.#draft.tensor(`${prefix}.mode`, {
      type: 'U8',
      shape: [channels],
      values: Uint8Array.from(mode.values),
    });
    this.#next(this.#draft.node(`${prefix}.spikes`, { op: 'threshold', from: [this.#from], threshold, mode: modes }));
    this.#isReal = false;
  }

  #pool(layer: Of<'maxpool'> | Of<'sumpool'> | Of<'avgpool'>, number: number): void {
    const [op, size] =
      'maxpool' in layer
        ? (['maxpool', layer.maxpool] as const)
        : 'sumpool' in layer
          ? (['sumpool', layer.sumpool] as const)
          : (['avgpool', layer.avgpool] as const);
    const axes = this.#shape.length - 1;
    if (axes < 1 || axes > 2)
      throw new ModelError(
        `${op}${number}: an input of ${describeShape(this.#shape)}. Give one of channels and one or two axes.`,
      );
    const [kernel, padding] = [both(size, axes), both(layer.padding, axes)];
    const stride = layer.stride === undefined ? kernel : both(layer.stride, axes);
    const margins = [...padding, ...padding];
    // An average is a real number.
    if (op === 'avgpool' && !this.#isReal) this.#from = this.#real();
    if (op === 'avgpool') this.#isReal = true;
    const node = this.#draft.node(`${op}${number}`, { op, from: [this.#from], kernel, stride, padding: margins });
    this.#next(node, [
      this.#shape[0] ?? 1,
      ...slide(`${op}${number}`, this.#shape.slice(1), { kernel, stride, padding: margins }),
    ]);
  }

  /** Leaky, Synaptic, RLeaky or RSynaptic, by the tensors that it has; its recurrent layer reads the spikes before. */
  #snnTorch({ snntorch: prefix, reset }: Of<'snntorch'>): void {
    const [beta, threshold] = [this.#take(`${prefix}.beta`), this.#take(`${prefix}.threshold`)];
    const alpha = this.#optional(`${prefix}.alpha`);
    const stored = this.#optional(`${prefix}.reset_mechanism_val`)?.values[0];
    const rule = reset ?? (['subtract', 'zero', 'none'] as const)[stored ?? -1];
    if (rule === undefined)
      throw new ModelError(`${prefix}: the file does not say how it resets. Give reset: subtract, zero or none.`);
    const graded = this.#optional(`${prefix}.graded_spikes_factor`)?.values.find((factor) => factor !== 1);
    if (graded !== undefined)
      throw new ModelError(`${prefix}.graded_spikes_factor is ${graded}. Only spikes of 1 are read.`);
    if (rule === 'zero' && alpha !== undefined)
      this.#draft.assume(
        `${prefix}: reset to zero is taken at the spike (reset_delay=False). With reset_delay=True snnTorch also leaves out what comes in the tick after.`,
      );
    const recurrent = this.#optional(`${prefix}.recurrent.weight`);
    if (recurrent !== undefined) this.#recur(prefix);
    const unit = (values: ArrayLike<number>) => Float32Array.from(values, (value) => Math.min(1, Math.max(0, value)));
    const neuron = snnTorch({
      beta: unit(beta.values),
      ...(alpha && { alpha: unit(alpha.values) }),
      threshold: Float32Array.from(threshold.values),
      reset: rule,
    });
    this.#neuron(prefix, neuron);
  }

  #recur(prefix: string): void {
    const before = this.#draft.node(`${prefix}.before`, { op: 'previous', of: prefix });
    const { fields } = this.#synapse(`${prefix}.recurrent`);
    const back = this.#draft.node(`${prefix}.recurrent`, { op: 'dense', from: [before], ...fields });
    this.#from = this.#draft.node(`${prefix}.sum`, { op: 'add', from: [this.#from, back], multipliers: [1, 1] });
  }

  #neuron(name: string, neuron: Neuron): void {
    const from = this.#isReal ? this.#from : this.#real();
    for (const [part, values] of Object.entries(neuron))
      if (values instanceof Float32Array && values.length !== 1 && values.length !== elementsOf(this.#shape))
        throw new ModelError(
          `${name}: ${part} has ${values.length} elements for ${describeShape(this.#shape)} neurons. Give one, or one for each.`,
        );
    this.#next(neuronNode(this.#draft, name, from, this.#shape, neuron));
    this.#isReal = false;
  }

  /** Spikes as float32, which a neuron takes. */
  #real(): string {
    const scale = this.#draft.floats(`${this.#from}.one`, [1], Float32Array.of(1));
    return this.#draft.node(`${this.#from}.real`, { op: 'scale', from: [this.#from], scale });
  }
}

function both(value: number | readonly number[], axes: number): number[] {
  return typeof value === 'number' ? Array.from({ length: axes }, () => value) : [...value].slice(0, axes);
}
