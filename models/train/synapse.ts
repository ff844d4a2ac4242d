import type { Floats, Kernels } from './arena.js';
import { createActivation, type Activation, type Layer, type Workspace } from './layer.js';
import type { Block, Window } from './plan.js';
import { quantise } from './quantise.js';
import { elementsOf } from './volume.js';

/**
 * Dense and convolutional weights. Inputs are whole numbers (codes, spikes, sums of spikes) and quantised weights too, so
 * the sums are exact as long as they stay below 2²⁴: the forward pass is the integer network. Only then comes the scale:
 * fround(fround(sum × scale) + bias).
 */
export class Synapse implements Layer {
  readonly output: Activation;
  readonly #input: Activation;
  readonly #block: Block;
  readonly #workspace: Workspace;
  readonly #kernels: Kernels;
  readonly #quantised: boolean;
  /** The first layer has nothing before it that learns. */
  readonly #first: boolean;

  /** [depth][channels] and what it is packed into; real value of a sum of 1, and bias, [channels]. */
  readonly #weights: Floats;
  readonly #packed: Floats;
  readonly #scale: Floats;
  readonly #bias: Floats;
  /** [channels][depth], real weights by input number, for the way back. */
  readonly #transposed: Floats;
  readonly #packedTransposed: Floats;
  readonly #packedGradient: Floats;
  /** One image as the rows of a convolution, and their gradient. */
  readonly #rows: Floats;
  readonly #rowGradient: Floats;

  constructor(workspace: Workspace, block: Block, input: Activation, options: { quantised: boolean; first: boolean }) {
    const { arena, images } = workspace;
    const { depth } = block;
    const { channels } = block.sums;
    const places = block.window ? block.sums.height * block.sums.width : 1;
    this.#workspace = workspace;
    this.#kernels = arena.kernels;
    this.#block = block;
    this.#input = input;
    this.#quantised = options.quantised;
    this.#first = options.first;
    this.#weights = arena.floats(depth * channels);
    this.#packed = arena.floats(depth * wide(channels));
    this.#scale = arena.floats(channels);
    this.#bias = arena.floats(channels);
    this.#transposed = arena.floats(options.first ? 0 : depth * channels);
    this.#packedTransposed = arena.floats(options.first ? 0 : wide(depth) * channels);
    this.#packedGradient = arena.floats((block.window ? places : images * input.steps) * wide(channels));
    this.#rows = arena.floats(block.window ? places * depth : 0);
    this.#rowGradient = arena.floats(block.window && !options.first ? places * depth : 0);
    this.output = createActivation(workspace, block.sums, input.steps);
  }

  /** Takes over the parameters as they are now. */
  load(): void {
    const { depth, at, last, inputScale } = this.#block;
    const { channels } = this.#block.sums;
    const { parameters } = this.#workspace;
    const real = parameters.subarray(at.weight, at.weight + depth * channels);
    const weights = this.#weights.values;
    const scale = this.#scale.values;
    if (this.#quantised) quantise(real, channels, weights, scale);
    else {
      weights.set(real);
      scale.fill(1);
    }
    for (let c = 0; c < channels; c++) scale[c] = (scale[c] as number) * inputScale;
    if (last) this.#bias.values.set(parameters.subarray(at.bias, at.bias + channels));
    this.#kernels.packPanels(depth, channels, this.#weights.pointer, this.#packed.pointer);
    if (this.#first) return;
    const transposed = this.#transposed.values;
    for (let k = 0; k < depth; k++)
      for (let c = 0; c < channels; c++)
        transposed[c * depth + k] = (weights[k * channels + c] as number) * (scale[c] as number);
    this.#kernels.packPanels(channels, depth, this.#transposed.pointer, this.#packedTransposed.pointer);
  }

  forward(images: number): void {
    const { depth, window } = this.#block;
    const { height, width, channels } = this.#block.sums;
    const rows = images * this.#input.steps;
    const places = height * width;
    const { values } = this.output;
    const kernels = this.#kernels;
    if (!window) {
      const from = this.#input.values.pointer;
      kernels.multiply(rows, channels, depth, from, depth * 4, 4, this.#packed.pointer, values.pointer, 0);
    } else {
      for (let row = 0; row < rows; row++) {
        this.#toRows(window, row);
        const to = values.pointer + row * places * channels * 4;
        kernels.multiply(places, channels, depth, this.#rows.pointer, depth * 4, 4, this.#packed.pointer, to, 0);
      }
    }
    kernels.scaleColumns(rows * places, channels, values.pointer, this.#scale.pointer, this.#bias.pointer);
  }

  backward(images: number): void {
    const { depth, window, at, last, inputScale } = this.#block;
    const { height, width, channels } = this.#block.sums;
    const { gradients } = this.#workspace;
    const rows = images * this.#input.steps;
    const places = height * width;
    const gradient = this.output.gradient.pointer;
    if (last) this.#kernels.addRows(rows * places, channels, gradient, gradients.pointer + at.bias * 4);
    if (!window) {
      this.#back(rows, this.#input.values.pointer, gradient, this.#input.gradient.pointer);
    } else {
      if (!this.#first) this.#input.gradient.values.fill(0, 0, rows * elementsOf(this.#input.volume));
      for (let row = 0; row < rows; row++) {
        this.#toRows(window, row);
        this.#back(places, this.#rows.pointer, gradient + row * places * channels * 4, this.#rowGradient.pointer);
        if (!this.#first) this.#fromRows(window, row);
      }
    }
    if (inputScale === 1) return;
    const weightGradient = gradients.values.subarray(at.weight, at.weight + depth * channels);
    for (let k = 0; k < weightGradient.length; k++) weightGradient[k] = (weightGradient[k] as number) * inputScale;
  }

  /** inputs [rows][depth] and the gradient of the sums [rows][channels] to those of the weights and of the inputs. */
  #back(rows: number, inputs: number, gradient: number, inputGradient: number): void {
    const { depth, at } = this.#block;
    const { channels } = this.#block.sums;
    const packed = this.#packedGradient.pointer;
    const weightGradient = this.#workspace.gradients.pointer + at.weight * 4;
    this.#kernels.packPanels(rows, channels, gradient, packed);
    this.#kernels.multiply(depth, channels, rows, inputs, 4, depth * 4, packed, weightGradient, 1);
    if (this.#first) return;
    const transposed = this.#packedTransposed.pointer;
    this.#kernels.multiply(rows, depth, channels, gradient, channels * 4, 4, transposed, inputGradient, 0);
  }

  #toRows(window: Window, row: number): void {
    const image = this.#input.values.pointer + row * elementsOf(this.#input.volume) * 4;
    this.#kernels.imageToRows(image, ...geometry(this.#block, window), this.#rows.pointer);
  }

  #fromRows(window: Window, row: number): void {
    const image = this.#input.gradient.pointer + row * elementsOf(this.#input.volume) * 4;
    this.#kernels.rowsToImage(image, ...geometry(this.#block, window), this.#rowGradient.pointer);
  }
}

function geometry({ input, sums }: Block, { kernel, stride, padding }: Window): number[] {
  return [input.height, input.width, input.channels, ...kernel, ...stride, ...padding, sums.height, sums.width];
}

/** Columns with those that fill the last panel of 8. */
function wide(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}
