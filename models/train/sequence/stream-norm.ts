import { epsilon } from '../batch-norm.js';
import type { PassRows } from './causal-convolution.js';
import type { PlannedLayer } from './plan.js';
import type { Rows } from './rows.js';

/** Batch norm of a layer's sums, added to the stream. */
export class StreamNorm {
  /** Of the batch, in training. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly #shared: PassRows;
  readonly #layer: PlannedLayer;
  readonly #inverse: Float64Array;
  readonly #factor: Float64Array;
  readonly #offset: Float64Array;

  constructor(shared: PassRows, layer: PlannedLayer) {
    this.#shared = shared;
    this.#layer = layer;
    const channels = (): Float64Array => new Float64Array(layer.outputs);
    this.mean = channels();
    this.variance = channels();
    this.#inverse = channels();
    this.#factor = channels();
    this.#offset = channels();
  }

  /** after = before (or 0) + norm(sums). @param running averages take the place of the batch's own */
  forward(sums: Rows, before: Rows | undefined, after: Rows, running: Float32Array | undefined): void {
    const { rows, parameters } = this.#shared;
    const { outputs, gain, shift } = this.#layer;
    const source = sums.values();
    if (running) this.#take(running);
    else this.#measure(source);
    for (let c = 0; c < outputs; c++) {
      const inverse = 1 / Math.sqrt((this.variance[c] as number) + epsilon);
      const factor = (parameters[gain + c] as number) * inverse;
      this.#inverse[c] = inverse;
      this.#factor[c] = factor;
      this.#offset[c] = (parameters[shift + c] as number) - (this.mean[c] as number) * factor;
    }
    const factors = this.#factor;
    const offsets = this.#offset;
    const target = after.values();
    const stream = before?.values();
    for (let row = 0, i = 0; row < rows; row++)
      for (let c = 0; c < outputs; c++, i++) {
        const y = (source[i] as number) * (factors[c] as number) + (offsets[c] as number);
        target[i] = stream ? (stream[i] as number) + y : y;
      }
  }

  #take(running: Float32Array): void {
    const { outputs, mean, variance } = this.#layer;
    for (let c = 0; c < outputs; c++) {
      this.mean[c] = running[mean + c] as number;
      this.variance[c] = running[variance + c] as number;
    }
  }

  #measure(source: Float32Array): void {
    const { rows } = this.#shared;
    const { outputs } = this.#layer;
    const mean = this.mean.fill(0);
    const variance = this.variance.fill(0);
    for (let row = 0, i = 0; row < rows; row++)
      for (let c = 0; c < outputs; c++, i++) {
        const x = source[i] as number;
        mean[c] = (mean[c] as number) + x;
        variance[c] = (variance[c] as number) + x * x;
      }
    for (let c = 0; c < outputs; c++) {
      const m = (mean[c] as number) / rows;
      mean[c] = m;
      variance[c] = Math.max(0, (variance[c] as number) / rows - m * m);
    }
  }

  /** After a forward pass without running averages. Adds to the gradients of gain and shift. */
  backward(sums: Rows, streamGradient: Rows, sumsGradient: Rows): void {
    const { rows, gradients } = this.#shared;
    const { outputs, gain, shift } = this.#layer;
    const source = sums.values();
    const gradient = streamGradient.values();
    const target = sumsGradient.values();
    const { mean } = this;
    const inverse = this.#inverse;
    const factor = this.#factor;
    const level = new Float64Array(outputs);
    const along = new Float64Array(outputs);
    for (let row = 0, i = 0; row < rows; row++)
      for (let c = 0; c < outputs; c++, i++) {
        const g = gradient[i] as number;
        level[c] = (level[c] as number) + g;
        along[c] = (along[c] as number) + g * ((source[i] as number) - (mean[c] as number));
      }
    const all = gradients.values;
    for (let c = 0; c < outputs; c++) {
      const scaled = (along[c] as number) * (inverse[c] as number);
      all[gain + c] = (all[gain + c] as number) + scaled;
      all[shift + c] = (all[shift + c] as number) + (level[c] as number);
      along[c] = (scaled * (inverse[c] as number)) / rows;
      level[c] = (level[c] as number) / rows;
    }
    for (let row = 0, i = 0; row < rows; row++)
      for (let c = 0; c < outputs; c++, i++) {
        const away = (source[i] as number) - (mean[c] as number);
        target[i] =
          ((gradient[i] as number) - (level[c] as number) - (along[c] as number) * away) * (factor[c] as number);
      }
  }
}
