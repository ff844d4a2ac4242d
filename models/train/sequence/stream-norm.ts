import type { Floats } from '../arena.js';
import { epsilon } from '../batch-norm.js';
import type { PassRows } from './causal-convolution.js';
import type { PlannedLayer } from './plan.js';
import type { Rows } from './rows.js';

/** Batch norm of a layer's sums, added to the stream. */
export class StreamNorm {
  /** Of the batch, in training. */
  readonly mean: Floats;
  readonly variance: Floats;
  readonly #shared: PassRows;
  readonly #layer: PlannedLayer;
  readonly #factor: Floats;
  readonly #offset: Floats;
  /** Of the gradient: its sum, and its sum along the normalised values. */
  readonly #level: Floats;
  readonly #along: Floats;

  constructor(shared: PassRows, layer: PlannedLayer) {
    this.#shared = shared;
    this.#layer = layer;
    const channels = (): Floats => shared.arena.floats(layer.outputs);
    this.mean = channels();
    this.variance = channels();
    this.#factor = channels();
    this.#offset = channels();
    this.#level = channels();
    this.#along = channels();
  }

  /** after = before (or 0) + norm(sums). @param running averages take the place of the batch's own */
  forward(sums: Rows, before: Rows | undefined, after: Rows, running: Float32Array | undefined): void {
    const { rows, parameters, arena } = this.#shared;
    const { outputs, gain, shift, mean, variance } = this.#layer;
    if (running) {
      this.mean.values.set(running.subarray(mean, mean + outputs));
      this.variance.values.set(running.subarray(variance, variance + outputs));
    } else arena.kernels.moments(rows, outputs, sums.pointer, this.mean.pointer, this.variance.pointer);
    const factors = this.#factor.values;
    const offsets = this.#offset.values;
    for (let c = 0; c < outputs; c++) {
      const factor = (parameters[gain + c] as number) * this.#inverseDeviation(c);
      factors[c] = factor;
      offsets[c] = (parameters[shift + c] as number) - (this.mean.values[c] as number) * factor;
    }
    const { pointer: factor } = this.#factor;
    const { pointer: offset } = this.#offset;
    arena.kernels.normalise(rows, outputs, sums.pointer, factor, offset, before?.pointer ?? 0, after.pointer);
  }

  #inverseDeviation(c: number): number {
    return 1 / Math.sqrt((this.variance.values[c] as number) + epsilon);
  }

  /** After a forward pass without running averages. Adds to the gradients of gain and shift. */
  backward(sums: Rows, streamGradient: Rows, sumsGradient: Rows): void {
    const { rows, gradients, arena } = this.#shared;
    const { outputs, gain, shift } = this.#layer;
    const { pointer: mean } = this.mean;
    const { pointer: level, values: levels } = this.#level;
    const { pointer: along, values: alongs } = this.#along;
    arena.kernels.normaliseSums(rows, outputs, sums.pointer, mean, streamGradient.pointer, level, along);
    const all = gradients.values;
    for (let c = 0; c < outputs; c++) {
      const inverse = this.#inverseDeviation(c);
      const scaled = (alongs[c] as number) * inverse;
      all[gain + c] = (all[gain + c] as number) + scaled;
      all[shift + c] = (all[shift + c] as number) + (levels[c] as number);
      alongs[c] = (scaled * inverse) / rows;
      levels[c] = (levels[c] as number) / rows;
    }
    const { pointer: factor } = this.#factor;
    const { pointer: target } = sumsGradient;
    const { pointer: gradient } = streamGradient;
    arena.kernels.normaliseBack(rows, outputs, sums.pointer, mean, gradient, level, along, factor, target);
  }
}
