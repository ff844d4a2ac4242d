import { createActivation, type Activation, type Layer, type Mode, type Workspace } from './layer.js';
import type { Block } from './plan.js';

/** Added to the variance. */
export const epsilon = 1e-5;

/** Batch norm of channel c with its running averages: fround(x × factor + offset), both float64. */
export function runningAffine(
  { at, running }: Block,
  parameters: Float32Array,
  averages: Float32Array,
  c: number,
): { factor: number; offset: number } {
  const deviation = Math.sqrt((averages[running.variance + c] as number) + epsilon);
  const factor = (parameters[at.gain + c] as number) / deviation;
  return { factor, offset: (parameters[at.shift + c] as number) - (averages[running.mean + c] as number) * factor };
}

/** (x − mean) ÷ √(variance + epsilon) × gain + shift per channel, over the images of a slice and all places and steps. */
export class BatchNorm implements Layer {
  readonly output: Activation;
  readonly #input: Activation;
  readonly #block: Block;
  readonly #workspace: Workspace;
  readonly #mean: Float64Array;
  readonly #inverse: Float64Array;
  readonly #factor: Float64Array;
  readonly #offset: Float64Array;

  constructor(workspace: Workspace, block: Block, input: Activation) {
    const { channels } = input.volume;
    this.#workspace = workspace;
    this.#block = block;
    this.#input = input;
    this.#mean = new Float64Array(channels);
    this.#inverse = new Float64Array(channels);
    this.#factor = new Float64Array(channels);
    this.#offset = new Float64Array(channels);
    this.output = createActivation(workspace, input.volume, input.steps);
  }

  forward(images: number, mode: Mode): void {
    const { channels } = this.#input.volume;
    const rows = this.#rows(images);
    if (mode === 'train') this.#measure(rows);
    else {
      const { parameters, running } = this.#workspace;
      for (let c = 0; c < channels; c++) {
        const { factor, offset } = runningAffine(this.#block, parameters, running, c);
        this.#factor[c] = factor;
        this.#offset[c] = offset;
      }
    }
    const source = this.#input.values.values;
    const target = this.output.values.values;
    const factor = this.#factor;
    const offset = this.#offset;
    for (let row = 0, at = 0; row < rows; row++)
      for (let c = 0; c < channels; c++, at++)
        target[at] = (source[at] as number) * (factor[c] as number) + (offset[c] as number);
  }

  #measure(rows: number): void {
    const { at, running } = this.#block;
    const { parameters, statistics } = this.#workspace;
    const { channels } = this.#input.volume;
    const source = this.#input.values.values;
    const mean = this.#mean.fill(0);
    const variance = this.#inverse.fill(0);
    for (let row = 0, i = 0; row < rows; row++)
      for (let c = 0; c < channels; c++, i++) mean[c] = (mean[c] as number) + (source[i] as number);
    for (let c = 0; c < channels; c++) mean[c] = (mean[c] as number) / rows;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++, i++) {
        const distance = (source[i] as number) - (mean[c] as number);
        variance[c] = (variance[c] as number) + distance * distance;
      }
    }
    for (let c = 0; c < channels; c++) {
      const spread = (variance[c] as number) / rows;
      statistics[running.mean + c] = mean[c] as number;
      statistics[running.variance + c] = spread;
      this.#inverse[c] = 1 / Math.sqrt(spread + epsilon);
      this.#factor[c] = (parameters[at.gain + c] as number) * (this.#inverse[c] as number);
      this.#offset[c] = (parameters[at.shift + c] as number) - (mean[c] as number) * (this.#factor[c] as number);
    }
  }

  backward(images: number): void {
    const { at } = this.#block;
    const { channels } = this.#input.volume;
    const rows = this.#rows(images);
    const source = this.#input.values.values;
    const gradient = this.output.gradient.values;
    const target = this.#input.gradient.values;
    const mean = this.#mean;
    const inverse = this.#inverse;
    const sum = new Float64Array(channels);
    const along = new Float64Array(channels);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++, i++) {
        const g = gradient[i] as number;
        sum[c] = (sum[c] as number) + g;
        along[c] = (along[c] as number) + g * ((source[i] as number) - (mean[c] as number));
      }
    }
    const gradients = this.#workspace.gradients.values;
    for (let c = 0; c < channels; c++) {
      const scaled = (along[c] as number) * (inverse[c] as number);
      gradients[at.gain + c] = (gradients[at.gain + c] as number) + scaled;
      gradients[at.shift + c] = (gradients[at.shift + c] as number) + (sum[c] as number);
      along[c] = (scaled * (inverse[c] as number)) / rows;
      sum[c] = (sum[c] as number) / rows;
    }
    const factor = this.#factor;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++, i++) {
        const distance = (source[i] as number) - (mean[c] as number);
        const g = (gradient[i] as number) - (sum[c] as number) - (along[c] as number) * distance;
        target[i] = g * (factor[c] as number);
      }
    }
  }

  #rows(images: number): number {
    const { height, width } = this.#input.volume;
    return images * this.#input.steps * height * width;
  }
}
